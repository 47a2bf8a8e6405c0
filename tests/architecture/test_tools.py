"""Format, style and types, held by the tools that the Makefile calls."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT

BIN = Path(sys.executable).parent
CHECKED = ["src", "tests", "training", "bench"]


@pytest.mark.parametrize(
    "command",
    [["ruff", "format", "--check", *CHECKED], ["ruff", "check", *CHECKED], ["mypy"]],
    ids=["format", "style", "types"],
)
def test_the_code_passes_the_tool(command: list[str]) -> None:
    done = subprocess.run(
        [str(BIN / command[0]), *command[1:]], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_no_file_names_a_machine_path_or_a_registry() -> None:
    """The project builds anywhere: no absolute path of a machine, no address of a package host."""
    forbidden = ["/" + "work/", "/" + "root/", "py" + "pi.org", "pythonho" + "sted", "npm" + "js.org"]
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in listed.splitlines():
        path = ROOT / name
        if path.suffix in {".py", ".md", ".toml", ".txt", ".sh", ".yml", ".json", ".js", ".css", ".html", ""}:
            text = path.read_text(encoding="utf-8", errors="ignore") if path.is_file() else ""
            assert not [word for word in forbidden if word in text], name
