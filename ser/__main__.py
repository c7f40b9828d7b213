"""``python -m ser``: the command line (see :mod:`ser.cli`) in a process of its own."""

from __future__ import annotations

import os
import sys

from ser.cli import main


def _keep_standard_error_for_ourselves() -> None:
    """Send to nowhere what C and C++ write to standard error.

    TensorFlow tells of missing graphics cards, and PortAudio of its inner life,
    before any setting could stop them. Python gets a copy of the way out, so
    our own lines and tracebacks still arrive. Who sets ``TF_CPP_MIN_LOG_LEVEL``
    wants to see the messages, and does.
    """
    if "TF_CPP_MIN_LOG_LEVEL" in os.environ:
        return
    sys.stderr.flush()
    sys.stderr = os.fdopen(
        os.dup(2), "w", buffering=1, encoding=sys.stderr.encoding, errors="backslashreplace"
    )
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)


if __name__ == "__main__":
    _keep_standard_error_for_ourselves()
    raise SystemExit(main())
