"""How a long command runs: it keeps its memory, and ends with a status, a sentence or both."""

from __future__ import annotations

import sys
from collections.abc import Callable

from ser.errors import SerError
from training.memory import keep_memory


def exit_status(work: Callable[[], None], *, again: str = "Go on with --resume.") -> int:
    """Do the work; answer 0, 1 after an error told in a sentence, or 130 after Ctrl-C.

    ``again`` tells how to go on after the last.
    """
    keep_memory()
    try:
        work()
    except SerError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(f"Interrupted. {again}", file=sys.stderr)
        return 130
    return 0
