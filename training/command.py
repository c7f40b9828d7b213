"""How long commands read their numbers, keep their memory, and end with a status or a sentence."""

from __future__ import annotations

import argparse
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
    except OSError as error:
        about = f"{error.filename}: " if error.filename else ""
        print(f"error: {about}{error.strerror or error}.", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(f"Interrupted. {again}", file=sys.stderr)
        return 130
    return 0


def positive(text: str) -> int:
    """Read an option's number above zero.

    Raises
    ------
    argparse.ArgumentTypeError
        It is none.
    """
    if not_negative(text) == 0:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number above 0")
    return int(text)


def not_negative(text: str) -> int:
    """Read an option's whole number, such as a seed.

    Raises
    ------
    argparse.ArgumentTypeError
        It is none.
    """
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is not a number")
    return int(text)
