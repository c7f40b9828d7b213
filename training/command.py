"""How a long command ends: with an answer, a sentence, or a word on going on."""

from __future__ import annotations

import sys
from collections.abc import Callable

from ser.errors import SerError


def exit_status(work: Callable[[], None], *, again: str = "Go on with --resume.") -> int:
    """Do the work; answer 0, 1 after an error told in a sentence, or 130 after Ctrl-C.

    ``again`` tells how to go on after the last.
    """
    try:
        work()
    except SerError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(f"Interrupted. {again}", file=sys.stderr)
        return 130
    return 0
