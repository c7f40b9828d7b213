"""How reports write figures: JSON that shows its changes, and Markdown tables."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from training.corpora import CORPORA

_TITLES = {corpus.name: corpus.title for corpus in CORPORA}
_FEW = 5
"""Below so many speakers an interval says little."""


def as_json(figures: dict[str, Any]) -> str:
    """JSON with a line for each row: readable, and a change shows where it is."""
    lines = []
    for name, value in figures.items():
        if isinstance(value, list):
            entries = ",\n".join(json.dumps(_rounded(entry)) for entry in value)
            lines.append(f"{json.dumps(name)}: [\n{entries}\n]")
        else:
            lines.append(f"{json.dumps(name)}: {json.dumps(_rounded(value))}")
    return "{\n" + ",\n".join(lines) + "\n}\n"


def title(corpus: str) -> str:
    """Name a corpus for people."""
    return _TITLES.get(corpus, corpus)


def percent(share: float | None, *, sign: str = "") -> str:
    """Write a share in per cent, ``sign="+"`` for a difference; a dash where there is none."""
    return "-" if share is None else f"{100 * share:{sign}.1f}"


def with_interval(
    share: float, ends: Sequence[float] | None, speakers: int, *, sign: str = ""
) -> str:
    """Write a share and its interval; † marks one of few speakers, which says little."""
    if ends is None:
        return percent(share, sign=sign)
    low, high = (percent(end, sign=sign) for end in ends)
    return f"{percent(share, sign=sign)} ({low} to {high}{' †' if speakers < _FEW else ''})"


def table(head: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    """Lay out a Markdown table."""
    rule = ["---"] * len(head)
    return "\n".join(f"| {' | '.join(line)} |" for line in (head, rule, *lines))


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, 5)
    if isinstance(value, dict):
        return {name: _rounded(entry) for name, entry in value.items()}
    return [_rounded(entry) for entry in value] if isinstance(value, list) else value
