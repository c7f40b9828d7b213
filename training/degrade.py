"""What happens to a sound on its way: noise, rooms, telephones, codecs, whispering.

Used on speech and on noise alike where the speech gate is trained, so that none of
it tells the two apart, and by :mod:`training.robustness` on clips that are scored.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ser.audio import SAMPLE_RATE
from ser.features import trim

Samples = NDArray[np.float32]

_LPC_ORDER = 18
_LPC_FRAME = 480
_FIRST_REFLECTION_S = 0.0025


def mix(
    speech: Samples, noise: Samples, *, snr_db: float, level_of: Samples | None = None
) -> Samples:
    """Add noise, repeated to length, at a ratio of mean powers in dB.

    The power of the speech is that of ``level_of``, where it is given: of the speech
    without the silence around it, for instance.
    """
    long = np.resize(noise, len(speech)).astype(np.float64)
    ratio = _power(speech if level_of is None else level_of) / max(_power(long), 1e-12)
    return (speech + long * np.sqrt(ratio / 10 ** (snr_db / 10))).astype(np.float32)


def babble(voices: Sequence[Samples], count: int, rng: np.random.Generator) -> Samples:
    """Let voices speak at once, equally loud, each from anywhere in what it says [shape=(count,)].

    Silence around what each says is cut off, and what is too short begins again.
    """
    sound = np.zeros(count)
    for voice in map(trim, voices):
        shifted = np.roll(voice, int(rng.integers(len(voice))))
        sound += np.resize(shifted, count) / np.sqrt(max(_power(voice), 1e-12))
    return sound.astype(np.float32)


def reverberate(samples: Samples, room: Samples) -> Samples:
    """Let it sound in a room, given its impulse response; length kept."""
    from scipy.signal import fftconvolve

    start = int(np.abs(room).argmax())
    wet = fftconvolve(samples, room[start:] / np.abs(room[start]))[: len(samples)]
    return wet.astype(np.float32)


def room_response(*, t60_s: float, rng: np.random.Generator, direct_db: float = 0.0) -> Samples:
    """Make a room's impulse response: the direct sound, then noise that dies away.

    Parameters
    ----------
    t60_s : float
        Seconds in which the reverberation falls by 60 dB.
    direct_db : float
        Energy of the direct sound over that of the reverberation, in dB; 0 at the
        distance at which the room is as loud as the speaker.
    """
    time_s = np.arange(round(t60_s * SAMPLE_RATE)) / SAMPLE_RATE
    tail = rng.standard_normal(len(time_s)) * 10 ** (-3 * time_s / t60_s)
    tail[time_s < _FIRST_REFLECTION_S] = 0.0
    tail *= np.sqrt(10 ** (-direct_db / 10) / np.sum(tail**2))
    tail[0] = 1.0
    return tail.astype(np.float32)


def telephone(samples: Samples) -> Samples:
    """Keep 300 to 3400 Hz."""
    from scipy.signal import butter, sosfilt

    band = butter(4, [300, 3_400], "bandpass", fs=SAMPLE_RATE, output="sos")
    return sosfilt(band, samples).astype(np.float32)


def clip(samples: Samples, *, drive_db: float) -> Samples:
    """Overdrive by ``drive_db`` above full scale."""
    peak = max(float(np.abs(samples).max()), 1e-9)
    return np.clip(samples / peak * 10 ** (drive_db / 20), -1, 1).astype(np.float32)


def quicken(samples: Samples, *, factor: float) -> Samples:
    """Play faster: higher in pitch and resonances, as children and people who shout are."""
    places = np.arange(0, len(samples) - 1, factor)
    return np.interp(places, np.arange(len(samples)), samples).astype(np.float32)


def amplify(samples: Samples, *, gain_db: float) -> Samples:
    """Make it louder or softer; nothing is cut off at full scale."""
    return (samples * 10 ** (gain_db / 20)).astype(np.float32)


def surround(samples: Samples, *, silence_s: float) -> Samples:
    """Add digital silence at both ends."""
    return np.pad(samples, round(silence_s * SAMPLE_RATE))


def loudest(samples: Samples, *, duration_s: float) -> Samples:
    """Cut out the stretch of this length that has most energy; what is shorter stays."""
    length = round(duration_s * SAMPLE_RATE)
    if len(samples) <= length:
        return samples
    energy = np.cumsum(np.square(samples, dtype=np.float64))
    energy = np.concatenate([[0.0], energy])
    start = int(np.argmax(energy[length:] - energy[:-length]))
    return samples[start : start + length]


def encode(samples: Samples, *, codec: str, kbps: float | None = None) -> Samples:
    """Send through a lossy codec, ``"OPUS"`` or ``"MP3"``; level kept.

    Parameters
    ----------
    kbps : float, optional
        Mean bit rate in kbit/s, from 7 for Opus and 10 for MP3. Without it, the lowest
        quality that the codec has at a rate of its own choice.
    """
    import soundfile

    file = io.BytesIO()
    gain = 0.7 / max(float(np.abs(samples).max()), 1e-9)
    container, subtype = ("MP3", "MPEG_LAYER_III") if codec == "MP3" else ("OGG", codec)
    with soundfile.SoundFile(
        file,
        "w",
        SAMPLE_RATE,
        1,
        format=container,
        subtype=subtype,
        **_quality(codec, kbps),
    ) as writer:
        # In one block of a minute, libsndfile crashes on OGG.
        for start in range(0, len(samples), SAMPLE_RATE):
            writer.write(gain * samples[start : start + SAMPLE_RATE])
    file.seek(0)
    return soundfile.read(file, dtype="float32")[0] / np.float32(gain)


def _quality(codec: str, kbps: float | None) -> dict[str, Any]:
    """Tell libsndfile the bit rate: its scale runs from 0, the highest rate, to 1, the lowest.

    For 16 kHz mono these are 160 and 8 kbit/s with MP3, 256 and 6 with Opus.
    """
    if kbps is None:
        return {"compression_level": 0.99}
    if codec == "MP3":
        return {"compression_level": (160 - kbps) / 152, "bitrate_mode": "AVERAGE"}
    return {"compression_level": (256 - kbps) / 250}


def whisper(samples: Samples, rng: np.random.Generator) -> Samples:
    """Say the same without voice: noise through the vocal tract's resonances.

    Linear prediction finds the tract, frame by frame; noise of the residual's
    level takes the place of the residual.
    """
    from scipy.linalg import solve_toeplitz
    from scipy.signal import lfilter

    hop = _LPC_FRAME // 2
    window = np.hanning(_LPC_FRAME)
    padded = np.pad(np.asarray(samples, np.float64), (hop, _LPC_FRAME))
    emphasised = np.append(padded[0], padded[1:] - 0.9 * padded[:-1])
    whispered = np.zeros(len(padded))
    for start in range(0, len(samples) + hop, hop):
        frame = emphasised[start : start + _LPC_FRAME] * window
        lags = np.correlate(frame, frame, "full")[_LPC_FRAME - 1 :][: _LPC_ORDER + 1]
        lags[0] = lags[0] * 1.0001 + 1e-9
        weights = solve_toeplitz(lags[:-1], lags[1:])
        residual = max(lags[0] - float(weights @ lags[1:]), 0.0) / _LPC_FRAME
        noise = rng.standard_normal(_LPC_FRAME) * np.sqrt(residual)
        tract = lfilter([1.0], np.concatenate([[1.0], -weights]), noise)
        whispered[start : start + _LPC_FRAME] += tract * window
    # Whispering lacks the low frequencies that vibrating folds give: the emphasis stays.
    return whispered[hop : hop + len(samples)].astype(np.float32)


def degrade(samples: Samples, rng: np.random.Generator, *, rooms: Sequence[Samples]) -> Samples:
    """Change a sound as a room, a telephone, an overdriven microphone or a codec may."""
    changed = samples
    if rooms and rng.random() < 0.3:
        changed = reverberate(changed, rooms[int(rng.integers(len(rooms)))])
    if rng.random() < 0.2:
        changed = telephone(changed)
    if rng.random() < 0.1:
        changed = clip(changed, drive_db=rng.uniform(3, 20))
    if rng.random() < 0.1:
        changed = encode(changed, codec=str(rng.choice(["OPUS", "MP3"])))
    return changed


def _power(samples: np.ndarray) -> float:
    return float(np.mean(np.square(samples, dtype=np.float64)))
