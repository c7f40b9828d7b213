"""What the speech gate looks at: numbers for stretches of one second.

What a detector of others makes of it (:mod:`ser.voice_activity`), and how the sound
changes. A voice does: its spectrum every tenth of a second, its pitch within every
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
from ser.features.pitch import REFERENCE_HZ, praat_sound
from ser.features.spectral import HOP_LENGTH, HOP_S
from ser.voice_activity import CHUNK, speech_log_odds

WINDOW_FRAMES = 64
HOP_FRAMES = 16
VERSION = 3
"""Raise it whenever the same sound gives other values than before."""

RANGE_DB = 50.0
"""What lies further under a window's loudest band is not told from silence."""

_CHUNK_FRAMES = CHUNK // HOP_LENGTH
_CEPSTRA = 13
_MODULATION_HZ = (1.5, 4.0, 8.0, 14.0, 31.0)
_BANDS = 8
_SIMILAR_AFTER = (3, 6, 12, 24)  # frames
_PITCH_HZ = (75.0, 1100.0)  # barks, crowing and whistles too, not voices alone
_PITCH_S = 0.05  # Praat hears no pitch in less
_HEARD_DB = 30.0  # under a window's loudest frame
_LEAP_ST = 3.0
_BLOCK = 128  # windows at a time: twenty minutes must not fill the memory


def _names() -> list[str]:
    """Name the columns, in the order in which :func:`window_features` stacks them."""
    rates = [f"{low:g}_{high:g}_hz" for low, high in pairwise(_MODULATION_HZ)]
    return [
        *[f"speech_log_odds_{name}" for name in ("mean", "max", "spread", "p75")],
        *[f"modulation_{rate}_log" for rate in rates],
        *[f"modulation_{rate}_share" for rate in rates],
        *[f"modulation_band{number}_log" for number in range(_BANDS)],
        "bands_together",
        *[f"band{number}_with_next" for number in range(_BANDS - 1)],
        *[f"{kind}_after_{gap}" for kind in ("alike", "moved_alike") for gap in _SIMILAR_AFTER],
        *["heard_share", "voiced_share", "pitch_st", "pitch_spread_st", "pitch_leap_share"],
        *["pitch_step_st", "pitch_held_share", "pitch_steady_share", "pitch_quick_share"],
        "voicings_per_s",
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
    starts = window_starts(len(log_mel))
    semitones = _semitones(samples, len(log_mel))
    blocks = []
    for first in range(0, len(starts), _BLOCK):
        here = slice(starts[first], starts[first : first + _BLOCK][-1] + WINDOW_FRAMES)
        blocks.append(_changes(log_mel[here], semitones[here]))
    detected = _detected(speech_log_odds(samples), len(starts))
    return np.hstack([detected, np.concatenate(blocks)]).astype(np.float32)


def window_starts(frames: int) -> np.ndarray:
    """First frame of each window [shape=(windows,)]."""
    return np.arange(0, max(frames - WINDOW_FRAMES, 0) + 1, HOP_FRAMES)


def _changes(log_mel: np.ndarray, semitones: np.ndarray) -> np.ndarray:
    """How spectrum and pitch change in the windows of some frames [shape=(windows, 42)]."""
    spectrum = _cut(np.asarray(log_mel, np.float32))
    spectrum = np.maximum(spectrum, spectrum.max(axis=(1, 2), keepdims=True) - RANGE_DB)
    similarity = _similarity(spectrum @ _dct())
    return np.hstack([_modulation(spectrum), similarity, _pitch(_cut(semitones), spectrum)])


def _semitones(samples: np.ndarray, frames: int) -> np.ndarray:
    """Pitch of each frame above 100 Hz, by Praat; NaN where there is none [shape=(frames,)]."""
    if len(samples) < _PITCH_S * SAMPLE_RATE:
        return np.full(frames, np.nan)
    floor, ceiling = _PITCH_HZ
    pitch = praat_sound(samples).to_pitch_ac(
        time_step=HOP_S,
        pitch_floor=floor,
        pitch_ceiling=ceiling,
        silence_threshold=0.0,  # else one door that slams makes all the rest too soft for a voice
    )
    nearest = np.round((np.arange(frames) * HOP_S - pitch.x1) / HOP_S).astype(int)
    f0_hz = pitch.selected_array["frequency"][np.clip(nearest, 0, pitch.n_frames - 1)]
    return 12 * np.log2(np.where(f0_hz > 0, f0_hz, np.nan) / REFERENCE_HZ)


def _cut(values: np.ndarray) -> np.ndarray:
    """Windows along the first axis [shape=(windows, frames, ...)]."""
    if len(values) <= WINDOW_FRAMES:
        return values[None]
    starts = window_starts(len(values))
    return values[starts[:, None] + np.arange(WINDOW_FRAMES)]


def _detected(odds: np.ndarray, windows: int) -> np.ndarray:
    """How sure the detector is on the mean, at its surest, and how that varies.

    Shape: (windows, 4).
    """
    length, hop = WINDOW_FRAMES // _CHUNK_FRAMES, HOP_FRAMES // _CHUNK_FRAMES
    pieces = [odds[number * hop : number * hop + length] for number in range(windows)]
    return np.array([(p.mean(), p.max(), p.std(), np.percentile(p, 75)) for p in pieces])


@cache
def _dct() -> np.ndarray:
    """Orthonormal DCT-II [shape=(64, 13)]."""
    bands = 64
    angle = np.pi * np.outer(np.arange(bands) + 0.5, np.arange(_CEPSTRA)) / bands
    matrix = np.cos(angle) * np.sqrt(2 / bands)
    matrix[:, 0] /= np.sqrt(2)
    return matrix.astype(np.float32)


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


def _pitch(semitones: np.ndarray, spectrum: np.ndarray) -> np.ndarray:
    """How much has a pitch, how high it is, and how it moves [shape=(windows, 10)]."""
    level = spectrum.max(axis=2)
    heard = level > level.max(axis=1, keepdims=True) - _HEARD_DB
    voiced = heard & ~np.isnan(semitones)
    known = np.where(voiced, semitones, 0.0)
    count = np.maximum(voiced.sum(axis=1), 1)
    mean = known.sum(axis=1) / count
    spread = np.sqrt((voiced * (known - mean[:, None]) ** 2).sum(axis=1) / count)
    joined = voiced[:, 1:] & voiced[:, :-1]
    steps = np.abs(np.diff(known, axis=1))
    glides = joined & (steps < _LEAP_ST)
    pairs = np.maximum(glides.sum(axis=1), 1)
    onsets = (np.diff(voiced.astype(int), axis=1) > 0).sum(axis=1)
    return np.column_stack(
        [
            heard.mean(axis=1),
            voiced.sum(axis=1) / np.maximum(heard.sum(axis=1), 1),
            mean,
            spread,
            (joined & ~glides).sum(axis=1) / np.maximum(joined.sum(axis=1), 1),
            (glides * steps).sum(axis=1) / pairs,
            *[(glides & (steps < limit)).sum(axis=1) / pairs for limit in (0.03, 0.1)],
            (glides & (steps > 0.5)).sum(axis=1) / pairs,
            onsets / (semitones.shape[1] * HOP_S),
        ]
    )


FEATURES = tuple(_names())
"""What the columns are called."""
