"""Colours of an organisation made readable: contrast as WCAG 2 counts it, and what follows from one accent."""

from __future__ import annotations

import colorsys
from collections.abc import Sequence
from dataclasses import dataclass

READABLE = 4.5
"""Contrast that WCAG 2.2 asks of text (criterion 1.4.3, level AA)."""
STEPS = 512
"""How finely the lightness of a colour is moved to make it readable."""


@dataclass(frozen=True, slots=True)
class Ground:
    """What stands behind text in one scheme, as `look.css` sets it."""

    papers: tuple[str, ...]
    card: str
    ink: str
    tint_share: float
    """How much of the accent there is in the background of questions and markers."""


LIGHT = Ground(("#fbf9f5", "#f4f0e8", "#ffffff"), "#ffffff", "#1a2330", 0.11)
DARK = Ground(("#12171d", "#0d1116", "#1a212a"), "#1a212a", "#ece9e2", 0.16)


@dataclass(frozen=True, slots=True)
class Palette:
    """An accent with what is written on it and the tint that is made of it."""

    accent: str
    on_accent: str
    tint: str

    def css(self) -> str:
        """Return the declarations that replace those of `look.css`."""
        return f"--ra-accent:{self.accent};--ra-on-accent:{self.on_accent};--ra-tint:{self.tint};"


def palette(accent: str, ground: Ground) -> Palette:
    """Return what follows from an accent."""
    on_accent = max(("#ffffff", "#0b1116"), key=lambda ink: ratio(ink, accent))
    return Palette(accent, on_accent, mixed(accent, ground.card, ground.tint_share))


def lowest(accent: str, ground: Ground) -> float:
    """Return the lowest contrast of an accent with anything that it is written on, or that is written on it."""
    made = palette(accent, ground)
    behind = [*ground.papers, made.tint]
    return min(
        *(ratio(accent, paper) for paper in behind),
        ratio(made.on_accent, accent),
        ratio(ground.ink, made.tint),
    )


def nearest(accent: str, ground: Ground) -> str:
    """Return the readable colour of the same hue whose lightness is nearest; the accent itself if it is one."""
    hue, lightness, saturation = colorsys.rgb_to_hls(*_parts(accent))
    levels = sorted((step / STEPS for step in range(STEPS + 1)), key=lambda level: abs(level - lightness))
    tried = (accent, *(_written(colorsys.hls_to_rgb(hue, level, saturation)) for level in levels))
    return next(color for color in tried if lowest(color, ground) >= READABLE)


def ratio(one: str, other: str) -> float:
    """Return the contrast of two colours written `#rrggbb`, from 1 to 21."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def mixed(one: str, other: str, share: float) -> str:
    """Return a colour made of `share` of one and the rest of another."""
    return _written([a * share + b * (1 - share) for a, b in zip(_parts(one), _parts(other), strict=True)])


def _luminance(color: str) -> float:
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in _parts(color)
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _parts(color: str) -> tuple[float, float, float]:
    red, green, blue = (int(color[place : place + 2], 16) / 255 for place in (1, 3, 5))
    return red, green, blue


def _written(parts: Sequence[float]) -> str:
    return "#" + "".join(f"{round(part * 255):02x}" for part in parts)
