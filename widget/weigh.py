"""Weigh the widget beside others, all in one way: `gzip -9` of the file that a page loads.

`python widget/weigh.py` asks the registry that npm is set up with for the packages, into a temporary folder.
"""

from __future__ import annotations

import gzip
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

OURS = Path(__file__).parents[1] / "src" / "ra_assistant" / "interfaces" / "data" / "widget.js"
OTHERS = {
    "deep-chat@2.4.2": "dist/deepChat.bundle.js",
    "@typebot.io/js@0.10.7": "dist/web.js",
    "flowise-embed@3.1.6": "dist/web.js",
    "@n8n/chat@1.37.0": "dist/chat.bundle.es.js",
}
"""Package and the file that its own instructions put in a page."""


def weighed() -> list[tuple[str, int, int]]:
    """Return name, bytes and compressed bytes of each widget, lightest first.

    Raises:
        OSError, subprocess.SubprocessError: npm is not there, or has no such package.
    """
    rows = [("ra-assistant", OURS.read_bytes())]
    with tempfile.TemporaryDirectory() as folder:
        rows += [(package, _file(package, name, Path(folder))) for package, name in OTHERS.items()]
    sizes = [(label, len(content), len(gzip.compress(content, 9))) for label, content in rows]
    return sorted(sizes, key=lambda row: row[2])


def main() -> None:
    """Print a row a widget."""
    for label, size, compressed in weighed():
        sys.stdout.write(f"{label:24} {size:>10,} B {compressed:>9,} B gzip\n")


def _file(package: str, name: str, folder: Path) -> bytes:
    command = ["npm", "pack", package, "--silent", "--pack-destination", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    with tarfile.open(folder / done.stdout.strip().splitlines()[-1]) as archive:
        member = archive.extractfile(f"package/{name}")
        if member is None:
            raise SystemExit(f"{package} has no {name}")
        return member.read()


if __name__ == "__main__":
    main()
