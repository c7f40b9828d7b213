"""How many recordings there are of each emotion, corpus by corpus."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from ser.charts.confusion import any_named
from ser.charts.shaded_table import shaded_table
from ser.labels import INNER_LABELS
from ser.reports import Data, corpus_title, number

if TYPE_CHECKING:
    import plotly.graph_objects as go

_ALL = "all"


def balance_chart(data: Data) -> go.Figure:
    """Draw a row for each emotion: its clips in each corpus, and in bold of all together.

    The stronger the shade the more clips; the sums have a scale of their own.
    """
    emotions = [name for name in INNER_LABELS if any(name in own.emotions for own in data.corpora)]
    counts = [[own.emotions.get(name, 0) for own in data.corpora] for name in emotions]
    sums = [sum(row) for row in counts]
    most = max((count for row in counts for count in row), default=0) or 1
    columns = [*(own.corpus for own in data.corpora), _ALL]
    texts = [
        [*(number(count) if count else "" for count in row), f"<b>{number(total)}</b>"]
        for row, total in zip(counts, sums, strict=True)
    ]
    shades = [
        [*(count / most for count in row), total / max(sums)]
        for row, total in zip(counts, sums, strict=True)
    ]
    return shaded_table(
        shades,
        texts,
        columns={name: _column(name) for name in columns},
        rows={name: any_named(name) for name in emotions},
        above_px=110,
    )


def _column(name: str) -> str:
    return "<b>all</b>" if name == _ALL else escape(corpus_title(name))
