"""How many recordings there are of each emotion, corpus by corpus."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from ser.charts.confusion import any_named
from ser.charts.frame import STILL, layout
from ser.labels import INNER_LABELS
from ser.reports import Data, corpus_title, number

if TYPE_CHECKING:
    import plotly.graph_objects as go

_ALL = "all"
_CELL_PX = 38
# Light enough under the page's own text in both themes, in which the figures are set.
_SHADES = [[0.0, "rgba(47, 127, 193, 0.05)"], [1.0, "rgba(47, 127, 193, 0.6)"]]


def balance_chart(data: Data) -> go.Figure:
    """Draw a row for each emotion: its clips in each corpus, and in bold of all together.

    The stronger the shade the more clips; the sums have a scale of their own.
    """
    import plotly.graph_objects as go

    emotions = [name for name in INNER_LABELS if any(name in own.emotions for own in data.corpora)]
    counts = [[own.emotions.get(name, 0) for own in data.corpora] for name in emotions]
    sums = [sum(row) for row in counts]
    most = max((count for row in counts for count in row), default=0) or 1
    columns = [*(own.corpus for own in data.corpora), _ALL]
    texts = [
        [*(number(count) if count else "" for count in row), f"<b>{number(total)}</b>"]
        for row, total in zip(counts, sums, strict=True)
    ]
    figure = go.Figure(
        go.Heatmap(
            x=columns,
            y=emotions,
            z=[
                [*(count / most for count in row), total / max(sums)]
                for row, total in zip(counts, sums, strict=True)
            ],
            zmin=0,
            zmax=1,
            colorscale=_SHADES,
            showscale=False,
            text=texts,
            texttemplate="%{text}",
            textfont={"size": 13},
            xgap=2,
            ygap=2,
            hoverinfo="skip",
        )
    )
    figure.update_layout(**layout(height=_CELL_PX * len(emotions) + 110))
    figure.update_xaxes(
        side="top",
        tickvals=columns,
        ticktext=[_column(name) for name in columns],
        tickfont={"size": 13},
        tickangle=-45,
        **STILL,
    )
    figure.update_yaxes(
        autorange="reversed",
        tickvals=emotions,
        ticktext=[any_named(name) for name in emotions],
        tickfont={"size": 14},
        ticklabelstandoff=6,
        **STILL,
    )
    return figure


def _column(name: str) -> str:
    return "<b>all</b>" if name == _ALL else escape(corpus_title(name))
