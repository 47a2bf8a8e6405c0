"""Says which shapes and images are drawn on a page, with PDFium; text is left to `pdf_source`."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from typing import Any

import pypdfium2.raw as raw

from ra_assistant.reading.assembling import Box
from ra_assistant.reading.pdf_types import Frame

MAX_SHAPES = 4000
"""Shapes looked at on one page: a map or a chart may hold many more, which tell nothing of the layout."""
MAX_FORM_DEPTH = 4
MAX_PATH_POINTS = 400


def shapes_of(page: Any, frame: Frame) -> tuple[list[Box], list[Box]]:
    """Return the upright bounds of the visible closed shapes and lines, and of the images."""
    shapes: list[Box] = []
    images: list[Box] = []
    for item, outer in _objects(page):
        if raw.FPDFPageObj_GetType(item) == raw.FPDF_PAGEOBJ_IMAGE:
            matrix = _product(_matrix(item), outer)
            images.append(frame.box(_bounds([_applied(matrix, x, y) for x in (0, 1) for y in (0, 1)])))
        elif _is_visible(item):
            shapes += map(frame.box, _path_bounds(item, _product(_matrix(item), outer)))
    return shapes, images


def _objects(page: Any) -> Iterator[tuple[Any, tuple[float, ...] | None]]:
    """Yield the paths and images of a page, those inside forms too, with the matrix of what holds them."""
    count = 0
    pending: list[tuple[Any, tuple[float, ...] | None, int]] = [
        (raw.FPDFPage_GetObject(page, index), None, 0)
        for index in range(raw.FPDFPage_CountObjects(page) - 1, -1, -1)
    ]
    while pending and count < MAX_SHAPES:
        item, outer, depth = pending.pop()
        kind = raw.FPDFPageObj_GetType(item)
        if kind == raw.FPDF_PAGEOBJ_FORM and depth < MAX_FORM_DEPTH:
            inner = _product(_matrix(item), outer)
            pending += (
                (raw.FPDFFormObj_GetObject(item, index), inner, depth + 1)
                for index in range(raw.FPDFFormObj_CountObjects(item) - 1, -1, -1)
            )
        elif kind in {raw.FPDF_PAGEOBJ_PATH, raw.FPDF_PAGEOBJ_IMAGE}:
            count += 1
            yield item, outer


def _matrix(item: Any) -> tuple[float, ...]:
    matrix = raw.FS_MATRIX()
    raw.FPDFPageObj_GetMatrix(item, ctypes.byref(matrix))
    return matrix.a, matrix.b, matrix.c, matrix.d, matrix.e, matrix.f


def _applied(matrix: tuple[float, ...], x: float, y: float) -> tuple[float, float]:
    a, b, c, d, e, f = matrix
    return a * x + c * y + e, b * x + d * y + f


def _product(inner: tuple[float, ...], outer: tuple[float, ...] | None) -> tuple[float, ...]:
    """Return the matrix that applies `inner`, then `outer`."""
    if outer is None:
        return inner
    a, b, c, d, e, f = inner
    g, h, i, j, k, m = outer
    return a * g + b * i, a * h + b * j, c * g + d * i, c * h + d * j, e * g + f * i + k, e * h + f * j + m


def _is_visible(path: Any) -> bool:
    fill, stroke = ctypes.c_int(), ctypes.c_int()
    if not raw.FPDFPath_GetDrawMode(path, ctypes.byref(fill), ctypes.byref(stroke)):
        return False
    red, green, blue, alpha = (ctypes.c_uint() for _ in range(4))
    channels = [ctypes.byref(channel) for channel in (red, green, blue, alpha)]
    if fill.value and raw.FPDFPageObj_GetFillColor(path, *channels) and alpha.value:
        return True
    return bool(stroke.value and raw.FPDFPageObj_GetStrokeColor(path, *channels) and alpha.value)


def _path_bounds(path: Any, matrix: tuple[float, ...]) -> Iterator[Box]:
    """Yield the bounds of each part of a path."""
    points: list[tuple[float, float]] = []
    x, y = ctypes.c_float(), ctypes.c_float()
    for index in range(min(raw.FPDFPath_CountSegments(path), MAX_PATH_POINTS)):
        segment = raw.FPDFPath_GetPathSegment(path, index)
        if raw.FPDFPathSegment_GetType(segment) == raw.FPDF_SEGMENT_MOVETO and points:
            yield _bounds(points)
            points = []
        raw.FPDFPathSegment_GetPoint(segment, ctypes.byref(x), ctypes.byref(y))
        points.append(_applied(matrix, x.value, y.value))
    if points:
        yield _bounds(points)


def _bounds(points: list[tuple[float, float]]) -> Box:
    xs, ys = [x for x, _ in points], [y for _, y in points]
    return min(xs), min(ys), max(xs), max(ys)
