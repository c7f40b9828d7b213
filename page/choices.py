"""Choices that are still there when a page, or a sound, has been away for a while.

What one run of the page does not draw (between two files it draws neither) a browser sets up
anew with nothing chosen, though Streamlit may still tell what was, and forgets it a run later.
So choices are kept here, and a widget that was away comes back as another one, which begins with
what was chosen.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Generic, TypeVar

import streamlit as st

_BEGUN, _ENDED, _KEPT = "runs-begun", "run-ended-last", "kept-choices"

Answer = TypeVar("Answer")


@dataclass(frozen=True)
class _Choice(Generic[Answer]):
    """What was chosen, the key of the widget that asked, and in which run it was drawn last."""

    answer: Answer
    key: str
    run: int


def begin_run() -> None:
    """Keep what was chosen since the last run: one that is cut short may not come to the widget."""
    st.session_state[_BEGUN] = _run() + 1
    for name, last in _kept().items():
        now = st.session_state.get(last.key)
        if now is not None:
            _kept()[name] = replace(last, answer=now)


def end_run() -> None:
    """Note which run came to its end: browsers drop what it left out, and only then."""
    st.session_state[_ENDED] = _run()


def held(name: str, first: Answer) -> Answer:
    """Tell what is chosen, before the widget that asks is drawn; ``first`` before any choice."""
    last = _last(name, first)
    now: Answer | None = st.session_state.get(last.key)
    return last.answer if now is None else now


def remembered(
    name: str, first: Answer, ask: Callable[[str, Answer | None], Answer | None]
) -> Answer:
    """Ask for a choice and keep it.

    Parameters
    ----------
    name : str
        Of what is chosen, for the visit's state.
    first : object
        Chosen until somebody chooses.
    ask : callable
        Draws a widget under the key that it is given, beginning with the answer that it is
        given; None where the widget is there already.
    """
    last, answer, run = _last(name, first), held(name, first), _run()
    was_left_out = last.run < st.session_state.get(_ENDED, 0)
    key = f"{name}-{run}" if was_left_out else last.key
    now = ask(key, None if key in st.session_state else answer)
    chosen = answer if now is None else now
    _kept()[name] = _Choice(chosen, key, run)
    return chosen


def choose(
    name: str,
    label: str,
    options: Sequence[str],
    *,
    first: str | None = None,
    format_func: Callable[[str], str] = str,
    help: str | None = None,
) -> str:
    """Set options beside each other to choose one from: the first, until somebody chooses.

    Parameters
    ----------
    name : str
        See :func:`remembered`.
    label : str
        What people read above the options.
    options : sequence of str
    first : str, optional
        Chosen at the beginning instead of the first option.
    format_func : callable, optional
        What is written for each.
    help : str, optional
    """

    def ask(key: str, begin: str | None) -> str | None:
        return st.segmented_control(
            label,
            options,
            format_func=format_func,
            default=begin,
            required=True,
            key=key,
            help=help,
        )

    if held(name, options[0]) not in options:  # other models answer now
        forget(name)
    return remembered(name, first or options[0], ask)


def switch(name: str, label: str, *, first: bool, help: str | None = None) -> bool:
    """Draw a switch that stays as it was set."""
    return remembered(
        name, first, lambda key, begin: st.toggle(label, value=bool(begin), key=key, help=help)
    )


def forget(name: str) -> None:
    """Drop a choice."""
    last = _kept().pop(name, None)
    if last is not None:
        st.session_state.pop(last.key, None)


def _kept() -> dict[str, _Choice[Any]]:
    kept: dict[str, _Choice[Any]] = st.session_state.setdefault(_KEPT, {})
    return kept


def _last(name: str, first: Answer) -> _Choice[Answer]:
    return _kept().get(name) or _Choice(first, name, _run())


def _run() -> int:
    return int(st.session_state.get(_BEGUN, 0))
