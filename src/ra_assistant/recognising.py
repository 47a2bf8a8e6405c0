"""Characters of scanned pages, recognised by OCRmyPDF when it is installed beside us.

The program adds an invisible text to the pages that have none; the pages themselves stay as they were.
https://ocrmypdf.readthedocs.io/en/latest/advanced.html gives its options and exit codes.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from pathlib import Path

from ra_assistant.errors import RecognitionFailed

PROGRAM = "ocrmypdf"
LANGUAGE = "fra"
MAX_SECONDS = 3600.0
PAGE_SECONDS = 120
"""How long one page may take; it then stays without text."""
_REASONS = {3: "language", 8: "encrypted"}
"""What the exit codes of the program mean that are not a fault in the file."""


def is_available() -> bool:
    """Tell whether the program is installed."""
    return shutil.which(PROGRAM) is not None


def recognise(source: Path, target: Path, seconds: float = MAX_SECONDS) -> None:
    """Write a copy of a PDF in which the pages without text have one.

    Args:
        source: a PDF file.
        target: where to write.
        seconds: how long the whole may take.

    Raises:
        RecognitionFailed: `missing`, `language`, `slow`, `encrypted` or `failed`.
    """
    program = shutil.which(PROGRAM)
    if program is None:
        raise RecognitionFailed(source.name, "missing")
    order = [
        program, "--skip-text", "--language", LANGUAGE, "--output-type", "pdf", "--optimize", "0", "--jobs", "1",
        "--quiet", "--tesseract-timeout", str(PAGE_SECONDS), "--", str(source), str(target),
    ]  # fmt: skip
    with subprocess.Popen(  # noqa: S603 - a program found by its name, and paths as arguments of their own
        order,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        start_new_session=True,
    ) as process:
        try:
            _, complaint = process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired as error:
            raise RecognitionFailed(source.name, "slow") from error
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
    if process.returncode or not target.is_file():
        said = complaint.decode("utf-8", errors="replace").strip()[-500:]
        reason = _REASONS.get(process.returncode, "failed")
        raise RecognitionFailed(source.name, reason, f"{source}: status {process.returncode}: {said}")
