"""Make one training clip sound like many: other voices, rooms, microphones.

The waveform is shifted, stretched and mixed with noise once (:func:`varied_copy`), and the
whole recording sent through rooms, noise, telephones and codecs twice (:func:`spoil`).
Spectrogram, contours and prosody are varied together a few times, so that
functionals fit (:func:`vary_course`). The log-mel spectrogram is changed anew
each time it is drawn (:func:`augment`), at a cost of about a millisecond.

Only training clips pass through here: :mod:`training.windows` alone calls
:func:`augment`, and :mod:`training.dataset` hands the rest to training alone.
"""

from __future__ import annotations

import numpy as np

from ser.audio import SAMPLE_RATE
from ser.features import HOP_S, PROSODIC_FEATURES, mel_frequencies, trim
from ser.features.schema import Course
from ser.features.spectral import FLOOR_DB
from training.degrade import clip, encode, mix, quicken, reverberate, room_response, telephone
from training.nonspeech import coloured

PITCH_SHIFT_ST = 3.0
"""Largest pitch shift of a copy, in semitones: within one speaker's moods."""

STRETCH = (0.85, 1.18)
SNR_DB = (0.0, 30.0)

SPOILED_BY = {
    "room": 0.2,
    "noise": 0.35,
    "crowd": 0.2,
    "overdrive": 0.05,
    "telephone": 0.08,
    "codec": 0.12,
}
"""Chances of what spoils a recording first, in the order in which a sound meets them."""

SPOILED_TWICE = 0.3
"""The share of recordings that something else spoils as well."""

VARYING_VERSION = 1
"""Raise it whenever a copy or a variant of a clip is varied otherwise than before."""

SPOILING_VERSION = 1
"""Raise it whenever a copy is spoiled otherwise than before."""


def pitch_shift(samples: np.ndarray, semitones: float) -> np.ndarray:
    """Raise the pitch, formants with it, duration kept; [shape=(n,)] in and out."""
    import librosa

    shifted: np.ndarray = librosa.effects.pitch_shift(samples, sr=SAMPLE_RATE, n_steps=semitones)
    return shifted.astype(np.float32)


def time_stretch(samples: np.ndarray, rate: float) -> np.ndarray:
    """Say the same ``rate`` times as quickly, pitch kept; [shape=(n,)] to about n / rate."""
    import librosa

    stretched: np.ndarray = librosa.effects.time_stretch(samples, rate=rate)
    return stretched.astype(np.float32)


def crowd(samples: np.ndarray, rng: np.random.Generator, *, voices: int = 5) -> np.ndarray:
    """Make a crowd's murmur of one voice: it backwards, at other pitches, over and over itself.

    No other speaker is borrowed, so nobody who is tested is heard behind one who is trained on.

    Parameters
    ----------
    samples : np.ndarray [shape=(n,)]

    Returns
    -------
    np.ndarray [shape=(n,), dtype=float32]
    """
    murmur = np.zeros(len(samples), dtype=np.float32)
    for _ in range(voices):
        other = quicken(samples[::-1], factor=rng.uniform(0.7, 1.5))
        murmur += np.roll(np.resize(other, len(samples)), int(rng.integers(len(samples))))
    return murmur


def varied_copy(samples: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Change pitch or tempo, and take most copies elsewhere; [shape=(n,)] to about n."""
    if rng.random() < 0.5:
        varied = pitch_shift(samples, rng.uniform(-PITCH_SHIFT_ST, PITCH_SHIFT_ST))
    else:
        varied = time_stretch(samples, rng.uniform(*STRETCH))
    return _elsewhere(varied, rng)


def _elsewhere(samples: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Let it sound in a room, in noise, over a telephone, through a codec, or none of these."""
    changed = samples
    if rng.random() < 0.2:
        changed = reverberate(changed, _room(rng))
    if rng.random() < 0.5:
        snr_db = rng.uniform(*SNR_DB)
        if rng.random() < 0.3:
            changed = mix(changed, crowd(samples, rng), snr_db=snr_db)
        else:
            changed = mix(changed, _steady(len(changed), rng), snr_db=snr_db)
    if rng.random() < 0.12:
        changed = telephone(changed)
    if rng.random() < 0.08:
        changed = encode(changed, codec=str(rng.choice(["OPUS", "MP3"])))
    return changed


def spoil(samples: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Spoil a whole recording, voice and tempo kept; [shape=(n,)] to about n.

    Unlike :func:`varied_copy`, it takes what silence there is around the voice along: noise
    lasts through it, and what will be cut off must be found in the noise first.
    """
    names, chances = list(SPOILED_BY), list(SPOILED_BY.values())
    count = 2 if rng.random() < SPOILED_TWICE else 1
    drawn = set(rng.choice(names, count, replace=False, p=chances))
    spoiled = samples
    for name in names:
        if name in drawn:
            spoiled = _spoil_by(name, spoiled, rng)
    return spoiled


def _spoil_by(name: str, samples: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    if name == "room":
        return reverberate(samples, _room(rng))
    if name == "overdrive":
        return clip(samples, drive_db=rng.uniform(3, 15))
    if name == "telephone":
        return telephone(samples)
    if name == "codec":
        codec, least = [("OPUS", 7.0), ("MP3", 12.0)][int(rng.integers(2))]
        return encode(samples, codec=codec, kbps=rng.uniform(least, 32))
    voice = trim(samples)
    noise = crowd(voice, rng) if name == "crowd" else _steady(len(samples), rng)
    return mix(samples, noise, snr_db=rng.uniform(*SNR_DB), level_of=voice)


def _room(rng: np.random.Generator) -> np.ndarray:
    """Make the impulse response of some room [shape=(n,)]."""
    return room_response(t60_s=rng.uniform(0.15, 0.9), rng=rng, direct_db=rng.uniform(-3.0, 9.0))


def _steady(count: int, rng: np.random.Generator) -> np.ndarray:
    """Make noise of a colour between white and brown [shape=(count,), dtype=float32]."""
    return coloured(rng, count, rng.uniform(0, 2)).astype(np.float32)


def augment(log_mel: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Change a log-mel spectrogram as another voice, room or microphone would.

    Most draws leave most of it alone: varied always and in all ways, a small
    network is still far from fitting after the few epochs that a laptop has time for.

    Parameters
    ----------
    log_mel : np.ndarray [shape=(frames, mels)]
        In dB, not yet standardised.

    Returns
    -------
    np.ndarray [shape=(about frames, mels), dtype=float32]
    """
    changed = log_mel
    if rng.random() < 0.4:
        changed = warp(changed, tempo=rng.uniform(0.88, 1.14), tract=rng.uniform(0.88, 1.14))
    if rng.random() < 0.08:
        changed = smear(changed, t60_s=rng.uniform(0.15, 0.8), level_db=rng.uniform(-14, -4))
    if rng.random() < 0.3:
        changed = changed + _equaliser(changed.shape[1], rng)
    if rng.random() < 0.12:
        changed = mix_noise(changed, level_db=rng.uniform(-50, -12), rng=rng)
    if rng.random() < 0.08:
        changed = _band_limit(changed, rng)
    changed = np.maximum(changed + rng.normal(0, 1), FLOOR_DB)
    return _mask(changed.astype(np.float32), rng)


def vary_course(course: Course, rng: np.random.Generator) -> Course:
    """Change a clip as another voice, tempo, microphone or room would, or cut a piece of it.

    A shorter vocal tract comes with a higher voice, as in people: formants and F0 are
    multiplied alike. Prosody follows by its units; what a room or a cut does to it is
    left out.
    """
    log_mel, contours, prosody = course.log_mel.astype(np.float64), course.contours, course.prosody
    if rng.random() < 0.8:
        tempo, tract = rng.uniform(0.85, 1.18), rng.uniform(0.87, 1.15)
        log_mel = warp(log_mel, tempo=tempo, tract=tract)
        contours = _warp_contours(contours, len(log_mel), tract=tract)
        prosody = _warp_prosody(prosody, tempo=tempo, tract=tract)
    if rng.random() < 0.15:
        log_mel = smear(log_mel, t60_s=rng.uniform(0.15, 0.8), level_db=rng.uniform(-14, -4))
    if rng.random() < 0.5:
        log_mel = log_mel + _equaliser(log_mel.shape[1], rng)
    if rng.random() < 0.25:
        log_mel = mix_noise(log_mel, level_db=rng.uniform(-45, -6), rng=rng)
    if rng.random() < 0.12:
        log_mel = _band_limit(log_mel, rng)
    length = len(log_mel) if rng.random() < 0.7 else round(len(log_mel) * rng.uniform(0.6, 1))
    start = int(rng.integers(len(log_mel) - length + 1))
    piece = slice(start, start + length)
    return Course(np.maximum(log_mel, FLOOR_DB)[piece], contours[piece], prosody)


def _warp_contours(contours: np.ndarray, frames: int, *, tract: float) -> np.ndarray:
    at = np.linspace(0, len(contours) - 1, frames).round().astype(np.intp)
    warped = contours[at].copy()
    warped[:, 0] += 12 * np.log2(tract)
    warped[:, 2:] *= tract
    return warped


def _warp_prosody(prosody: np.ndarray, *, tempo: float, tract: float) -> np.ndarray:
    """Change each prosodic feature as its unit asks."""
    factors = {"Hz": tract, "1/s": tempo, "s": 1 / tempo, "semitones/s": tempo, "dB/s": tempo}
    factor = [factors.get(feature.unit, 1.0) for feature in PROSODIC_FEATURES]
    is_height = [feature.unit == "semitones re 100 Hz" for feature in PROSODIC_FEATURES]
    warped: np.ndarray = prosody * factor + 12 * np.log2(tract) * np.array(is_height)
    return warped


def warp(log_mel: np.ndarray, *, tempo: float, tract: float) -> np.ndarray:
    """Change tempo and vocal-tract length by linear interpolation.

    ``tempo`` above 1 is quicker. ``tract`` multiplies every frequency: above 1
    is a shorter vocal tract (Jaitly and Hinton, 2013).
    """
    frames, mels = log_mel.shape
    in_time = np.linspace(0, frames - 1, max(round(frames / tempo), 2))
    hertz = mel_frequencies()
    in_mel = np.interp(hertz / tract, hertz, np.arange(mels))
    return _interpolate(_interpolate(log_mel, in_time).T, in_mel).T


def smear(log_mel: np.ndarray, *, t60_s: float, level_db: float) -> np.ndarray:
    """Let the power of each band die away as in a room of reverberation time ``t60_s``.

    ``level_db`` is the level of the reverberation against the direct sound.
    """
    from scipy.signal import lfilter

    decay = 10 ** (-6 * HOP_S / t60_s)
    power = 10 ** (log_mel / 10)
    tail = lfilter([0, 1 - decay], [1, -decay], power, axis=0)
    return 10 * np.log10(power + 10 ** (level_db / 10) * tail / decay)


def mix_noise(log_mel: np.ndarray, *, level_db: float, rng: np.random.Generator) -> np.ndarray:
    """Add steady noise of a random colour, ``level_db`` against the clip's mean power."""
    mels = log_mel.shape[1]
    colour = rng.uniform(-15, 5) * np.linspace(0, 1, mels) + rng.normal(0, 1.5, mels)
    # A band's power in one frame is a sum of few squared Gaussians.
    speckle = rng.gamma(2.0, 0.5, log_mel.shape)
    noise = 10 ** ((level_db + colour) / 10) * speckle
    return 10 * np.log10(10 ** (log_mel / 10) + noise)


def _equaliser(mels: int, rng: np.random.Generator) -> np.ndarray:
    """Draw a microphone's response in dB [shape=(mels,)]: a tilt and slow waves."""
    x = np.linspace(0, np.pi, mels)
    heights_db = rng.normal(0, 3.0, 3) / (1, 2, 3)
    waves: np.ndarray = heights_db @ np.cos(np.outer((1, 2, 3), x))
    return waves


def _band_limit(log_mel: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Cut to a telephone's band, or to what a low-rate codec keeps."""
    hertz = mel_frequencies()
    low_hz = rng.uniform(50, 350) if rng.random() < 0.5 else 0.0
    outside = (hertz > rng.uniform(3_000, 7_500)) | (hertz < low_hz)
    return np.where(outside, FLOOR_DB, log_mel)


def _mask(log_mel: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """SpecAugment (Park et al., 2019): hide a stretch of time and one of frequency."""
    frames, mels = log_mel.shape
    masked = log_mel.copy()
    mean = masked.mean()
    width = rng.integers(0, max(min(12, frames // 6), 1) + 1)
    start = rng.integers(0, frames - width + 1)
    masked[start : start + width] = mean
    width = rng.integers(0, 6)
    start = rng.integers(0, mels - width + 1)
    masked[:, start : start + width] = mean
    return masked


def _interpolate(values: np.ndarray, at: np.ndarray) -> np.ndarray:
    """Read rows of ``values`` at fractional positions."""
    below = np.minimum(at.astype(np.intp), len(values) - 2)
    weight = (at - below)[:, None]
    return values[below] * (1 - weight) + values[below + 1] * weight
