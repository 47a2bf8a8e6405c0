"""A virtual environment for each requirements file, made once below a cache folder."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
INSTALL_SECONDS = 1200
"""Longest installation."""
_STAMP = "installed.json"

_WEIGH = """
import json, sys
from importlib import metadata
sizes = {one.metadata["Name"]: sum((f.locate().stat().st_size for f in one.files or () if f.locate().is_file()), 0)
         for one in metadata.distributions()}
for name in ("pip", "setuptools"):
    sizes.pop(name, None)
json.dump({"packages": len(sizes), "megabytes": sum(sizes.values()) / 1e6}, sys.stdout)
"""


class NotInstalled(Exception):
    """An environment could not be made; the message says why, in the words of what failed."""


@dataclass(frozen=True, slots=True)
class Environment:
    """A Python with what a contestant needs."""

    python: Path
    packages: int
    megabytes: float
    """Of the installed packages, without pip."""
    seconds: float | None
    """That making it took, downloads included, once; None for the Python that runs the benchmark."""


Run = Callable[[Sequence[str]], "subprocess.CompletedProcess[str]"]


def _run(command: Sequence[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=INSTALL_SECONDS)


def environment_of(requirements: Path, cache: Path, run: Run = _run) -> Environment:
    """Return the environment of a requirements file, made when it is not there.

    Args:
        requirements: pinned, one a line.
        cache: folder of the environments.
        run: runs a command and waits.

    Raises:
        NotInstalled: pip, or venv, said no.
    """
    pinned = requirements.read_bytes()
    digest = hashlib.sha256(pinned + sys.version.encode()).hexdigest()[:12]
    folder = cache / f"{requirements.stem}-{digest}"
    stamp, python = folder / _STAMP, folder / "bin" / "python"
    if stamp.is_file():
        return Environment(python, **json.loads(stamp.read_text(encoding="utf-8")))
    shutil.rmtree(folder, ignore_errors=True)
    began = time.perf_counter()
    try:
        _done(run([sys.executable, "-m", "venv", str(folder)]))
        pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        _done(run([*pip, "--requirement", str(requirements)]))
        seconds = time.perf_counter() - began
        weighed = json.loads(_done(run([str(python), "-c", _WEIGH])))
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NotInstalled(str(error)) from error
    made = Environment(python, weighed["packages"], weighed["megabytes"], seconds)
    kept = {name: value for name, value in asdict(made).items() if name != "python"}
    stamp.write_text(json.dumps(kept), encoding="utf-8")
    return made


def _done(done: subprocess.CompletedProcess[str]) -> str:
    if done.returncode != 0:
        said = [line for line in done.stderr.splitlines() if line.strip() and not line.startswith("WARNING")]
        raise NotInstalled((said or [f"status {done.returncode}"])[0][:300])
    return done.stdout


def own_environment(*names: str) -> Environment:
    """Return the Python that runs this, weighed for some packages and all that they need.

    Args:
        names: of packages; none for what needs the standard library alone.
    """
    wanted, seen = list(names), set[str]()
    total = 0.0
    while wanted:
        name = wanted.pop().lower().replace("_", "-")
        if name in seen:
            continue
        try:
            found = metadata.distribution(name)
        except metadata.PackageNotFoundError:
            continue
        seen.add(name)
        files = (Path(str(one.locate())) for one in found.files or ())
        total += sum(path.stat().st_size for path in files if path.is_file())
        needs = (Requirement(line) for line in found.requires or ())
        wanted += [one.name for one in needs if one.marker is None or one.marker.evaluate({"extra": ""})]
    return Environment(Path(sys.executable), len(seen), total / 1e6, None)


def variables() -> dict[str, str]:
    """Return the environment variables of a contestant's process: nothing of the machine's settings, no telemetry."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("RA_")}
    return kept | {
        "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "src")]),
        "ANONYMIZED_TELEMETRY": "False",
        "HF_HUB_OFFLINE": "1",
        "TOKENIZERS_PARALLELISM": "false",
        "PYTHONHASHSEED": "0",
        "PYTHONWARNINGS": "ignore",
    }
