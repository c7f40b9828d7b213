"""The picture of a voice: waveform, spectrogram, pitch and intensity on one time axis.

Under it, where somebody wants it, its MFCC and chroma.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from ser.audio import SAMPLE_RATE, Sound
from ser.charts.frame import STILL, layout
from ser.palette import PITCH_COLOUR, PITCH_OUTLINE, SPECTROGRAM_COLOURS, WAVEFORM_COLOUR

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from ser.features import Contour

NOTES = ("C", "C♯", "D", "D♯", "E", "F", "F♯", "G", "G♯", "A", "A♯", "B")

_MAX_COLUMNS = 800
"""More columns than a page is wide only make it slow."""

_RANGE_DB = 65.0
"""How far below the loudest spot the spectrogram still shows something."""

_SHOWN_HZ = (75.0, 8_000.0)
"""From the lowest pitch that is looked for to half the sampling rate."""

_TICKS_HZ = {
    100: "100 Hz",
    200: "200 Hz",
    500: "500 Hz",
    1000: "1 kHz",
    2000: "2 kHz",
    4000: "4 kHz",
}


def voice_picture(sound: Sound, *, start_s: float = 0.0, end_s: float | None = None) -> go.Figure:
    """Draw waveform, log-mel spectrogram with the pitch over it, and intensity, on one time axis.

    Frequencies lie on a logarithmic axis: an octave is as high wherever it is, so
    the melody of a low voice looks like that of a high one, and the pitch lies
    on the lowest harmonic of the spectrogram.

    Parameters
    ----------
    start_s, end_s : float
        The stretch to draw, at least 0.1 s long; without them, all of the sound.
    """
    from plotly.subplots import make_subplots

    from ser.features import pitch_contour

    end_s = sound.duration_s if end_s is None else end_s
    samples = sound.samples[round(start_s * SAMPLE_RATE) : round(end_s * SAMPLE_RATE)]
    figure = make_subplots(
        rows=3, cols=1, shared_xaxes=True, row_heights=[0.18, 0.64, 0.18], vertical_spacing=0.03
    )
    figure.add_trace(waveform(samples, start_s), row=1, col=1)
    figure.add_trace(spectrogram(samples, start_s), row=2, col=1)
    figure.add_traces(_pitch(pitch_contour(samples), start_s), rows=2, cols=1)
    figure.add_trace(_intensity(samples, start_s), row=3, col=1)
    figure.update_layout(**layout(height=500))
    figure.update_xaxes(range=[start_s, end_s], ticksuffix=" s", **STILL)
    figure.update_yaxes(visible=False, **STILL, row=1, col=1)
    figure.update_yaxes(**frequency_axis(), row=2, col=1)
    figure.update_yaxes(
        range=[-_RANGE_DB, 3],
        tickvals=[-40, 0],
        ticktext=["-40 dB", "0 dB"],
        ticklabelstandoff=4,
        **STILL,
        row=3,
        col=1,
    )
    return figure


def timbre_picture(sound: Sound, *, start_s: float = 0.0, end_s: float | None = None) -> go.Figure:
    """Draw MFCC above and chroma below, on one time axis.

    Parameters
    ----------
    start_s, end_s : float
        The stretch to draw, at least 0.1 s long; without them, all of the sound.
    """
    from plotly.subplots import make_subplots

    end_s = sound.duration_s if end_s is None else end_s
    samples = sound.samples[round(start_s * SAMPLE_RATE) : round(end_s * SAMPLE_RATE)]
    titles = ("<b>MFCC</b>", "<b>Chroma</b>")
    figure = make_subplots(
        rows=2, cols=1, shared_xaxes=True, vertical_spacing=0.14, subplot_titles=titles
    )
    figure.add_trace(mfcc_map(samples, start_s), row=1, col=1)
    figure.add_trace(chroma_map(samples, start_s), row=2, col=1)
    figure.update_layout(**layout(height=360) | {"margin": {"l": 0, "r": 0, "t": 28, "b": 4}})
    figure.update_annotations(x=0, xanchor="left", font={"size": 15})
    figure.update_xaxes(range=[start_s, end_s], ticksuffix=" s", **STILL)
    figure.update_yaxes(**mfcc_axis(), row=1, col=1)
    figure.update_yaxes(**chroma_axis(), row=2, col=1)
    return figure


def mfcc_map(samples: np.ndarray, start_s: float) -> go.Heatmap:
    """Draw coefficients 1 to 12 of samples [shape=(n,)]; 0 is the level, which is drawn elsewhere.

    Each is drawn beside its own mean, in its own standard deviations: as they are, the
    first would outshine all others.
    """
    from ser.features import mfcc

    values = mfcc(samples)[:, 1:]
    moves = (values - values.mean(axis=0)) / np.maximum(values.std(axis=0), 1e-6)
    return _map(moves, range(1, moves.shape[1] + 1), start_s, reach=(-2.5, 2.5))


def chroma_map(samples: np.ndarray, start_s: float) -> go.Heatmap:
    """Draw how strong each note of the scale is in samples [shape=(n,)], whatever the octave."""
    from ser.features import chroma

    return _map(chroma(samples), NOTES, start_s, reach=(0.0, 1.0))


def mfcc_axis() -> dict[str, object]:
    """Lay out an axis of coefficients."""
    return {"tickvals": [1, 4, 8, 12], "ticklabelstandoff": 4, **STILL}


def chroma_axis() -> dict[str, object]:
    """Lay out an axis of notes, of which every fourth is named."""
    return {"tickvals": list(NOTES[::4]), "ticklabelstandoff": 4, **STILL}


def _map(
    values: np.ndarray, rows: Sequence[object], start_s: float, *, reach: tuple[float, float]
) -> go.Heatmap:
    """Draw values [shape=(frames, rows)] in colours that grow steadily lighter."""
    import plotly.graph_objects as go

    from ser.features import HOP_S

    starts = column_starts(len(values))
    return go.Heatmap(
        x=(start_s + starts * HOP_S).astype(np.float32),
        y=list(rows),
        z=values[starts].T.astype(np.float16).astype(np.float32),
        zmin=reach[0],
        zmax=reach[1],
        colorscale=SPECTROGRAM_COLOURS,
        showscale=False,
        hoverinfo="skip",
    )


def waveform(samples: np.ndarray, start_s: float) -> go.Scatter:
    """Outline of the samples: the lowest and the highest of each column."""
    import plotly.graph_objects as go

    starts = column_starts(len(samples))
    highest = np.maximum.reduceat(samples, starts)
    lowest = np.minimum.reduceat(samples, starts)
    times_s = start_s + starts / SAMPLE_RATE
    return go.Scatter(
        x=np.concatenate([times_s, times_s[::-1]]).astype(np.float32),
        y=np.concatenate([highest, lowest[::-1]]).astype(np.float32),
        fill="toself",
        fillcolor=WAVEFORM_COLOUR,
        line={"width": 0.5, "color": WAVEFORM_COLOUR},
        mode="lines",
        hoverinfo="skip",
        showlegend=False,
    )


def frequency_axis() -> dict[str, object]:
    """Lay out a logarithmic axis of frequencies in Hz."""
    return {
        "type": "log",
        "range": np.log10(_SHOWN_HZ),
        "tickvals": list(_TICKS_HZ),
        "ticktext": list(_TICKS_HZ.values()),
        "ticklabelstandoff": 4,
        **STILL,
    }


def spectrogram(
    samples: np.ndarray,
    start_s: float,
    *,
    colours: Sequence[Sequence[object]] = SPECTROGRAM_COLOURS,
) -> go.Heatmap:
    """Draw the log-mel spectrogram of samples [shape=(n,)] that begin at a time in seconds."""
    from ser.features import log_mel

    return spectrogram_of(log_mel(samples), start_s, colours=colours)


def spectrogram_of(
    decibels: np.ndarray,
    start_s: float,
    *,
    top: float | None = None,
    colours: Sequence[Sequence[object]] = SPECTROGRAM_COLOURS,
) -> go.Heatmap:
    """Draw a log-mel spectrogram [shape=(frames, 64)] in dB.

    Parameters
    ----------
    start_s : float
        When it begins.
    top : float, optional
        What has the lightest colour, in dB; by default the loudest spot.
    """
    import plotly.graph_objects as go

    from ser.features import HOP_S, mel_frequencies

    starts = column_starts(len(decibels))
    columns = np.maximum.reduceat(decibels, starts, axis=0)
    top = float(columns.max()) if top is None else top
    return go.Heatmap(
        x=(start_s + starts * HOP_S).astype(np.float32),
        y=mel_frequencies(),
        # Whole decibels are finer than the eye, and a quarter of the bytes.
        z=np.round(columns.T).astype(np.int8),
        zmin=top - _RANGE_DB,
        zmax=top,
        colorscale=colours,
        showscale=False,
        zsmooth="best",
        hoverinfo="skip",
    )


def _pitch(contour: Contour, start_s: float) -> list[go.Scatter]:
    """Pitch as a light line over a dark one, which is its rim."""
    import plotly.graph_objects as go

    step = -(-len(contour.times_s) // (4 * _MAX_COLUMNS)) or 1
    times_s = (start_s + contour.times_s[::step]).astype(np.float32)
    f0_hz = contour.f0_hz[::step].astype(np.float32)
    return [
        go.Scatter(
            x=times_s,
            y=f0_hz,
            mode="lines",
            line={"width": width, "color": colour},
            connectgaps=False,
            hoverinfo="skip",
            showlegend=False,
            name="pitch",
        )
        for width, colour in ((5, PITCH_OUTLINE), (2.2, PITCH_COLOUR))
    ]


def _intensity(samples: np.ndarray, start_s: float) -> go.Scatter:
    import plotly.graph_objects as go

    from ser.features import intensity_contour

    times_s, levels_db = intensity_contour(samples)
    starts = column_starts(len(levels_db))
    return go.Scatter(
        x=(start_s + times_s[starts]).astype(np.float32),
        y=np.round(np.maximum.reduceat(levels_db, starts), 1).astype(np.float32),
        mode="lines",
        line={"width": 2, "color": WAVEFORM_COLOUR},
        hoverinfo="skip",
        showlegend=False,
        name="intensity",
    )


def column_starts(count: int) -> np.ndarray:
    """Cut `count` values into at most 800 columns; give the index where each starts."""
    return np.unique(np.linspace(0, count, _MAX_COLUMNS, endpoint=False).astype(int))
