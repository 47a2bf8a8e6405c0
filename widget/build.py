"""Build the widget's one file from its script, its style and its words: `python widget/build.py`."""

from __future__ import annotations

import json
import re
import sys
import tomllib
from pathlib import Path

import rjsmin

HERE = Path(__file__).parent
DATA = HERE.parent / "src" / "ra_assistant" / "interfaces" / "data"
BUILT = DATA / "widget.js"
NOTICE = "/*! ra-assistant widget, Apache-2.0 */\n"
LANGUAGES = ("fr", "en")


def built() -> str:
    """Return the text of the widget's file."""
    words = tomllib.loads((DATA / "widget.toml").read_text(encoding="utf-8"))
    code = (HERE / "widget.js").read_text(encoding="utf-8")
    small = str(rjsmin.jsmin(code, keep_bang_comments=False))
    style = packed_style((HERE / "widget.css").read_text(encoding="utf-8"))
    chosen = {language: words[language] for language in LANGUAGES}
    small = small.replace("__WORDS__", json.dumps(chosen, ensure_ascii=False, separators=(",", ":")))
    return NOTICE + small.replace("__CSS__", json.dumps(style)) + "\n"


def packed_style(css: str) -> str:
    """Return a style sheet without comments and without the blanks that nothing needs."""
    css = re.sub(r"/\*.*?\*/", "", css, flags=re.S)
    css = re.sub(r"\s+", " ", css)
    return re.sub(r" ?([{};,]) ?", r"\1", css).replace(": ", ":").replace(";}", "}").strip()


if __name__ == "__main__":
    BUILT.write_text(built(), encoding="utf-8")
    sys.stdout.write(f"{BUILT.name}: {len(BUILT.read_bytes())} bytes\n")
