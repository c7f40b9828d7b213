"""Both networks in one picture: the hybrid is the CNN and a branch beside it; and any other."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING

from ser.architecture import Block
from ser.charts.frame import STILL, layout
from ser.palette import SERIES_COLOURS

if TYPE_CHECKING:
    import plotly.graph_objects as go

TIMES = "\N{MULTIPLICATION SIGN}"

# Block to title, a word on it, row, and the columns (of three) that it spans.
_PLACES: dict[str, tuple[str, str, int, tuple[float, float]]] = {
    "spectrogram": ("Spectrogram", "2 s at a time", 0, (0, 2)),
    "shapes": ("Shapes", f"3 {TIMES} 3 filters", 1, (0, 1)),
    "bands": ("Bands", "filters over time", 1, (1, 2)),
    "moments": ("Moments", "with attention", 2, (0, 1)),
    "pooled": ("Over time", "mean, spread, peak", 3, (0, 2)),
    "embedding": ("In short", "", 4, (0, 2)),
    "cnn answer": ("CNN's answer", "", 5, (0, 2)),
    "functionals": ("Statistics", "of the whole clip", 0, (2, 3)),
    "hidden": ("Hidden layer", "", 3, (2, 3)),
    "functionals answer": ("Its answer", "", 5, (2, 3)),
    "hybrid answer": ("Hybrid's answer", "a weighted mean", 6, (0, 3)),
}
_FLOWS = (
    ("spectrogram", "shapes"),
    ("spectrogram", "bands"),
    ("shapes", "moments"),
    ("moments", "pooled"),
    ("bands", "pooled"),
    ("pooled", "embedding"),
    ("embedding", "cnn answer"),
    ("cnn answer", "hybrid answer"),
    ("functionals", "hidden"),
    ("hidden", "functionals answer"),
    ("functionals answer", "hybrid answer"),
)
_ROW_PX = 92
_HALF, _GAP = 0.36, 0.04
_LAYER_PX = 62


def architecture_chart(blocks: Sequence[Block]) -> go.Figure:
    """Draw the blocks of the hybrid from the inputs on top to the answer, the CNN framed.

    Each bears the shape of what leaves it and the number of its weights.
    """
    import plotly.graph_objects as go

    figure = go.Figure()
    drawn = {block.key: block for block in blocks if block.key in _PLACES}
    for one, other in _FLOWS:
        if one in drawn and other in drawn:
            figure.add_shape(**_flow(one, other))
    for block in drawn.values():
        title, word, row, (left, right) = _PLACES[block.key]
        part = "functional" in block.key or block.key == "hidden"
        colour = SERIES_COLOURS["people" if part else "hybrid" if "hybrid" in block.key else "cnn"]
        figure.add_shape(
            type="rect",
            x0=left + _GAP,
            x1=right - _GAP,
            y0=row - _HALF,
            y1=row + _HALF,
            line={"color": colour, "width": 2},
            fillcolor=_faint(colour),
        )
        lines = [f"<b>{title}</b>", *([word] if word else []), describe(block)]
        figure.add_annotation(
            x=(left + right) / 2,
            y=row,
            text="<br>".join(lines),
            showarrow=False,
            font={"size": 12},
        )
    figure.update_layout(**layout(height=_ROW_PX * 7))
    figure.update_xaxes(range=[0, 3], visible=False, **STILL)
    figure.update_yaxes(range=[6.45, -0.45], visible=False, **STILL)
    return figure


def layers_chart(blocks: Sequence[Block]) -> go.Figure:
    """Draw any network as a column of its layers (:func:`ser.architecture.layers_of`)."""
    import plotly.graph_objects as go

    colour = SERIES_COLOURS["cnn"]
    figure = go.Figure()
    for row, block in enumerate(blocks):
        figure.add_shape(
            type="rect",
            x0=0.05,
            x1=0.95,
            y0=row - _HALF,
            y1=row + _HALF,
            line={"color": colour, "width": 2},
            fillcolor=_faint(colour),
        )
        figure.add_annotation(
            x=0.5,
            y=row,
            text=f"<b>{escape(block.key)}</b><br>{describe(block)}",
            showarrow=False,
            font={"size": 13},
        )
    figure.update_layout(**layout(height=_LAYER_PX * len(blocks)))
    figure.update_xaxes(range=[0, 1], visible=False, **STILL)
    figure.update_yaxes(range=[len(blocks) - 0.5, -0.5], visible=False, **STILL)
    return figure


def describe(block: Block) -> str:
    """Write a block's shape and its weights, as in "1856 · 506 k"."""
    shape = block.shape[:-1] if len(block.shape) > 1 and block.shape[-1] == 1 else block.shape
    text = f" {TIMES} ".join(map(str, shape))
    return f"{text} · {in_short(block.parameters)}" if block.parameters else text


def in_short(count: int) -> str:
    """Write a number of weights: "950", "112 k", "1.55 M"."""
    if count < 1_000:
        return str(count)
    return f"{count / 1e3:.0f} k" if count < 999_500 else f"{count / 1e6:.2f} M"


def _flow(one: str, other: str) -> dict[str, object]:
    """Draw a line down from one block to the next, where their columns overlap."""
    _, _, above, (left, right) = _PLACES[one]
    _, _, below, (other_left, other_right) = _PLACES[other]
    x = (max(left, other_left) + min(right, other_right)) / 2
    return {
        "type": "line",
        "x0": x,
        "x1": x,
        "y0": above + _HALF,
        "y1": below - _HALF,
        "line": {"color": SERIES_COLOURS["chance"], "width": 2},
    }


def _faint(colour: str) -> str:
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red}, {green}, {blue}, 0.14)"
