"""The script behind the Makefile's commands, on machines made of a few programs: no package is fetched."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import ROOT

TOOLS = ["sh", "cat", "cksum", "awk", "df", "dirname", "grep", "mkdir", "cp", "rm", "id"]

FAKE_PYTHON = """#!/bin/sh
# A Python that says what it was asked, and fails as its machine wants: files beside LOG say how.
state=$(dirname "$LOG")
case "$*" in
    *version_info*) [ ! -e "$state/old-$(basename "$0")" ] ;;
    *ensurepip*) [ ! -e "$state/no-venv" ] ;;
    "-m venv"*)
        echo "venv $3" >>"$LOG"
        rm -rf .venv && mkdir -p .venv/bin && cp "$0" .venv/bin/python ;;
    "-m pip --version") [ ! -e .venv/half ] ;;
    *--report*) [ ! -e "$state/cuda" ] || echo '{"name": "nvidia-cublas"}' ;;
    *--index-url*) echo "pip $*" >>"$LOG"; [ ! -e "$state/no-torch-index" ] ;;
    "-m pip install"*) echo "pip $*" >>"$LOG"; [ ! -e "$state/no-network" ] ;;
esac
"""


class Machine:
    """A copy of what the script reads, and a PATH with nothing but what is put in it."""

    def __init__(self, folder: Path) -> None:
        self.project, self.bin, self.state = folder / "project", folder / "bin", folder / "state"
        for directory in (self.project / "scripts", self.bin, self.state):
            directory.mkdir(parents=True)
        shutil.copy(ROOT / "scripts" / "setup.sh", self.project / "scripts")
        for name in ("pyproject.toml", "constraints.txt"):
            shutil.copy(ROOT / name, self.project)
        for name in [*TOOLS, "basename"]:
            found = shutil.which(name)
            assert found, name
            (self.bin / name).symlink_to(found)

    def program(self, name: str, text: str = FAKE_PYTHON) -> Machine:
        (self.bin / name).unlink(missing_ok=True)
        (self.bin / name).write_text(text, encoding="utf-8")
        (self.bin / name).chmod(0o755)
        return self

    def where(self, *facts: str) -> Machine:
        for fact in facts:
            (self.state / fact).touch()
        return self

    def free(self, kilobytes: int) -> Machine:
        return self.program("df", f"#!/bin/sh\necho head\necho / 1 1 {kilobytes} 1% /\n")

    def set_up(self, mode: str = "run", **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["/bin/sh", str(self.project / "scripts" / "setup.sh"), mode],
            env={"PATH": str(self.bin), "LOG": str(self.log), **environment},
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    @property
    def log(self) -> Path:
        return self.state / "log"

    @property
    def did(self) -> list[str]:
        return self.log.read_text().splitlines() if self.log.exists() else []


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path).free(50_000_000)


def test_a_fresh_machine_is_set_up_once_and_the_second_run_does_nothing(machine: Machine) -> None:
    machine.program("python3")
    first = machine.set_up()
    assert first.returncode == 0, first.stderr
    assert machine.did == ["venv --clear", "pip -m pip install --quiet --editable ."]
    done = len(machine.did)
    second = machine.set_up()
    assert (second.returncode, second.stdout, len(machine.did)) == (0, "", done)


def test_changed_dependencies_are_installed_in_the_same_environment(machine: Machine) -> None:
    machine.program("python3").set_up()
    with (machine.project / "constraints.txt").open("a") as constraints:
        constraints.write("one-more==1.0\n")
    assert machine.set_up().returncode == 0
    assert machine.did[2:] == ["pip -m pip install --quiet --editable ."]


def test_what_was_set_up_for_the_tests_serves_as_it_is(machine: Machine) -> None:
    machine.program("python3").program("chromium", "#!/bin/sh\n").set_up("dev")
    assert machine.did[-1].endswith(".[dev]")
    done = len(machine.did)
    assert machine.set_up("run").returncode == 0
    assert len(machine.did) == done


@pytest.mark.parametrize("damage", ["half made", "without its Python"])
def test_an_environment_that_does_not_run_is_made_anew(machine: Machine, damage: str) -> None:
    machine.program("python3").set_up()
    if damage == "half made":
        (machine.project / ".venv" / "half").touch()
        (machine.project / ".venv" / ".installed-run").unlink()
    else:
        python = machine.project / ".venv" / "bin" / "python"
        python.unlink()
        python.symlink_to("/nowhere/python3")
    assert machine.set_up().returncode == 0
    assert machine.did[2] == "venv --clear"


Prepared = Callable[[Machine], Machine]


@pytest.mark.parametrize(
    ("prepare", "environment", "sentence"),
    [
        (lambda m: m, {}, "n’est pas installé"),
        (lambda m: m.program("python3").where("old-python3"), {}, "n’est pas installé"),
        (lambda m: m.program("python3"), {"PYTHON": "python3.12"}, "python3.12\u00a0» est introuvable"),
        (
            lambda m: m.program("python3.9").where("old-python3.9"),
            {"PYTHON": "python3.9"},
            "python3.9\u00a0» est plus ancien",
        ),
        (lambda m: m.program("python3").where("no-venv"), {}, "sudo apt install python3-venv"),
        (lambda m: m.program("python3").free(2_500_000), {}, "il en reste 2\u00a0Go"),
        (lambda m: m.program("python3").where("no-network"), {}, "vérifiez l’accès au dépôt de paquets"),
        (
            lambda m: m.program("python3").where("cuda", "no-torch-index").free(6_000_000),
            {},
            "environ 9\u00a0Go",
        ),
    ],
    ids=[
        "no Python",
        "old Python",
        "absent",
        "named and old",
        "no venv",
        "no disk",
        "no network",
        "no room for CUDA",
    ],
)
def test_what_is_missing_is_one_french_sentence(
    machine: Machine, prepare: Prepared, environment: dict[str, str], sentence: str
) -> None:
    done = prepare(machine).set_up(**environment)
    assert done.returncode == 1
    assert sentence in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert not (machine.project / ".venv" / ".installed-run").exists()


def test_a_newer_python_beside_the_systems_is_found(machine: Machine) -> None:
    machine.program("python3").where("old-python3").program("python3.12")
    done = machine.set_up()
    assert done.returncode == 0, done.stderr
    assert machine.did[0] == "venv --clear"


def torch_pin() -> str:
    pins = (ROOT / "constraints.txt").read_text().splitlines()
    return next(pin for pin in pins if pin.startswith("torch=="))


def test_cuda_is_left_out_where_no_card_is(machine: Machine) -> None:
    machine.program("python3").where("cuda")
    assert machine.set_up(RA_TORCH_INDEX="https://torch.example/cpu").returncode == 0
    asked = f"pip -m pip install --quiet --no-deps --index-url https://torch.example/cpu {torch_pin()}"
    assert machine.did == ["venv --clear", asked, "pip -m pip install --quiet --editable ."]


def test_an_index_that_offers_pytorch_without_cuda_is_the_only_one_asked(machine: Machine) -> None:
    machine.program("python3").set_up()
    assert not [row for row in machine.did if "--index-url" in row]


@pytest.mark.parametrize("reason", ["a card", "refused", "out of reach"])
def test_pytorch_with_cuda_is_taken_where_nothing_else_is_to_be_had(machine: Machine, reason: str) -> None:
    machine.program("python3").where("cuda")
    environment = {}
    if reason == "a card":
        machine.program("nvidia-smi", "#!/bin/sh\n")
    elif reason == "refused":
        environment = {"RA_TORCH_INDEX": ""}
    else:
        machine.where("no-torch-index")
    done = machine.set_up(**environment)
    assert done.returncode == 0, done.stderr
    assert machine.did[-1] == "pip -m pip install --quiet --editable ."
    assert ("n’a pas été trouvé" in done.stdout) == (reason == "out of reach")


def test_the_tests_name_the_one_package_that_is_missing(machine: Machine) -> None:
    machine.program("python3").program("apt-get", "#!/bin/sh\nexit 1\n").program("env", "#!/bin/sh\nexit 1\n")
    done = machine.program("sudo", "#!/bin/sh\nexit 1\n").set_up("dev")
    assert "paquet «\u00a0chromium\u00a0»" in done.stdout
    assert 'package "chromium"' in done.stdout
    assert done.returncode == 0


@pytest.mark.parametrize(
    ("indexing", "in_service", "served"), [(0, True, True), (1, True, True), (1, False, False)]
)
def test_a_report_that_cannot_be_read_does_not_close_the_chat(
    tmp_path: Path, *, indexing: int, in_service: bool, served: bool
) -> None:
    shutil.copy(ROOT / "Makefile", tmp_path)
    commands = {
        "scripts/setup.sh": "#!/bin/sh\n",
        ".venv/bin/ra-assistant": f'#!/bin/sh\necho "$1"\n[ "$1" = serve ] || exit {indexing}\n',
    }
    for name, text in commands.items():
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o755)
    (tmp_path / "index").mkdir()
    (tmp_path / "index" / "current").write_text("20260101T000000-abcdef\n" if in_service else "")
    done = subprocess.run(
        ["make", "--no-print-directory", "serve"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.stdout.split() == (["index", "serve"] if served else ["index"])
    assert (done.returncode == 0) == served


def test_every_package_that_is_installed_is_pinned() -> None:
    """The closure of the dependencies, from the metadata of what is installed here."""
    from importlib.metadata import PackageNotFoundError, requires, version

    from packaging.requirements import Requirement
    from packaging.utils import canonicalize_name

    pins = {}
    for line in (ROOT / "constraints.txt").read_text().splitlines():
        if "==" in line and not line.startswith("#"):
            name, _, pinned = line.partition("==")
            pins[canonicalize_name(name)] = pinned
    waiting, seen = [("ra-assistant", "dev")], set()
    while waiting:
        name, extra = waiting.pop()
        if (name, extra) in seen:
            continue
        seen.add((name, extra))
        try:
            needed = requires(name) or []
        except PackageNotFoundError:
            continue
        for text in needed:
            requirement = Requirement(text)
            if requirement.marker is None or requirement.marker.evaluate({"extra": extra}):
                found = canonicalize_name(requirement.name)
                waiting += [(found, one) for one in requirement.extras or {""}] + [(found, "")]
    wrong = {
        name: version(name)
        for name, _ in seen - {("ra-assistant", "dev"), ("ra-assistant", "")}
        if _is_installed(name) and pins.get(name) != version(name).split("+")[0]
    }
    assert wrong == {}, json.dumps(wrong)


def _is_installed(name: str) -> bool:
    from importlib.metadata import PackageNotFoundError, version

    try:
        version(name)
    except PackageNotFoundError:
        return False
    return True
