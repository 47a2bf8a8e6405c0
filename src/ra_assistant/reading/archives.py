"""Checks the archive that a Word or OpenDocument file is, before a parser sees it."""

from __future__ import annotations

import zlib
from io import BytesIO
from zipfile import BadZipFile, ZipFile, ZipInfo

from ra_assistant.errors import UnreadableDocument

MAX_BYTES = 300 * 1024 * 1024
"""Size of all members once uncompressed."""
MAX_RATIO = 200
"""How much larger than the archive its members may be; text seldom exceeds 20."""
MIN_BOMB_BYTES = 1024 * 1024
"""Size below which a ratio means nothing."""

BAD_ARCHIVE = (BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, ValueError)
"""What the standard library raises on an archive that is damaged in one way or another."""

_OLE = b"\xd0\xcf\x11\xe0"
_ENCRYPTED_STREAM = "EncryptedPackage".encode("utf-16-le")
_ENCRYPTED_FLAG = 0x1
_DECLARATIONS = (b"<!DOCTYPE", b"<!ENTITY")


def check_archive(data: bytes, path: str, members: tuple[str, ...]) -> None:
    """Check that `data` is an archive that may be opened, and that it holds `members`.

    Raises:
        UnreadableDocument: `encrypted`, `mislabelled`, `damaged` or `too_large`; entity declarations, with
            which a file could read others, count as damage.
    """
    if data.startswith(_OLE):
        reason = "encrypted" if _ENCRYPTED_STREAM in data else "mislabelled"
        raise UnreadableDocument(path, reason, f"{path}: an OLE file; expected a zip archive")
    try:
        with ZipFile(BytesIO(data)) as archive:
            infos = {info.filename: info for info in archive.infolist()}
            _check_sizes(list(infos.values()), len(data), path)
            if not set(members) <= set(infos):
                raise UnreadableDocument(path, "mislabelled", f"{path}: no {members[0]} inside; wrong suffix")
            for member in members:
                _check_member(archive, infos[member], path)
    except BAD_ARCHIVE as error:
        raise UnreadableDocument(path, "damaged", f"{path}: {error}") from error


def _check_sizes(infos: list[ZipInfo], archive_bytes: int, path: str) -> None:
    total = sum(info.file_size for info in infos)
    is_bomb = total > MIN_BOMB_BYTES and total > MAX_RATIO * archive_bytes
    if total > MAX_BYTES or is_bomb:
        raise UnreadableDocument(
            path, "too_large", f"{path}: {total} bytes once uncompressed; expected at most {MAX_BYTES}"
        )


def _check_member(archive: ZipFile, info: ZipInfo, path: str) -> None:
    """Check that a member can be read, and declares no entity."""
    if info.flag_bits & _ENCRYPTED_FLAG:
        raise UnreadableDocument(path, "encrypted", f"{path}: {info.filename} is encrypted")
    content = archive.read(info)
    if any(declaration in content for declaration in _DECLARATIONS):
        raise UnreadableDocument(
            path, "damaged", f"{path}: {info.filename} declares entities; save the file again"
        )
