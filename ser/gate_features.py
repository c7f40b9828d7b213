"""What the speech gate looks at: numbers for stretches of one second.

A voice changes: its spectrum every tenth of a second, its pitch within every
syllable, all bands opening and closing together three to eight times a second.
Machines, weather and instruments do one or the other, but not all of it.

Conventions: frames of 16 ms as in :func:`ser.features.log_mel`; a window of
:data:`WINDOW_FRAMES` every :data:`HOP_FRAMES`.
"""

from __future__ import annotations

from functools import cache
from itertools import pairwise

import numpy as np

from ser.audio import SAMPLE_RATE
from ser.features.spectral import HOP_LENGTH, HOP_S

WINDOW_FRAMES = 64
HOP_FRAMES = 16
VERSION = 1
"""Raise it whenever the same sound gives other values than before."""

RANGE_DB = 50.0
"""What lies further under a window's loudest band is not told from silence."""

_PITCH_RATE = SAMPLE_RATE // 2  # voices, barks and crowing all sound under 4 kHz
_PITCH_HOP = HOP_LENGTH // 2
_PITCH_WINDOW = 320  # three periods of 75 Hz, as Praat takes
_PITCH_FFT = 512
_LAGS = (7, 107)  # 75 to 1143 Hz
_PERCENTILES = (20, 50, 80, 95)
_PERIODIC = (0.4, 0.6, 0.8, 0.9, 0.97)
_CEPSTRA = 13
_MODULATION_HZ = (1.5, 4.0, 8.0, 14.0, 31.0)
_BANDS = 8
_SIMILAR_AFTER = (3, 6, 12, 24)  # frames
_EXCESS_DB = (6, 12, 24)
_BLOCK = 128  # windows at a time: twenty minutes must not fill the memory


def _names() -> list[str]:
    """Name the columns, in the order in which :func:`window_features` stacks them."""
    cepstra = [f"cepstrum{number}" for number in range(_CEPSTRA)]
    rates = [f"{low:g}_{high:g}_hz" for low, high in pairwise(_MODULATION_HZ)]
    thirds = ("low", "mid", "high")
    return [
        *[f"{name}_mean" for name in cepstra[1:]],
        *[f"{name}_spread_log" for name in cepstra],
        *[f"{name}_step_log" for name in cepstra],
        *["level_range_db", "level_crest_db", "level_loud_share", "level_step_max_db"],
        *["level_rise_db", "level_rise_over_fall_log"],
        *[f"modulation_{rate}_log" for rate in rates],
        *[f"modulation_{rate}_share" for rate in rates],
        *[f"modulation_band{number}_log" for number in range(_BANDS)],
        "bands_together",
        *[f"band{number}_with_next" for number in range(_BANDS - 1)],
        *[f"{kind}_after_{gap}" for kind in ("alike", "moved_alike") for gap in _SIMILAR_AFTER],
        *[f"slope_{third}_db" for third in thirds],
        *[f"peaks_{third}_db" for third in thirds],
        *[f"change_{third}_db" for third in thirds],
        *["mean_peaks_db", "peak_over_mean_db", "peak_over_mean_spread_db"],
        *[f"excess_band{number}_db" for number in range(_BANDS)],
        *[f"excess_over_{limit}_db_share" for limit in _EXCESS_DB],
        *["excess_step_db", "excess_alike"],
        "periodicity_mean",
        *[f"periodicity_p{percent}" for percent in _PERCENTILES],
        *[f"periodic_over_{limit:g}_share" for limit in _PERIODIC],
        *["heard_share", "pitch_st", "pitch_spread_st", "pitch_any_step_st", "pitch_joined_share"],
        *["pitch_leap_share", "pitch_step_st", "pitch_held_share", "pitch_steady_share"],
        *["pitch_quick_share", "voicings_per_s"],
    ]


def window_features(log_mel: np.ndarray, samples: np.ndarray) -> np.ndarray:
    """Describe each window of a sound [shape=(windows, features)].

    A sound shorter than a window is one window.

    Parameters
    ----------
    log_mel : np.ndarray [shape=(frames, 64)]
        In dB.
    samples : np.ndarray [shape=(n,)]
        That it was made from.
    """
    strength, lag = _periodicity(samples, len(log_mel))
    starts = window_starts(len(log_mel))
    blocks = []
    for first in range(0, len(starts), _BLOCK):
        end = starts[first : first + _BLOCK][-1] + WINDOW_FRAMES
        here = slice(starts[first], end)
        blocks.append(_describe(log_mel[here], strength[here], lag[here]))
    return np.concatenate(blocks).astype(np.float32)


def window_starts(frames: int) -> np.ndarray:
    """First frame of each window [shape=(windows,)]."""
    return np.arange(0, max(frames - WINDOW_FRAMES, 0) + 1, HOP_FRAMES)


def _describe(log_mel: np.ndarray, strength: np.ndarray, lag: np.ndarray) -> np.ndarray:
    """Describe the windows of some frames [shape=(windows, features)]."""
    spectrum = _cut(np.asarray(log_mel, np.float32))
    spectrum = np.maximum(spectrum, spectrum.max(axis=(1, 2), keepdims=True) - RANGE_DB)
    cepstra = spectrum @ _dct()
    columns = [
        _cepstral(cepstra),
        _level(spectrum),
        _modulation(spectrum),
        _similarity(cepstra),
        _texture(spectrum),
        _excess(spectrum),
        _voicing(_cut(strength), _cut(lag), spectrum),
    ]
    return np.hstack(columns)


def _cut(values: np.ndarray) -> np.ndarray:
    """Windows along the first axis [shape=(windows, frames, ...)]."""
    if len(values) <= WINDOW_FRAMES:
        return values[None]
    starts = window_starts(len(values))
    return values[starts[:, None] + np.arange(WINDOW_FRAMES)]


def _periodicity(samples: np.ndarray, frames: int) -> tuple[np.ndarray, np.ndarray]:
    """Height of the autocorrelation's peak, 0 to 1, and its lag in seconds, by frame."""
    half = _PITCH_WINDOW // 2
    centred = np.asarray(samples, np.float32) - np.float32(np.mean(samples))
    centred = np.pad(centred, (1, 2))
    lower = 0.25 * centred[:-3:2] + 0.5 * centred[1:-2:2] + 0.25 * centred[2:-1:2]
    padded = np.pad(lower, (half, half + 1))
    starts = np.minimum(np.arange(frames) * _PITCH_HOP, len(padded) - _PITCH_WINDOW)
    pieces = np.lib.stride_tricks.sliding_window_view(padded, _PITCH_WINDOW)
    peaks = [
        _highest_peak(_autocorrelation(pieces[starts[first : first + 1_000]]))
        for first in range(0, frames, 1_000)
    ]
    strength, lag = (np.concatenate(column) for column in zip(*peaks, strict=True))
    return strength, lag


def _autocorrelation(pieces: np.ndarray) -> np.ndarray:
    """Divided by the window's own (Boersma, 1993) [shape=(frames, lags)]."""
    from scipy import fft  # seven times as quick as numpy's on many short frames

    window, shape = _pitch_window()
    spectrum = fft.rfft(pieces * window, _PITCH_FFT)
    correlation = fft.irfft(spectrum.real**2 + spectrum.imag**2)[:, : _LAGS[1] + 1]
    scaled: np.ndarray = correlation / (np.maximum(correlation[:, :1], 1e-9) * shape)
    return scaled


def _highest_peak(correlation: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Height of the highest peak and its lag in seconds; a parabola finds both between samples."""
    before, here, after = (correlation[:, _LAGS[0] + step : _LAGS[1] + step] for step in (-1, 0, 1))
    bend = np.minimum(before - 2 * here + after, np.float32(-1e-9))
    shift = 0.5 * (before - after) / bend
    height = np.where(np.abs(shift) <= 0.5, here - 0.25 * (before - after) * shift, 0.0)
    # Of two equal peaks the shorter period is the voice's.
    best = (height - _lag_cost()).argmax(axis=1)
    rows = np.arange(len(correlation))
    strength = np.clip(height[rows, best], 0.0, 1.0)
    lag = _LAGS[0] + best + np.clip(shift[rows, best], -0.5, 0.5)
    return strength, lag / _PITCH_RATE


@cache
def _pitch_window() -> tuple[np.ndarray, np.ndarray]:
    """Hann window, and its autocorrelation at each lag."""
    window = np.hanning(_PITCH_WINDOW + 2)[1:-1].astype(np.float32)
    correlation = np.correlate(window, window, "full")[_PITCH_WINDOW - 1 :]
    shape = correlation[: _LAGS[1] + 1] / correlation[0]
    return window, shape


@cache
def _lag_cost() -> np.ndarray:
    lags = np.arange(*_LAGS)
    return (0.03 * np.log2(lags / _LAGS[0])).astype(np.float32)


@cache
def _dct() -> np.ndarray:
    """Orthonormal DCT-II [shape=(64, 13)]."""
    bands = 64
    angle = np.pi * np.outer(np.arange(bands) + 0.5, np.arange(_CEPSTRA)) / bands
    matrix = np.cos(angle) * np.sqrt(2 / bands)
    matrix[:, 0] /= np.sqrt(2)
    return matrix.astype(np.float32)


def _cepstral(cepstra: np.ndarray) -> np.ndarray:
    """Shape of the spectrum, how widely it varies and how quickly."""
    return np.hstack(
        [
            cepstra.mean(axis=1)[:, 1:],
            np.log(cepstra.std(axis=1) + 0.1),
            np.log(np.abs(np.diff(cepstra, axis=1)).mean(axis=1) + 0.1),
        ]
    )


def _level(spectrum: np.ndarray) -> np.ndarray:
    """Course of the level: its range, how much is quiet, rises against falls."""
    level = 10 * np.log10(np.mean(10 ** (spectrum / 10), axis=2))
    low, middle, high = np.percentile(level, [5, 50, 95], axis=1)
    steps = np.diff(level, axis=1)
    rises, falls = np.maximum(steps, 0), np.maximum(-steps, 0)
    return np.column_stack(
        [
            high - low,
            high - middle,
            (level > level.max(axis=1, keepdims=True) - 15).mean(axis=1),
            steps.max(axis=1),
            rises.mean(axis=1),
            np.log((rises**2).mean(axis=1) + 0.1) - np.log((falls**2).mean(axis=1) + 0.1),
        ]
    )


def _modulation(spectrum: np.ndarray) -> np.ndarray:
    """Power of the bands' modulation by rate, and how far the bands go together."""
    windows, frames, mels = spectrum.shape
    bands = spectrum.reshape(windows, frames, _BANDS, mels // _BANDS).mean(axis=3)
    bands = bands - bands.mean(axis=1, keepdims=True)
    rates = np.fft.rfftfreq(WINDOW_FRAMES, HOP_S)
    tapered = bands * np.hanning(frames + 2)[1:-1, None]
    power = np.abs(np.fft.rfft(tapered, WINDOW_FRAMES, axis=1)) ** 2 / frames
    shares = [
        power[:, (rates >= low) & (rates < high)].sum(axis=1)
        for low, high in pairwise(_MODULATION_HZ)
    ]
    by_rate = np.stack(shares, axis=1)  # windows, rates, bands
    total = by_rate.sum(axis=1)
    deviation = bands.std(axis=1)
    together = bands.sum(axis=2).std(axis=1) / np.maximum(deviation.sum(axis=1), 1e-6)
    neighbours = [
        (bands[:, :, i] * bands[:, :, i + 1]).mean(axis=1)
        / np.maximum(deviation[:, i] * deviation[:, i + 1], 1e-3)
        for i in range(_BANDS - 1)
    ]
    return np.hstack(
        [
            np.log(by_rate.mean(axis=2) + 0.1),
            (by_rate.sum(axis=2) + 0.1) / (total.sum(axis=1, keepdims=True) + 0.4),
            np.log(total + 0.1),
            together[:, None],
            np.stack(neighbours, axis=1),
        ]
    )


def _similarity(cepstra: np.ndarray) -> np.ndarray:
    """How alike the spectrum is some frames later: 1 while a note or an engine is held."""
    shape = cepstra[:, :, 1:]
    centred = shape - shape.mean(axis=1, keepdims=True)
    columns = []
    for values in (shape, centred):
        norm = np.maximum(np.linalg.norm(values, axis=2), 1.0)
        for gap in _SIMILAR_AFTER:
            if gap >= values.shape[1]:
                columns.append(np.zeros(len(values)))
                continue
            dot = (values[:, gap:] * values[:, :-gap]).sum(axis=2)
            columns.append((dot / (norm[:, gap:] * norm[:, :-gap])).mean(axis=1))
    return np.column_stack(columns)


def _texture(spectrum: np.ndarray) -> np.ndarray:
    """Peaks and speckle: fine structure along frequency and along time."""
    along = np.abs(np.diff(spectrum, axis=2))
    bend = np.abs(np.diff(spectrum, n=2, axis=2))
    in_time = np.abs(np.diff(spectrum, axis=1))
    thirds = (slice(0, 21), slice(21, 42), slice(42, 63))
    mean = spectrum.mean(axis=1)
    return np.column_stack(
        [
            *[along[:, :, third].mean(axis=(1, 2)) for third in thirds],
            *[bend[:, :, third].mean(axis=(1, 2)) for third in thirds],
            *[in_time[:, :, third].mean(axis=(1, 2)) for third in thirds],
            np.abs(np.diff(mean, n=2, axis=1)).mean(axis=1),
            (spectrum.max(axis=2) - spectrum.mean(axis=2)).mean(axis=1),
            (spectrum.max(axis=2) - spectrum.mean(axis=2)).std(axis=1),
        ]
    )


def _excess(spectrum: np.ndarray) -> np.ndarray:
    """Measure what stands out of each band's quiet fifth: the voice where a noise is steady."""
    windows, frames, mels = spectrum.shape
    rank = frames // 5
    floor = np.partition(spectrum, rank, axis=1)[:, rank : rank + 1]
    excess = np.maximum(spectrum - floor, 0)
    bands = excess.reshape(windows, frames, _BANDS, mels // _BANDS).mean(axis=(1, 3))
    whole = excess.mean(axis=2)
    alike = (excess[:, 1:] * excess[:, :-1]).sum(axis=(1, 2))
    return np.column_stack(
        [
            bands,
            *[(excess > limit).mean(axis=(1, 2)) for limit in _EXCESS_DB],
            np.abs(np.diff(whole, axis=1)).mean(axis=1),
            alike / np.maximum((excess**2).sum(axis=(1, 2)), 1.0),
        ]
    )


def _voicing(strength: np.ndarray, lag: np.ndarray, spectrum: np.ndarray) -> np.ndarray:
    """How periodic, for how long, and how the pitch moves while it is."""
    level = spectrum.max(axis=2)
    heard = level > level.max(axis=1, keepdims=True) - 30
    count = np.maximum(heard.sum(axis=1), 1)
    kept = strength * heard
    semitones = 12 * np.log2(1 / (100 * lag))
    voiced = (kept > 0.6).astype(np.float64)
    joined = voiced[:, 1:] * voiced[:, :-1]
    steps = np.abs(np.diff(semitones, axis=1))
    small = joined * (steps < 3)
    pairs = np.maximum(small.sum(axis=1), 1)

    def share(of: np.ndarray) -> np.ndarray:
        return (small * of).sum(axis=1) / pairs

    weight = np.maximum(voiced.sum(axis=1), 1)
    height = (voiced * semitones).sum(axis=1) / weight
    spread = np.sqrt((voiced * (semitones - height[:, None]) ** 2).sum(axis=1) / weight)
    onsets = np.maximum(np.diff(voiced, axis=1), 0).sum(axis=1) / (strength.shape[1] * HOP_S)
    return np.column_stack(
        [
            kept.sum(axis=1) / count,
            np.percentile(kept, _PERCENTILES, axis=1).T,
            *[(kept > limit).sum(axis=1) / count for limit in _PERIODIC],
            heard.mean(axis=1),
            np.where(voiced.any(axis=1), height, 0.0),
            spread,
            np.minimum(steps, 12).mean(axis=1),
            joined.sum(axis=1) / count,
            (joined * (steps >= 3)).sum(axis=1) / count,
            share(steps),
            share(steps < 0.03),
            share(steps < 0.1),
            share(steps > 0.5),
            onsets,
        ]
    )


FEATURES = tuple(_names())
"""What the columns are called."""
