"""Functionals: statistics of a whole clip, in the manner of openSMILE (Eyben et al., 2013).

What is said in a second and a half is a hundred frames; these thousand numbers
sum up how their spectrum, pitch, periodicity and formants lie and move: over all
speech, over what is voiced, over what is not, and from one quarter to the next.
All come from the log-mel spectrogram and the contours, so a spectrogram that was
varied for training has functionals that fit it.
"""

from __future__ import annotations

from functools import cache

import numpy as np

from ser.features.contours import CONTOURS
from ser.features.spectral import HOP_S, N_MELS

SPEECH_DB = 35.0
"""Frames this far under the loud part (95th percentile) are pauses."""

_MFCC = 20
_BANDS = 16
_MFCC_NAMES = [f"mfcc{i}" for i in range(_MFCC)]
DESCRIPTORS = [
    *_MFCC_NAMES,
    *(f"band{i}_db" for i in range(_BANDS)),
    "level_db",
    "centroid",
    "entropy",
    "flux",
    "tilt",
]
"""What each frame is described by; see :func:`_describe`."""

_MODULATED = [DESCRIPTORS.index(name) for name in ("mfcc0", "mfcc1", "mfcc2", "level_db")]
_MODULATION_HZ = ((0.5, 2), (2, 4), (4, 6), (6, 9), (9, 14), (14, 31))
_WITH_PITCH = ("level_db", "centroid", "tilt", "mfcc1", "mfcc2")
_IN_QUARTERS = ("level_db", "centroid", "flux", "tilt", "mfcc0", "mfcc1", "mfcc2", "mfcc3")
_FEWEST = 6  # frames for a statistic of the voiced part
_OCTAVE_ERROR_ST = 5.0
_LARGEST = 1e5

Values = dict[str, float]
Statistics = dict[str, np.ndarray]


def measure_functionals(log_mel: np.ndarray, contours: np.ndarray) -> Values:
    """Sum up a clip.

    Parameters
    ----------
    log_mel : np.ndarray [shape=(frames, 64)]
        Of at least two frames; see :func:`ser.features.log_mel`.
    contours : np.ndarray [shape=(frames, 8)]
        See :func:`ser.features.contours.measure_contours`.

    Returns
    -------
    dict[str, float]
        A finite value for each of :func:`functional_names`, in that order.
    """
    frames = _describe(log_mel.astype(np.float64))
    voiced = np.isfinite(contours[:, 0])
    speech = _speech(frames[:, DESCRIPTORS.index("level_db")])
    values = (
        _of_speech(frames, speech)
        | _modulation(frames)
        | _by_voicing(frames, speech, voiced)
        | _of_pitch(contours[:, 0], frames)
        | _of_periodicity(contours[:, 1], speech)
        | _of_formants(contours[:, 2:], speech & voiced)
        | _quarters(frames)
        | _shares(speech, voiced)
    )
    bounded = np.clip(list(values.values()), -_LARGEST, _LARGEST)
    return dict(zip(values, bounded.tolist(), strict=True))


@cache
def functional_names() -> tuple[str, ...]:
    """Name the functionals in order."""
    return tuple(measure_functionals(np.zeros((8, N_MELS)), np.ones((8, len(CONTOURS)))))


def _describe(log_mel: np.ndarray) -> np.ndarray:
    """Describe each frame [shape=(frames, 41)].

    MFCC, mean level of four neighbouring bands, overall level, centroid (in mel
    bands), entropy and flux of the power's distribution over bands, and slope over
    the bands in dB a band.
    """
    from scipy.fft import dct

    power = 10 ** (log_mel / 10)
    total = power.sum(axis=1)
    share = power / total[:, None]
    band = np.arange(N_MELS)
    flux = np.sqrt(np.square(np.diff(np.sqrt(share), axis=0)).sum(axis=1))
    from_middle = band - band.mean()
    return np.column_stack(
        [
            dct(log_mel, axis=1, norm="ortho")[:, :_MFCC],
            log_mel.reshape(len(log_mel), _BANDS, -1).mean(axis=2),
            10 * np.log10(total),
            share @ band,
            -(share * np.log(share)).sum(axis=1),
            np.concatenate([[0.0], flux]),
            log_mel @ from_middle / np.square(from_middle).sum(),
        ]
    )


def _speech(level_db: np.ndarray) -> np.ndarray:
    """Mark the frames that are no pause; all where hardly any would be left."""
    speech = level_db > np.percentile(level_db, 95) - SPEECH_DB
    return speech if speech.sum() >= _FEWEST else np.ones_like(speech)


def _of_speech(frames: np.ndarray, speech: np.ndarray) -> Values:
    """How each descriptor, and its change from frame to frame, is distributed; its trend."""
    change = np.gradient(frames, axis=0)[speech]
    spoken = frames[speech]
    times = np.linspace(-1, 1, len(frames))[speech]
    return (
        _named(DESCRIPTORS, "", _distribution(spoken))
        | _named(DESCRIPTORS, "", _trend(times, spoken))
        | _named(DESCRIPTORS, "change ", _distribution(change))
        | _named(DESCRIPTORS, "change ", {"size": np.abs(change).mean(axis=0)})
    )


def _distribution(x: np.ndarray, percentiles: tuple[int, ...] = (5, 25, 50, 75, 95)) -> Statistics:
    """Mean, deviation, percentiles and skewness of each column."""
    mean, sd = x.mean(axis=0), x.std(axis=0) + 1e-6
    at = np.percentile(x, percentiles, axis=0)
    skewness = ((x - mean) ** 3).mean(axis=0) / sd**3
    named = {f"p{p}": row for p, row in zip(percentiles, at, strict=True)}
    return {"mean": mean, "sd": sd, **named, "skewness": skewness}


def _trend(times: np.ndarray, x: np.ndarray) -> Statistics:
    """Slope and curvature over the clip, from -1 to 1."""
    centred = x - x.mean(axis=0)
    linear = times - times.mean()
    square = linear**2 - np.mean(linear**2)
    return {
        name: shape @ centred / max(float(shape @ shape), 1e-9)
        for name, shape in (("slope", linear), ("curvature", square))
    }


def _modulation(frames: np.ndarray) -> Values:
    """How quickly level and spectrum go up and down, as log power by modulation frequency."""
    x = frames[:, _MODULATED] - frames[:, _MODULATED].mean(axis=0)
    size = max(512, len(x))
    spectrum = np.abs(np.fft.rfft(x * np.hanning(len(x))[:, None], size, axis=0)) ** 2
    hertz = np.fft.rfftfreq(size, HOP_S)
    bands = {
        f"{low}-{high} Hz": np.log(
            spectrum[(hertz >= low) & (hertz < high)].sum(axis=0) / len(x) + 1e-3
        )
        for low, high in _MODULATION_HZ
    }
    return _named([DESCRIPTORS[i] for i in _MODULATED], "modulation ", bands)


def _by_voicing(frames: np.ndarray, speech: np.ndarray, voiced: np.ndarray) -> Values:
    """Spectrum of the voiced and of the unvoiced part; that of all speech where one is missing."""
    change = np.gradient(frames, axis=0)
    with_voice = _or(speech & voiced, speech)
    without = _or(speech & ~voiced, speech)
    return (
        _named(DESCRIPTORS, "voiced ", _mean_and_sd(frames[with_voice]))
        | _named(DESCRIPTORS, "unvoiced ", _mean_and_sd(frames[without]))
        | _named(
            DESCRIPTORS,
            "voiced change ",
            {"sd": change[with_voice].std(axis=0), "size": np.abs(change[with_voice]).mean(axis=0)},
        )
    )


def _of_pitch(f0_st: np.ndarray, frames: np.ndarray) -> Values:
    """Height, range, movement and shape of the pitch, and what moves with it; else zeros."""
    voiced = np.flatnonzero(np.isfinite(f0_st))
    if len(voiced) < _FEWEST:
        return dict.fromkeys(_pitch_names(), 0.0)
    return _measure_pitch(voiced, f0_st[voiced], frames)


def _measure_pitch(voiced: np.ndarray, f0_st: np.ndarray, frames: np.ndarray) -> Values:
    steps = np.diff(f0_st)[np.diff(voiced) == 1]
    steps = steps[np.abs(steps) < _OCTAVE_ERROR_ST]
    steps = steps if len(steps) else np.zeros(1)
    times = 2 * voiced / max(len(frames) - 1, 1) - 1
    percentiles = (1, 10, 25, 75, 90, 99)
    height = {
        **_distribution(f0_st[:, None]),
        **{f"p{p}": np.percentile(f0_st, [p]) for p in percentiles},
        **_trend(times, f0_st[:, None]),
        "range": np.ptp(np.percentile(f0_st, [5, 95]))[None],
    }
    change = {
        **_distribution(steps[:, None]),
        "size": np.abs(steps).mean(keepdims=True),
        "rise": np.maximum(steps, 0).mean(keepdims=True),
        "rising": (steps > 0).mean(keepdims=True),
    }
    together = {name: np.array([_correlation(f0_st, frames[voiced, DESCRIPTORS.index(name)])])
                for name in _WITH_PITCH}  # fmt: skip
    quarters = {f"quarter {i}": row for i, row in enumerate(_quarter_means(times, f0_st[:, None]))}
    return (
        _named(["f0_st"], "", height)
        | _named(["f0_st"], "change ", change)
        | _named(["f0_st"], "with ", together)
        | _named(["f0_st"], "", quarters)
    )


@cache
def _pitch_names() -> tuple[str, ...]:
    frames = np.zeros((_FEWEST, len(DESCRIPTORS)))
    return tuple(_measure_pitch(np.arange(_FEWEST), np.arange(float(_FEWEST)), frames))


def _of_periodicity(periodicity: np.ndarray, speech: np.ndarray) -> Values:
    change = np.diff(periodicity, append=periodicity[-1])[speech]
    spread = {"change sd": change.std(keepdims=True)}
    return _named(["periodicity"], "", _distribution(periodicity[speech][:, None]) | spread)


def _of_formants(formants_hz: np.ndarray, chosen: np.ndarray) -> Values:
    """Place and spread of formants and bandwidths (log Hz), and of their distances (Hz)."""
    x = formants_hz[_or(chosen, np.ones_like(chosen))].astype(np.float64)
    # A frame in which Praat finds fewer formants says nothing on the missing one.
    missing = ~np.isfinite(x)
    x = np.where(missing, np.nanmedian(np.where(missing.all(axis=0), 500.0, x), axis=0), x)
    log = np.log(np.maximum(x, 50.0))
    apart = np.column_stack([x[:, 1] - x[:, 0], x[:, 2] - x[:, 1]])
    columns = [f"log {name}" for name in CONTOURS[2:]]
    size = np.abs(np.diff(log, axis=0, append=log[-1:])).mean(axis=0)
    everything = np.column_stack([log, apart])
    return _named(
        [*columns, "f2-f1_hz", "f3-f2_hz"], "", _distribution(everything, (10, 50, 90))
    ) | _named(columns, "change ", {"size": size})


def _quarters(frames: np.ndarray) -> Values:
    """How each quarter of the clip differs from the whole."""
    chosen = frames[:, [DESCRIPTORS.index(name) for name in _IN_QUARTERS]]
    rows = _quarter_means(np.linspace(-1, 1, len(frames)), chosen)
    return _named(list(_IN_QUARTERS), "quarter ", {str(i): row for i, row in enumerate(rows)})


def _quarter_means(times: np.ndarray, x: np.ndarray) -> list[np.ndarray]:
    """Mean of each quarter of the time from -1 to 1, less the mean of all; 0 if empty."""
    quarter = np.minimum((times + 1) * 2, 3).astype(int)
    mean = x.mean(axis=0)
    return [
        x[quarter == i].mean(axis=0) - mean if (quarter == i).any() else np.zeros_like(mean)
        for i in range(4)
    ]


def _shares(speech: np.ndarray, voiced: np.ndarray) -> Values:
    """How much is speech and voiced, and how often the voice sets in."""
    onsets = np.count_nonzero(np.diff(voiced.astype(int)) == 1)
    return {
        "voiced share": float(voiced.mean()),
        "speech share": float(speech.mean()),
        "voiced share of speech": float((speech & voiced).sum() / speech.sum()),
        "log frames": float(np.log(len(speech))),
        "voice onsets per s": onsets / (len(speech) * HOP_S),
    }


def _named(columns: list[str], kind: str, statistics: Statistics) -> Values:
    """Give each column's statistic a name such as ``"mfcc3 voiced sd"``."""
    return {
        f"{column} {kind}{statistic}": value
        for statistic, row in statistics.items()
        for column, value in zip(columns, row.tolist(), strict=True)
    }


def _mean_and_sd(x: np.ndarray) -> Statistics:
    return {"mean": x.mean(axis=0), "sd": x.std(axis=0)}


def _or(chosen: np.ndarray, otherwise: np.ndarray) -> np.ndarray:
    return chosen if chosen.sum() >= _FEWEST else otherwise


def _correlation(a: np.ndarray, b: np.ndarray) -> float:
    a, b = a - a.mean(), b - b.mean()
    scale = float(np.sqrt((a @ a) * (b @ b)))
    return float(a @ b) / scale if scale > 1e-9 else 0.0
