"""The rules of the house, as tests."""

import ast
import inspect
import re
import subprocess
import sys
from pathlib import Path

import pytest

import ra_assistant
from ra_assistant import (
    answer_wording,
    errors,
    figures_wording,
    harvest_wording,
    journal_wording,
    model_wording,
    office_wording,
    ports,
    publishing_wording,
    report_wording,
    wording,
)
from tests.conftest import ROOT

SOURCE = ROOT / "src" / "ra_assistant"
HEAVY = ("torch", "chromadb", "gradio", "langchain_core", "langchain_chroma", "bm25s", "onnxruntime", "numpy")
FRENCH = re.compile(r"[àâäçéèêëîïôöùûüœÀÂÇÉÈÊÎÔÙÛŒ«»]")
SPEAKS_FRENCH = {
    "wording.py",
    "publishing_wording.py",
    "answer_wording.py",
    "model_wording.py",
    "harvest_wording.py",
    "office_wording.py",
    "journal_wording.py",
    "report_wording.py",
    "figures_wording.py",
}


def modules() -> list[Path]:
    return sorted(path for path in SOURCE.rglob("*.py"))


def run(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout


def test_the_door_shows_exactly_its_names() -> None:
    assert sorted(ra_assistant.__all__) == ra_assistant.__all__
    public = {name for name in vars(ra_assistant) if not name.startswith("_")}
    ours = {name for name in public if not inspect.ismodule(getattr(ra_assistant, name))}
    assert ours - {"annotations", "TYPE_CHECKING", "Any"} <= set(ra_assistant.__all__)
    for name in ra_assistant.__all__:
        assert getattr(ra_assistant, name) is not None


def test_importing_the_package_loads_nothing_heavy() -> None:
    loaded = run("import ra_assistant, sys; print(*sys.modules)").split()
    assert not set(HEAVY) & set(loaded)


def test_the_command_line_loads_no_web_framework_and_no_torch() -> None:
    loaded = run("import ra_assistant.cli, sys; print(*sys.modules)").split()
    assert not {"torch", "gradio", "fastapi", "chromadb", "sentence_transformers"} & set(loaded)


@pytest.mark.parametrize("path", modules(), ids=lambda path: path.relative_to(SOURCE).as_posix())
def test_french_stands_only_where_it_may(path: Path) -> None:
    """French words are values of the wording or data files; comments may quote « a French example »."""
    if path.name in SPEAKS_FRENCH:
        return
    tree = ast.parse(path.read_text(encoding="utf-8"))
    documented = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    statements = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if not isinstance(node, ast.Constant) or not isinstance(node.value, str):
            continue
        if id(node) in documented or id(node) in statements:
            continue
        words = re.findall(r"[^\W\d_]{2,}", re.sub(r"\[[^\]]*\]", "", node.value))
        assert not [word for word in words if FRENCH.search(word)], node.value


def test_no_module_prints_or_catches_everything() -> None:
    for path in modules():
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            called = (
                isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
            )
            assert not called, path
            if isinstance(node, ast.ExceptHandler):
                assert node.type is not None, path
                assert not (
                    isinstance(node.type, ast.Name) and node.type.id in {"Exception", "BaseException"}
                ), path


def test_no_module_is_longer_than_a_reader_bears() -> None:
    long = {path.name: len(path.read_text().splitlines()) for path in modules()}
    assert {name: lines for name, lines in long.items() if lines > 420} == {}


def test_every_error_has_its_french_sentence() -> None:
    codes = {
        value.code
        for value in vars(errors).values()
        if inspect.isclass(value) and issubclass(value, errors.RaError)
    }
    assert codes == set(wording.ERRORS)


def test_french_sentences_have_french_typography() -> None:
    for text in french_sentences():
        assert not re.search(r"(?<![\s\u00a0\u202f])[:;?!](?=\s|$)", text), text
        assert not re.search(r"(?:^|[^\u00a0\u202f\s])»|«(?![\u00a0\u202f])", text), text
        assert not re.search(r" [:;?!»]|« ", text), f"ordinary space before a double sign: {text}"
        assert "'" not in re.sub(r"'ra-assistant\[[^']*'|\{[^}]*\}", "", text), f"straight apostrophe: {text}"


def french_sentences() -> list[str]:
    found: list[str] = []
    rooms = (
        wording, publishing_wording, office_wording, harvest_wording, journal_wording, report_wording, figures_wording,
        model_wording, answer_wording
    )  # fmt: skip
    for name, value in [item for module in rooms for item in vars(module).items()]:
        if name.startswith("__"):
            continue
        if isinstance(value, str) and FRENCH.search(value) and "\n" not in value:
            found.append(value)
        if isinstance(value, dict):
            found.extend(item for item in value.values() if isinstance(item, str))
    return found


def test_every_port_has_a_docstring_for_each_method() -> None:
    for name, port in vars(ports).items():
        if inspect.isclass(port) and port.__module__ == ports.__name__:
            for method_name, method in vars(port).items():
                if inspect.isfunction(method) and not method_name.startswith("_"):
                    assert inspect.getdoc(method), f"{name}.{method_name}"


def test_imports_go_down_only() -> None:
    done = subprocess.run(
        [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
