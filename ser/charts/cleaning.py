"""A sound before and after cleaning: two spectrograms, and what is cut off of each."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ser.audio import Sound
from ser.charts.frame import STILL, layout
from ser.charts.voice import frequency_axis, spectrogram_of
from ser.palette import PITCH_COLOUR

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from ser.stretch import Stretch

TITLES = ("As given", "Cleaned")

_CUT_OFF = "rgba(128, 132, 140, 0.72)"
_GAP_FRAMES = 4


def cleaning_chart(sounds: tuple[Sound, Sound], kept: tuple[Stretch, Stretch]) -> go.Figure:
    """Draw the spectrograms of a sound as given and cleaned, one above the other.

    Both have the same colours for the same levels, and the same axes. What trimming
    cuts off is greyed, up to a light line.

    Parameters
    ----------
    sounds : tuple of Sound
        As given and cleaned, equally long, at least 0.1 s.
    kept : tuple of Stretch
        What trimming leaves of each; see :func:`ser.cleaning.kept`.
    """
    from plotly.subplots import make_subplots

    titles = [f"<b>{title}</b>" for title in TITLES]
    figure = make_subplots(
        rows=2, cols=1, shared_xaxes=True, vertical_spacing=0.12, subplot_titles=titles
    )
    spectra = _on_one_scale(*sounds)
    top = float(max(spectrum.max() for spectrum in spectra))
    duration_s = sounds[0].duration_s
    for row, (spectrum, stretch) in enumerate(zip(spectra, kept, strict=True), 1):
        figure.add_trace(spectrogram_of(spectrum, 0.0, top=top), row=row, col=1)
        _grey_out(figure, row, stretch, duration_s)
        figure.update_yaxes(**frequency_axis(), row=row, col=1)
    figure.update_layout(**layout(height=440) | {"margin": {"l": 0, "r": 0, "t": 28, "b": 4}})
    figure.update_annotations(x=0, xanchor="left", font={"size": 15})
    figure.update_xaxes(range=[0, duration_s], ticksuffix=" s", **STILL)
    return figure


def _on_one_scale(before: Sound, after: Sound) -> tuple[np.ndarray, np.ndarray]:
    """Make both log-mel spectrograms [shape=(frames, 64)] relative to one level.

    Alone, each would be relative to its own, and noise that was taken away would seem to
    have made the voice louder.
    """
    from ser.features import log_mel
    from ser.features.spectral import HOP_LENGTH

    frames = 1 + len(before.samples) // HOP_LENGTH
    second = frames + _GAP_FRAMES
    gap = np.zeros(second * HOP_LENGTH - len(before.samples), dtype=np.float32)
    both = log_mel(np.concatenate([before.samples, gap, after.samples]))
    return both[:frames], both[second : second + frames]


def _grey_out(figure: go.Figure, row: int, kept: Stretch, duration_s: float) -> None:
    """Grey what is cut off at both ends, each up to a line."""
    for start_s, end_s, edge_s in (
        (0.0, kept.start_s, kept.start_s),
        (kept.end_s, duration_s, kept.end_s),
    ):
        if end_s > start_s:
            figure.add_vrect(start_s, end_s, fillcolor=_CUT_OFF, line_width=0, row=row, col=1)
            figure.add_vline(edge_s, line={"color": PITCH_COLOUR, "width": 2}, row=row, col=1)
