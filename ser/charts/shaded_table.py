"""A table of figures, each on a shade that says how much it is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ser.charts.frame import STILL, layout

if TYPE_CHECKING:
    import plotly.graph_objects as go

# Light enough under the page's own text in both themes, in which the figures are set.
_SHADES = [[0.0, "rgba(47, 127, 193, 0.0)"], [1.0, "rgba(47, 127, 193, 0.62)"]]
_CELL_PX = 40


def shaded_table(
    shares: Sequence[Sequence[float | None]],
    texts: Sequence[Sequence[str]],
    *,
    columns: dict[str, str],
    rows: dict[str, str],
    above_px: int = 80,
) -> go.Figure:
    """Draw rows of cells, the first on top.

    Parameters
    ----------
    shares : [shape=(rows, columns)]
        How strong each shade is, in [0, 1]; None for no cell.
    texts : [shape=(rows, columns)]
    columns, rows : dict of str to str
        Keys, and what is written for each.
    above_px : int
        Room for what is written above the columns.
    """
    import plotly.graph_objects as go

    figure = go.Figure(
        go.Heatmap(
            x=list(columns),
            y=list(rows),
            z=shares,
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
    figure.update_layout(**layout(height=_CELL_PX * len(rows) + above_px))
    figure.update_xaxes(side="top", tickfont={"size": 13}, tickangle=-45, **_ticks(columns))
    figure.update_yaxes(
        autorange="reversed", tickfont={"size": 14}, ticklabelstandoff=6, **_ticks(rows)
    )
    return figure


def _ticks(names: dict[str, str]) -> dict[str, object]:
    return {**STILL, "tickvals": list(names), "ticktext": list(names.values())}
