"""The widget's file and code: what is shipped is what is written, it is light, its address says its version."""

from __future__ import annotations

import base64
import gzip
import hashlib
import importlib.util
import re
import tomllib
from html.parser import HTMLParser
from types import ModuleType
from typing import Any

import pytest
from starlette.testclient import TestClient

from ra_assistant.cli import app
from ra_assistant.interfaces.widget import frame_code, script_code, versioned_name, widget_file
from ra_assistant.interfaces.words import words_of
from tests.conftest import ROOT
from tests.interfaces.conftest import SITE

MAX_GZIP_BYTES = 10 * 1024
HOME = "https://assistant.example/"


def builder() -> ModuleType:
    spec = importlib.util.spec_from_file_location("widget_build", ROOT / "widget" / "build.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Tag(HTMLParser):
    """The first tag of a text, as a browser reads it."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.name = ""
        self.attributes: dict[str, str | None] = {}
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.name, self.attributes = self.name or tag, self.attributes or dict(attrs)


def test_the_file_shipped_is_the_one_that_the_sources_give() -> None:
    assert widget_file().decode() == builder().built(), "run `python widget/build.py`"


def test_the_file_weighs_at_most_ten_kilobytes_compressed() -> None:
    assert len(gzip.compress(widget_file(), 9)) <= MAX_GZIP_BYTES


def test_the_file_holds_nothing_that_a_strict_page_refuses_and_no_address() -> None:
    text = widget_file().decode()
    for refused in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "Function("):
        assert refused not in text
    assert "document.cookie" not in text
    assert "postMessage" not in text
    assert "localStorage" not in text
    assert re.findall(r"https?://[\w.]+", text) == []


def test_both_languages_have_the_same_words() -> None:
    words = words_of("widget")
    assert set(words["fr"]) <= set(words["en"])
    assert set(words["en"]) - set(words["fr"]) == {"too_many", "busy", "refused"}


@pytest.mark.parametrize("name", ["widget", "api"])
def test_french_words_have_french_typography(name: str) -> None:
    def texts(value: Any) -> list[str]:
        return (
            [value] if isinstance(value, str) else [text for item in value.values() for text in texts(item)]
        )

    table = tomllib.loads(
        (ROOT / f"src/ra_assistant/interfaces/data/{name}.toml").read_text(encoding="utf-8")
    )
    table.pop("en", None)
    table.pop("openapi", None)
    for text in texts(table):
        assert not re.search(r"(?<![\u00a0\u202f\w/{])[:;?!](?=\s|$)", text), text
        assert not re.search(r" [:;?!»]|« ", text), text
        assert "'" not in text, text


def test_a_versioned_address_is_kept_for_ever_and_the_plain_one_is_not(client: TestClient) -> None:
    kept, plain = client.get(f"/{versioned_name()}"), client.get("/widget.js")
    assert kept.content == plain.content == widget_file()
    assert kept.headers["content-encoding"] == "gzip"
    assert "immutable" in kept.headers["cache-control"]
    assert plain.headers["cache-control"] == "public, max-age=600"
    assert kept.headers["content-type"].startswith("text/javascript")
    assert "origin" in kept.headers["vary"].lower()
    assert (
        client.get(f"/{versioned_name()}", headers={"origin": SITE}).headers["access-control-allow-origin"]
        == SITE
    )
    assert client.get("/widget-0123456789ab.js").status_code == 404
    assert client.get("/widget.js", headers={"origin": "https://mal.example"}).status_code == 403


def test_the_code_names_the_version_and_its_hash_and_escapes_what_is_chosen() -> None:
    chosen = {"heading": '"><script>', "color": "", "theme": "dark"}
    tag = Tag(script_code(HOME, chosen))
    assert tag.name == "script"
    digest = base64.b64encode(hashlib.sha384(widget_file()).digest()).decode()
    assert tag.attributes == {
        "src": HOME + versioned_name(),
        "integrity": f"sha384-{digest}",
        "crossorigin": "anonymous",
        "defer": None,
        "data-heading": '"><script>',
        "data-theme": "dark",
    }
    latest = Tag(script_code(HOME, {}, latest=True)).attributes
    assert latest == {"src": HOME + "widget.js", "defer": None}
    frame = Tag(frame_code(HOME, chosen))
    assert frame.name == "iframe"
    assert frame.attributes["src"] == f"{HOME}embed?heading=%22%3E%3Cscript%3E&theme=dark"
    assert frame.attributes["title"] == '"><script>'


def test_the_frame_is_shown_in_the_sites_that_are_listed_only(client: TestClient) -> None:
    reply = client.get(
        "/embed", params={"heading": '"><script>alert(1)</script>', "onclick": "x", "mode": "odd"}
    )
    policy = reply.headers["content-security-policy"]
    assert f"frame-ancestors 'self' {SITE};" in policy
    assert "unsafe" not in policy
    assert "<script>alert" not in reply.text
    assert "onclick" not in reply.text
    assert 'mode="inline"' in reply.text
    assert "frame-ancestors 'none'" in client.get("/integrer").headers["content-security-policy"]


def test_the_command_prints_the_code(capsys: pytest.CaptureFixture[str]) -> None:
    def said(*arguments: str) -> tuple[int, str, str]:
        status = app(["snippet", *arguments], standalone_mode=False)
        out, complained = capsys.readouterr()
        return int(status or 0), out, complained

    asked = (
        "--address",
        "https://assistant.example",
        "--color",
        "#123456",
        "--position",
        "left",
        "--lang",
        "en",
    )
    status, out, complained = said(*asked)
    assert (status, out.strip()) == (
        0,
        script_code(HOME, {"color": "#123456", "position": "left", "lang": "en"}),
    )
    assert "RA_ORIGINS" in complained
    inline = said(
        "--address", "https://a.example/ra/", "--position", "inline", "--theme", "dark", "--latest"
    )[1]
    assert 'src="https://a.example/ra/widget.js"' in inline
    assert 'data-theme="dark" data-mode="inline"' in inline
    frame = said("--address", HOME, "--frame", "--heading", " Titre ")[1]
    assert frame.strip() == frame_code(HOME, {"heading": "Titre"})
    for wrong in (
        "assistant.example",
        "ftp://a.example",
        "https://",
        "https://a b",
        "https://a/?x=1",
        "https://[",
    ):
        status, out, complained = said("--address", wrong)
        assert (status, out) == (1, "")
        assert wrong in complained
    assert said("--address", HOME, "--color", "red")[0] == 1
