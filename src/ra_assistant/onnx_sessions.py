"""Opening the models that onnxruntime runs, so that two of them do not get in one another's way."""

from __future__ import annotations

from pathlib import Path

import onnxruntime

_WAITS_ASLEEP = {"session.intra_op.allow_spinning": "0"}
"""Each model has threads of its own. By default those of one turn idly on the processor after it has run, while the
next one needs it: on two cores the answers took half as long again."""


def open_session(model: Path, threads: int) -> onnxruntime.InferenceSession:
    """Load a model on the processor.

    Args:
        model: an ONNX file.
        threads: processor threads that one call uses (0: one a core).
    """
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 3
    for name, value in _WAITS_ASLEEP.items():
        options.add_session_config_entry(name, value)
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
