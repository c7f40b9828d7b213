"""A source and a filter: glottal pulses at exact instants, formants in cascade."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

EDGE_S = 0.01
"""No pulse stands nearer to either end of a sound, so that fading cuts none."""

_SINC_HALF_WIDTH = 24  # samples on each side of a band-limited pulse


@dataclass(frozen=True)
class Voice:
    """What a voice sounds like while it holds a vowel.

    Attributes
    ----------
    f0_hz : float or tuple of float
        Fundamental frequency; several values are joined by straight lines and
        spread evenly over the sound, so ``(200, 120)`` falls steadily.
    formants_hz, bandwidths_hz : tuple of float
        Resonances of the vocal tract, as many of one as of the other. A narrow
        one still rings when the next pulse comes, and so blurs what jitter and
        shimmer look like from outside; at 200 Hz or more each period stands alone.
    jitter : float
        Local jitter: mean absolute difference of consecutive periods over the
        mean period. Held exactly where ``f0_hz`` is one value.
    shimmer : float
        Local shimmer: the same for amplitudes of pulses. Held exactly.
    hnr_db : float
        Power of the voice over that of the white noise added to it; infinite
        for none.
    breath : float
        Share of noise in the power that excites the formants: 0 is a clear
        voice, 1 a whisper.
    tilt_hz : float
        Where the glottal source begins to fall by 12 dB an octave: 100 is
        relaxed, several hundred is pressed and bright.
    level_db : float
        Root mean square of the sound in decibels relative to full scale.
    """

    f0_hz: float | tuple[float, ...] = 120.0
    formants_hz: tuple[float, ...] = (500.0, 1500.0, 2500.0, 3500.0, 4500.0)
    bandwidths_hz: tuple[float, ...] = (60.0, 90.0, 120.0, 150.0, 200.0)
    jitter: float = 0.0
    shimmer: float = 0.0
    hnr_db: float = math.inf
    breath: float = 0.0
    tilt_hz: float = 100.0
    level_db: float = -23.0

    def __post_init__(self) -> None:
        """Refuse what no voice can be."""
        if min(np.atleast_1d(self.f0_hz)) <= 0:
            raise ValueError(f"f0_hz must be above 0 Hz, got {self.f0_hz}")
        if len(self.formants_hz) != len(self.bandwidths_hz):
            raise ValueError(
                f"{len(self.formants_hz)} formants_hz need as many bandwidths_hz, "
                f"got {len(self.bandwidths_hz)}"
            )
        if min(self.bandwidths_hz, default=1.0) <= 0:
            raise ValueError(f"bandwidths_hz must be above 0 Hz, got {self.bandwidths_hz}")
        if not (0 <= self.jitter < 0.2 and 0 <= self.shimmer < 0.5):
            raise ValueError(
                f"jitter must lie in [0, 0.2) and shimmer in [0, 0.5), "
                f"got {self.jitter} and {self.shimmer}"
            )
        if not 0 <= self.breath <= 1:
            raise ValueError(f"breath must lie in [0, 1], got {self.breath}")


@dataclass(frozen=True)
class Pulses:
    """Where the vocal folds close, and how hard: the truth about a voice.

    Attributes
    ----------
    times_s : np.ndarray [shape=(n,)]
        Instants, ascending, in seconds from the start of the sound.
    amplitudes : np.ndarray [shape=(n,)]
        Relative, about 1.
    """

    times_s: NDArray[np.float64]
    amplitudes: NDArray[np.float64]


def glottal_pulses(voice: Voice, *, duration_s: float, seed: int = 0) -> Pulses:
    """Place the pulses of a voice.

    Parameters
    ----------
    voice : Voice
        Its F0, jitter and shimmer count.
    duration_s : float
        Length of the sound in seconds.
    seed : int
        Two voices of one seed have the same irregularities.

    Returns
    -------
    Pulses
        None of them nearer than :data:`EDGE_S` to an end, unless jitter
        gathers there.

    Raises
    ------
    ValueError
        If the sound is too short for two pulses.
    """
    rng = np.random.default_rng(seed)
    regular = _regular_instants(voice, duration_s)
    if len(regular) < 2:
        raise ValueError(f"{duration_s} s is too short for two periods of {voice.f0_hz} Hz")
    periods = np.diff(regular) * (1.0 + _deviations(len(regular) - 1, voice.jitter, rng))
    times_s = regular[0] + np.concatenate(([0.0], np.cumsum(periods)))
    return Pulses(times_s, 1.0 + _deviations(len(times_s), voice.shimmer, rng))


def vowel(
    voice: Voice, *, duration_s: float, sample_rate: int = 16_000, seed: int = 0
) -> NDArray[np.float32]:
    """Hold a vowel.

    Parameters
    ----------
    voice : Voice
        Which voice, and by its formants which vowel.
    duration_s : float
        Length in seconds, at least three periods.
    sample_rate : int
        In hertz; formants from half of it upwards are left out.
    seed : int
        Of irregularities and noise; the same seed gives the same samples.

    Returns
    -------
    np.ndarray [shape=(n,), dtype=float32]
        At the voice's level, which may exceed full scale if that is set high.

    Examples
    --------
    >>> vowel(Voice(f0_hz=200.0), duration_s=0.5).shape
    (8000,)
    """
    rng = np.random.default_rng([seed, 1])
    count = round(duration_s * sample_rate)
    pulses = glottal_pulses(voice, duration_s=duration_s, seed=seed)
    source = excitation(voice, pulses, np.ones(count), sample_rate, rng)
    sound = resonate(source, np.array([voice.formants_hz]), voice.bandwidths_hz, sample_rate)
    return finish(sound, voice, sample_rate, rng)


def _regular_instants(voice: Voice, duration_s: float) -> NDArray[np.float64]:
    """Find when a voice without jitter has finished 0, 1, 2, … cycles."""
    span = duration_s - 2 * EDGE_S
    if span <= 0:
        return np.empty(0)
    # 20 steps a millisecond: straight lines between them err below a nanosecond.
    grid = np.linspace(EDGE_S, EDGE_S + span, max(2, math.ceil(span * 20_000)))
    anchors = np.atleast_1d(np.asarray(voice.f0_hz, dtype=float))
    f0 = np.interp(grid, np.linspace(grid[0], grid[-1], len(anchors)), anchors)
    steps = (f0[1:] + f0[:-1]) / 2 * np.diff(grid)
    cycles = np.concatenate(([0.0], np.cumsum(steps)))
    return np.interp(np.arange(math.floor(cycles[-1] + 1e-9) + 1), cycles, grid)


def _deviations(count: int, size: float, rng: np.random.Generator) -> NDArray[np.float64]:
    """Draw numbers of mean 0 whose mean absolute step is exactly `size`."""
    if size == 0 or count < 2:
        return np.zeros(count)
    # Uniform, because it is bounded: Praat leaves periods out that jump by 30 %.
    drawn = rng.uniform(-1.0, 1.0, count)
    drawn -= drawn.mean()
    return drawn * (size / np.abs(np.diff(drawn)).mean())


def excitation(
    voice: Voice,
    pulses: Pulses,
    loudness: NDArray[np.float64],
    sample_rate: int,
    rng: np.random.Generator,
) -> NDArray[np.float64]:
    """Mix pulses and breath into what enters the vocal tract [shape=(n,)]."""
    count = len(loudness)
    gain = np.interp(pulses.times_s, np.arange(count) / sample_rate, loudness)
    train = _pulse_train(pulses.times_s, pulses.amplitudes * gain, count, sample_rate)
    # Klatt's glottal resonator at 0 Hz, then radiation: a first difference.
    voiced = np.diff(_resonator(train, 0.0, 2 * voice.tilt_hz, sample_rate)[0], prepend=0.0)
    breath = loudness * rng.standard_normal(count)
    return math.sqrt(1 - voice.breath) * _unit(voiced) + math.sqrt(voice.breath) * _unit(breath)


def _pulse_train(
    times_s: NDArray[np.float64],
    amplitudes: NDArray[np.float64],
    count: int,
    sample_rate: int,
) -> NDArray[np.float64]:
    """Draw band-limited pulses (windowed sinc) at instants between samples."""
    places = times_s * sample_rate
    offsets = np.arange(1 - _SINC_HALF_WIDTH, _SINC_HALF_WIDTH + 1)
    samples = np.floor(places).astype(int)[:, None] + offsets
    away = samples - places[:, None]
    shapes = np.sinc(away) * np.cos(np.pi * away / (2 * _SINC_HALF_WIDTH + 1)) ** 2
    inside = (samples >= 0) & (samples < count)
    train = np.zeros(count)
    np.add.at(train, samples[inside], (amplitudes[:, None] * shapes)[inside])
    return train


def resonate(
    source: NDArray[np.float64],
    formants_hz: NDArray[np.float64],
    bandwidths_hz: tuple[float, ...],
    sample_rate: int,
) -> NDArray[np.float64]:
    """Pass a source through formants in cascade.

    `formants_hz` [shape=(steps, formants)] holds one row for the whole sound, or
    one for each of equal steps; resonators keep ringing from step to step.
    """
    bounds = np.linspace(0, len(source), len(formants_hz) + 1).round().astype(int)
    sound = source.copy()
    for number, bandwidth in enumerate(bandwidths_hz):
        memory = np.zeros(2)
        for step, frequency in enumerate(formants_hz[:, number]):
            here = slice(bounds[step], bounds[step + 1])
            if frequency < sample_rate / 2:
                sound[here], memory = _resonator(
                    sound[here], frequency, bandwidth, sample_rate, memory
                )
    return sound


def _resonator(
    samples: NDArray[np.float64],
    frequency_hz: float,
    bandwidth_hz: float,
    sample_rate: int,
    memory: NDArray[np.float64] | None = None,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Apply Klatt's two-pole resonator of gain 1 at 0 Hz; hand its memory on."""
    from scipy.signal import lfilter

    c = -math.exp(-2 * math.pi * bandwidth_hz / sample_rate)
    b = 2 * math.sqrt(-c) * math.cos(2 * math.pi * frequency_hz / sample_rate)
    start = np.zeros(2) if memory is None else memory
    filtered, memory = lfilter([1 - b - c], [1.0, -b, -c], samples, zi=start)
    return filtered, memory


def finish(
    sound: NDArray[np.float64], voice: Voice, sample_rate: int, rng: np.random.Generator
) -> NDArray[np.float32]:
    """Add the stated noise, fade the ends and set the level."""
    noise = rng.standard_normal(len(sound)) * 10 ** (-voice.hnr_db / 20)
    sound = _unit(sound) + noise
    fade = min(round(EDGE_S / 2 * sample_rate), len(sound) // 2)
    ramp = np.sin(np.linspace(0, np.pi / 2, fade)) ** 2
    sound[:fade] *= ramp
    sound[len(sound) - fade :] *= ramp[::-1]
    return (_unit(sound) * 10 ** (voice.level_db / 20)).astype(np.float32)


def _unit(samples: NDArray[np.float64]) -> NDArray[np.float64]:
    """Scale to a root mean square of 1; leave silence alone."""
    level = math.sqrt(np.mean(samples**2)) if len(samples) else 0.0
    return samples / level if level > 0 else samples
