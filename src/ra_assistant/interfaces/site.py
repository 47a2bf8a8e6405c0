"""The organisation's own name, logo, colours and words in the chat, from one file: `site.toml`.

Nothing in it can take away the notice that this is an automatic assistant (AI Act, article 50).
"""

from __future__ import annotations

import io
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, ValidationError
from pydantic_core import PydanticCustomError

from ra_assistant.errors import SiteUnusable
from ra_assistant.interfaces.contrast import (
    DARK,
    LIGHT,
    READABLE,
    Ground,
    Palette,
    lowest,
    nearest,
    palette,
)
from ra_assistant.interfaces.words import words_of

MAX_FILE_BYTES = 64 * 1024
MAX_LOGO_BYTES = 100 * 1024
MAX_LOGO_PIXELS = 2000
MAX_QUESTIONS = 8

_COLOR = re.compile(r"#[0-9a-fA-F]{6}")
_MAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_CONTROL = re.compile(r"[\x00-\x1f\x7f\u200b\u202a-\u202e\u2066-\u2069]")
_PNG = b"\x89PNG\r\n\x1a\n"


@dataclass(frozen=True, slots=True)
class Logo:
    """An image that we serve ourselves; it is only ever shown as an image, where no script of its runs."""

    name: str
    data: bytes
    media_type: str

    @property
    def address(self) -> str:
        """Return its path below our root; it changes with the image, which may be kept for ever."""
        ending = "svg" if self.media_type.endswith("svg+xml") else "png"
        return f"/logo/{sha256(self.data).hexdigest()[:12]}.{ending}"


@dataclass(frozen=True, slots=True)
class Site:
    """What an organisation chose; what is empty keeps the chat's own."""

    name: str = ""
    greeting: str = ""
    questions: tuple[str, ...] = ()
    """Starter questions, not proved yet."""
    contact: str = ""
    legal_notice: str = ""
    light: Palette | None = None
    dark: Palette | None = None
    is_derived: str = ""
    """Which of the two palettes was derived from the other: `light`, `dark` or empty."""
    logo: Logo | None = None
    dark_logo: Logo | None = None

    @property
    def logos(self) -> tuple[Logo, ...]:
        """Return the images to serve."""
        return tuple(logo for logo in (self.logo, self.dark_logo) if logo is not None)


NO_CHOICE = Site()
"""What an organisation that chose nothing has."""


def load_site(path: Path, *, is_wanted: bool = False) -> Site:
    """Return what the file says; without a file, nothing is chosen.

    Args:
        path: the file, in TOML.
        is_wanted: whether its absence is an error.

    Raises:
        SiteUnusable: it cannot be read, or something in it is wrong.
    """
    if not is_wanted and not path.exists():
        return Site()
    try:
        file = _File.model_validate(_table(path))
    except ValidationError as error:
        raise _unusable(path, *_reason(error)) from None
    if file.dark_logo and not file.logo:
        raise _unusable(path, "dark_alone")
    light, dark = file.colors.accent, file.colors.dark_accent
    return Site(
        name=file.name,
        greeting=file.greeting,
        questions=tuple(dict.fromkeys(file.questions)),
        contact=file.contact,
        legal_notice=file.legal_notice,
        light=palette(light or nearest(dark, LIGHT), LIGHT) if light or dark else None,
        dark=palette(dark or nearest(light, DARK), DARK) if light or dark else None,
        is_derived="" if bool(light) == bool(dark) else "dark" if light else "light",
        logo=_logo(path, "logo", file.logo),
        dark_logo=_logo(path, "logo_sombre", file.dark_logo),
    )


# ── The file ─────────────────────────────────────────────────────────────────────────────────
def _shown(text: str) -> str:
    if _CONTROL.search(text):
        raise PydanticCustomError("control", "invisible character")
    return text


def _web(value: str) -> str:
    try:
        parts = urlsplit(value)
    except ValueError:
        parts = urlsplit("")
    if value and not (parts.scheme in {"http", "https"} and parts.hostname and not re.search(r"\s", value)):
        raise PydanticCustomError("address", "not an address of the web", {"value": value})
    return value


def _reachable(value: str) -> str:
    if "//" in value:
        return _web(value)
    if "@" in value and not _MAIL.fullmatch(value):
        raise PydanticCustomError("mail", "not a mail address", {"value": value})
    return value


def _readable(ground: Ground, scheme: str) -> AfterValidator:
    def check(value: str) -> str:
        if not value:
            return value
        if not _COLOR.fullmatch(value):
            raise PydanticCustomError("color", "not #rrggbb", {"value": value})
        color = value.lower()
        if (found := lowest(color, ground)) < READABLE:
            details = {"value": value, "ratio": shown_ratio(found), "near": nearest(color, ground)}
            raise PydanticCustomError(f"contrast_{scheme}", "too faint", details)
        return color

    return AfterValidator(check)


def shown_ratio(value: float) -> str:
    """Return a contrast in French, never rounded up to what it is not."""
    return f"{int(value * 10) / 10:.1f}".replace(".", ",").removesuffix(",0")


def _text(most: int) -> Any:
    return Annotated[
        str, StringConstraints(strip_whitespace=True, strict=True, max_length=most), AfterValidator(_shown)
    ]


class _Colors(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    accent: Annotated[_text(60), _readable(LIGHT, "light")] = ""  # type: ignore[valid-type]
    dark_accent: Annotated[_text(60), _readable(DARK, "dark")] = Field("", alias="accent_sombre")  # type: ignore[valid-type]


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    name: _text(80) = Field("", alias="nom")  # type: ignore[valid-type]
    logo: _text(300) = ""  # type: ignore[valid-type]
    dark_logo: _text(300) = Field("", alias="logo_sombre")  # type: ignore[valid-type]
    greeting: _text(160) = Field("", alias="accueil")  # type: ignore[valid-type]
    questions: tuple[_text(160), ...] = Field((), max_length=MAX_QUESTIONS)  # type: ignore[valid-type]
    contact: Annotated[_text(200), AfterValidator(_reachable)] = ""  # type: ignore[valid-type]
    legal_notice: Annotated[_text(400), AfterValidator(_web)] = Field("", alias="mentions_legales")  # type: ignore[valid-type]
    colors: _Colors = Field(_Colors.model_validate({}), alias="couleurs")


def _table(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as file:
            data = file.read(MAX_FILE_BYTES + 1)
    except OSError:
        raise _unusable(path, "missing") from None
    if len(data) > MAX_FILE_BYTES:
        raise _unusable(path, "too_large")
    try:
        return tomllib.loads(data.decode("utf-8-sig").replace("\r\n", "\n"))
    except UnicodeDecodeError:
        raise _unusable(path, "encoding") from None
    except tomllib.TOMLDecodeError as error:
        line = re.search(r"line (\d+)", str(error))
        last = data.count(b"\n") + 1
        raise _unusable(path, "syntax", line=line.group(1) if line else last) from None


_KINDS = {"string_type": "kind_text", "tuple_type": "kind_list", "model_type": "kind_table"}


def _reason(error: ValidationError) -> tuple[str, dict[str, object]]:
    """Return the code of the first thing that is wrong and what its sentence names."""
    first = error.errors()[0]
    names = [part for part in first["loc"] if isinstance(part, str)]
    details: dict[str, object] = {"least": shown_ratio(READABLE), **first.get("ctx", {})}
    details["key"] = ".".join(names)
    kind = str(first["type"])
    if kind == "extra_forbidden":
        model = _Colors if len(names) > 1 else _File
        known = [field.alias or name for name, field in model.model_fields.items()]
        near = get_close_matches(names[-1], known, n=1, cutoff=0.5)
        details |= {"near": near[0] if near else ""}
        return "unknown_near" if near else "unknown", details
    if kind in {"string_too_long", "too_long"}:
        details["most"] = details["max_length"]
        return "too_long" if kind == "string_too_long" else "too_many", details
    return _KINDS.get(kind, kind), details


def _unusable(
    path: Path, code: str, details: Mapping[str, object] | None = None, **more: object
) -> SiteUnusable:
    sentence = str(words_of("site")["problems"][code]).format(**{**(details or {}), **more})
    sentence += "" if sentence.endswith("?") else "."
    return SiteUnusable(f"{path}: {code}", path=path, why=sentence)


def _logo(path: Path, key: str, name: str) -> Logo | None:
    if not name:
        return None
    try:
        with (path.parent / name).open("rb") as file:
            data = file.read(MAX_LOGO_BYTES + 1)
    except OSError:
        raise _unusable(path, "logo_missing", key=key, value=name) from None
    if len(data) > MAX_LOGO_BYTES:
        raise _unusable(path, "logo_size", key=key, value=name, most=MAX_LOGO_BYTES // 1024)
    media_type = _png(path, key, name, data) if data.startswith(_PNG) else _svg(data)
    if not media_type:
        raise _unusable(path, "logo_kind", key=key, value=name)
    return Logo(name, data, media_type)


def _png(path: Path, key: str, name: str, data: bytes) -> str:
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(io.BytesIO(data), formats=["PNG"]) as image:
            size = image.size
    except (UnidentifiedImageError, OSError, ValueError, Image.DecompressionBombError):
        return ""
    if max(size) > MAX_LOGO_PIXELS:
        raise _unusable(path, "logo_wide", key=key, value=name, most=MAX_LOGO_PIXELS)
    return "image/png"


def _svg(data: bytes) -> str:
    from lxml import etree  # type: ignore[import-untyped]

    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError:
        return ""
    return "image/svg+xml" if root.tag == "{http://www.w3.org/2000/svg}svg" else ""
