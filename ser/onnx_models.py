"""Networks of others in ONNX files, run by ONNX Runtime."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from onnxruntime import InferenceSession


def open_onnx(model: str | bytes) -> InferenceSession:
    """Open a network to be asked on one core.

    ONNX Runtime reports its use to its makers, from the moment when it is imported on,
    unless it is told not to: nothing leaves this computer.

    Parameters
    ----------
    model : str or bytes
        The file's path, or what it holds.
    """
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(model, options)
