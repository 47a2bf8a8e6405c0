"""Downloading an embedding model, once, when the operator asks for it.

The download runs in a process of its own, because huggingface_hub reads its offline switch when it is
imported, and this one is never switched on-line.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from ra_assistant.errors import DownloadFailed

PATTERNS = (
    "*.safetensors",
    "*.safetensors.index.json",
    "*.json",
    "*.txt",
    "*.model",
    "*.md",
    "*/config.json",
)
"""Weights as safetensors and what describes them: no pickle, no code."""

_NAME = re.compile(r"\w[\w.-]*/\w[\w.-]*")
_REVISION = re.compile(r"[0-9a-f]{40}")

_CHILD = """
import sys
from huggingface_hub import HfApi, snapshot_download
name, revision, *patterns = sys.argv[1:]
commit = HfApi().model_info(name, revision=revision or None).sha
print(commit, snapshot_download(name, revision=commit, allow_patterns=patterns), sep="\\n", flush=True)
"""


@dataclass(frozen=True, slots=True)
class Fetched:
    """A model that is now on this machine."""

    name: str
    revision: str
    """The commit, 40 hexadecimal digits: what to pin."""
    directory: Path


def fetch(name: str, revision: str = "", timeout_seconds: float | None = None) -> Fetched:
    """Download a model of the hub into the local cache, at a commit.

    Args:
        name: owner/model.
        revision: commit to take, or a branch or a tag; empty for the newest commit.
        timeout_seconds: how long to wait; None for ever.

    Raises:
        DownloadFailed: the name is wrong, the hub cannot be reached, or the model has no safetensors.
    """
    if not _NAME.fullmatch(name):
        raise DownloadFailed(f"{name!r}: expected owner/model", name=name, reason="name")
    environment = {key: value for key, value in os.environ.items() if key != "HF_HUB_OFFLINE"}
    environment["HF_HUB_DISABLE_TELEMETRY"] = "1"
    try:
        done = subprocess.run(  # noqa: S603 - our own interpreter and script, the name was checked
            [sys.executable, "-c", _CHILD, name, revision, *PATTERNS],
            capture_output=True,
            text=True,
            check=False,
            env=environment,
            timeout=timeout_seconds,
        )
    except subprocess.TimeoutExpired as error:
        raise DownloadFailed(
            f"{name}: no answer in {timeout_seconds} s", name=name, reason="network"
        ) from error
    lines = done.stdout.split("\n")
    if done.returncode != 0 or not _REVISION.fullmatch(lines[0]):
        raise DownloadFailed(f"{name}: {done.stderr.strip()[-400:]}", name=name, reason=_reason(done.stderr))
    directory = Path(lines[1])
    if not any(directory.rglob("*.safetensors")):
        raise DownloadFailed(f"{name}: no safetensors file; expected one", name=name, reason="unsafe")
    return Fetched(name, lines[0], directory)


def _reason(complaint: str) -> str:
    missing = ("RepositoryNotFoundError", "RevisionNotFoundError", "404 Client Error", "GatedRepoError")
    return "missing" if any(word in complaint for word in missing) else "network"
