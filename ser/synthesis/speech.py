"""Nonsense speech: syllables, accents and pauses on top of a voice."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from ser.synthesis.source_filter import Voice, excitation, finish, glottal_pulses, resonate

VOWELS_HZ: dict[str, tuple[float, float, float]] = {
    "a": (730.0, 1090.0, 2440.0),
    "e": (530.0, 1840.0, 2480.0),
    "i": (270.0, 2290.0, 3010.0),
    "o": (570.0, 840.0, 2410.0),
    "u": (300.0, 870.0, 2240.0),
}
"""F1 to F3 of five vowels, in hertz; men's means."""

_STEP_S = 0.005  # how often formants, pitch and loudness may change


@dataclass(frozen=True)
class Manner:
    """How somebody speaks: a voice, and what it does over syllables.

    Attributes
    ----------
    voice : Voice
        ``f0_hz`` is the declining base line; formants beyond the third are kept,
        the first three follow the vowels.
    syllables_per_s : float
        Within phrases.
    accent_semitones : float
        How far pitch rises above the base line on every third syllable.
    phrase_syllables : int
        How many syllables come between two pauses; a pause lasts as long as one.
    formant_scale : float
        Factor on the formants of :data:`VOWELS_HZ`; above 1 for a shorter tract.
    """

    voice: Voice = field(default_factory=Voice)
    syllables_per_s: float = 4.0
    accent_semitones: float = 3.0
    phrase_syllables: int = 6
    formant_scale: float = 1.0


MANNERS: dict[str, Manner] = {
    "subdued": Manner(
        Voice(
            f0_hz=(108.0, 88.0),
            jitter=0.008,
            shimmer=0.04,
            hnr_db=30.0,
            breath=0.08,
            tilt_hz=60.0,
            level_db=-33.0,
        ),
        syllables_per_s=2.6,
        accent_semitones=1.0,
        phrase_syllables=4,
    ),
    "plain": Manner(
        Voice(f0_hz=(135.0, 105.0), jitter=0.006, shimmer=0.03, hnr_db=35.0, breath=0.02),
    ),
    "lively": Manner(
        Voice(
            f0_hz=(290.0, 230.0),
            jitter=0.012,
            shimmer=0.05,
            hnr_db=35.0,
            breath=0.01,
            tilt_hz=500.0,
            level_db=-22.0,
        ),
        syllables_per_s=5.5,
        accent_semitones=7.0,
        phrase_syllables=8,
        formant_scale=1.17,
    ),
}
"""Ready-made ways to speak: low, slow and quiet; middling; high, quick and loud."""


def utterance(
    manner: Manner, *, duration_s: float = 3.0, sample_rate: int = 16_000, seed: int = 0
) -> NDArray[np.float32]:
    """Speak nonsense: syllables, accents and pauses, as speech has them.

    Parameters
    ----------
    manner : Manner
        Which voice, how fast and how lively.
    duration_s : float
        Length in seconds.
    sample_rate : int
        In hertz.
    seed : int
        Of the choice of vowels, of irregularities and of noise.

    Returns
    -------
    np.ndarray [shape=(n,), dtype=float32]
        At the voice's level, pauses included.
    """
    rng = np.random.default_rng([seed, 2])
    count = round(duration_s * sample_rate)
    times_s = np.arange(math.ceil(duration_s / _STEP_S)) * _STEP_S
    syllable, position = np.divmod(times_s * manner.syllables_per_s, 1.0)
    index = syllable.astype(int)
    spoken = index % (manner.phrase_syllables + 1) < manner.phrase_syllables
    speaking = replace(manner.voice, f0_hz=_intonation(manner, index, position))
    pulses = glottal_pulses(speaking, duration_s=duration_s, seed=seed)
    sample_times = np.arange(count) / sample_rate
    loudness = np.interp(sample_times, times_s, np.where(spoken, _swell(position), 0.0))
    hiss = np.interp(sample_times, times_s, np.where(spoken, _onset(index, position), 0.0))
    source = excitation(speaking, pulses, loudness, sample_rate, rng)
    formants = _vowel_tracks(manner, index, rng)
    sound = resonate(source, formants, speaking.bandwidths_hz, sample_rate)
    # A fricative is made at the teeth: no formants, and more the higher.
    sound += 0.25 * sound.std() * hiss * np.diff(rng.standard_normal(count), prepend=0.0)
    return finish(sound, speaking, sample_rate, rng)


def sample_voice(
    name: str = "plain", *, duration_s: float = 3.0, sample_rate: int = 16_000, seed: int = 0
) -> NDArray[np.float32]:
    """Speak in one of the ready-made :data:`MANNERS`.

    Parameters
    ----------
    name : str
        ``"subdued"``, ``"plain"`` or ``"lively"``.
    duration_s : float
        Length in seconds.
    sample_rate : int
        In hertz.
    seed : int
        The same seed gives the same samples.

    Returns
    -------
    np.ndarray [shape=(n,), dtype=float32]
        At the manner's own level.

    Raises
    ------
    ValueError
        If there is no manner of that name.
    """
    if name not in MANNERS:
        raise ValueError(f"no manner {name!r}; there are {', '.join(MANNERS)}")
    return utterance(MANNERS[name], duration_s=duration_s, sample_rate=sample_rate, seed=seed)


def _intonation(
    manner: Manner, syllable: NDArray[np.int_], position: NDArray[np.float64]
) -> tuple[float, ...]:
    """Give F0 at every step: the base line, with a hump on every third syllable."""
    anchors = np.atleast_1d(np.asarray(manner.voice.f0_hz, dtype=float))
    base = np.interp(np.linspace(0, 1, len(syllable)), np.linspace(0, 1, len(anchors)), anchors)
    hump = np.where(syllable % 3 == 1, np.sin(np.pi * position) ** 2, 0.0)
    return tuple((base * 2 ** (manner.accent_semitones * hump / 12)).tolist())


def _swell(position: NDArray[np.float64]) -> NDArray[np.float64]:
    """Open and close one syllable: silent closure, quick rise, slow fall."""
    return np.interp(position, [0.0, 0.18, 0.32, 0.6, 1.0], [0.0, 0.0, 1.0, 0.8, 0.0])


def _onset(syllable: NDArray[np.int_], position: NDArray[np.float64]) -> NDArray[np.float64]:
    """Let every other syllable begin with a hiss while the voice is closed."""
    burst = np.interp(position, [0.0, 0.08, 0.16, 0.24], [0.0, 1.0, 0.6, 0.0])
    return np.where(syllable % 2 == 0, burst, 0.0)


def _vowel_tracks(
    manner: Manner, syllable: NDArray[np.int_], rng: np.random.Generator
) -> NDArray[np.float64]:
    """Glide from vowel to vowel: formants at every step [shape=(steps, formants)]."""
    vowels = np.array(list(VOWELS_HZ.values()))
    chosen = vowels[rng.integers(len(vowels), size=syllable[-1] + 1)]
    targets = np.tile(manner.voice.formants_hz, (len(syllable), 1))
    targets[:, : chosen.shape[1]] = chosen[syllable][:, : targets.shape[1]]
    # A transition takes about 100 ms and ends when the vowel is loudest.
    reach = round(0.1 / _STEP_S)
    padded = np.pad(targets, ((reach - 1, 0), (0, 0)), mode="edge")
    smooth = np.lib.stride_tricks.sliding_window_view(padded, reach, axis=0).mean(axis=-1)
    return np.asarray(smooth * manner.formant_scale)
