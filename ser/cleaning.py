"""Cleaning: steady noise taken down, and what is left of a sound once silence is cut off.

Noise is reduced by spectral gating, by the library noisereduce (Sainburg, 2019; Sainburg,
Thielk and Gentner, 2020): in each band of the spectrum, what does not rise above the
noise of that band is turned down. The models hear a cleaned sound only where somebody
asks for it: gating also takes away from the voice what is as soft as the noise.
"""

from __future__ import annotations

import numpy as np

from ser.audio import SAMPLE_RATE, Sound, is_silent
from ser.stretch import Stretch

TURNED_DOWN_DB = 20.0
"""How far noise is turned down. What is taken away wholly leaves holes, which sound like water."""

NOISE_SHARE = 0.05
"""So much of a recording, where it is softest, is taken for its noise."""

SMOOTHED_HZ = 200
"""Over so many the gate opens and shuts softly: over more, it lets noise in between harmonics."""

_FRAME = 1024
_N_FFT = 512
_BLOCK = 30 * SAMPLE_RATE
_AROUND = 64 * 128  # whole steps of the transform: where blocks meet is not to be heard
_DIGITAL_SILENCE = 1e-10


def denoise(sound: Sound) -> Sound:
    """Turn down steady noise: fans, hiss, hum, rain.

    The softest twentieth of the recording says what the noise is, band by band; a voice that
    never pauses, or a vowel that is held all the time, is taken for noise in part. Other
    voices, music and clatter stay. The same sound always gives the same.

    Parameters
    ----------
    sound : Sound

    Returns
    -------
    Sound
        Of the same length. As it was where there is nothing to do: in silence, and below
        0.13 s, where noise cannot be told from a voice.

    References
    ----------
    T. Sainburg: noisereduce, "stationary" gating. T. Sainburg, M. Thielk and T. Q. Gentner:
    Finding, visualizing, and quantifying latent structure across diverse animal vocal
    repertoires. PLoS Computational Biology 16(10), 2020.
    """
    samples = sound.samples
    if len(samples) < 2 * _FRAME or is_silent(samples):
        return sound
    noise = _softest(samples)
    if not len(noise):
        return sound
    cleaned = np.empty(len(samples), dtype=np.float32)
    # Block by block, each with what stands around it: all at once, ten minutes would take
    # a gigabyte, and in noisereduce's own pieces a file in a folder for temporary things.
    for start in range(0, len(samples), _BLOCK):
        end = min(start + _BLOCK, len(samples))
        first = max(start - _AROUND, 0)
        block = _gated(samples[first : end + _AROUND], noise)
        cleaned[start:end] = block[start - first : end - first]
    return Sound(cleaned)


def cleaning_schema() -> dict[str, float]:
    """Say how :func:`denoise` cleans: a model trained on cleaned sounds fits only such."""
    return {
        "turned_down_db": TURNED_DOWN_DB,
        "noise_share": NOISE_SHARE,
        "smoothed_hz": SMOOTHED_HZ,
        "n_fft": _N_FFT,
    }


def kept(sound: Sound) -> Stretch:
    """Tell which stretch is left once the silence at both ends is cut off.

    Parameters
    ----------
    sound : Sound
        At least 0.1 s long.

    Returns
    -------
    Stretch
        What the models hear; see :func:`ser.features.trim`.
    """
    from ser.features import voice_bounds

    start, end = voice_bounds(sound.samples)
    return Stretch(Sound(sound.samples[start:end]), start / SAMPLE_RATE)


def _softest(samples: np.ndarray) -> np.ndarray:
    """Join the softest frames of a recording; digital silence is no noise of a room."""
    frames = samples[: len(samples) // _FRAME * _FRAME].reshape(-1, _FRAME)
    quarters = frames.reshape(-1, 4, _FRAME // 4).var(axis=2, dtype=np.float64)
    power = quarters.mean(axis=1)
    audible = np.flatnonzero(quarters.min(axis=1) > _DIGITAL_SILENCE)
    order = audible[np.argsort(power[audible], kind="stable")]
    count = max(1, round(NOISE_SHARE * len(order)))
    return frames[order[:count]].ravel()


def _gated(samples: np.ndarray, noise: np.ndarray) -> np.ndarray:
    """Turn down what is no louder than the noise in its band [shape=(n,)]."""
    from noisereduce import reduce_noise

    return reduce_noise(
        samples,
        SAMPLE_RATE,
        stationary=True,
        y_noise=noise,
        prop_decrease=1 - 10 ** (-TURNED_DOWN_DB / 20),
        freq_mask_smooth_hz=SMOOTHED_HZ,
        n_fft=_N_FFT,
        padding=_N_FFT,
        chunk_size=None,
    )
