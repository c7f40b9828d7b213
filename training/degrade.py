"""What happens to a sound on its way: noise, rooms, telephones, codecs, whispering.

Used on speech and on noise alike where a detector is trained, so that none of
it tells the two apart.
"""

from __future__ import annotations

import io
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ser.audio import SAMPLE_RATE

Samples = NDArray[np.float32]

_LPC_ORDER = 18
_LPC_FRAME = 480


def mix(speech: Samples, noise: Samples, *, snr_db: float) -> Samples:
    """Add noise, repeated to length, at a ratio of mean powers in dB."""
    long = np.resize(noise, len(speech)).astype(np.float64)
    ratio = np.mean(np.square(speech, dtype=np.float64)) / max(float(np.mean(long**2)), 1e-12)
    return (speech + long * np.sqrt(ratio / 10 ** (snr_db / 10))).astype(np.float32)


def reverberate(samples: Samples, room: Samples) -> Samples:
    """Let it sound in a room, given its impulse response; length kept."""
    from scipy.signal import fftconvolve

    start = int(np.abs(room).argmax())
    wet = fftconvolve(samples, room[start:] / np.abs(room[start]))[: len(samples)]
    return wet.astype(np.float32)


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


def encode(samples: Samples, *, codec: str) -> Samples:
    """Send through a lossy codec at its lowest rate: ``"OPUS"`` or ``"MP3"``."""
    import soundfile

    file = io.BytesIO()
    peak = max(float(np.abs(samples).max()), 1e-9)
    container, subtype = ("MP3", "MPEG_LAYER_III") if codec == "MP3" else ("OGG", codec)
    soundfile.write(
        file,
        0.7 * samples / peak,
        SAMPLE_RATE,
        format=container,
        subtype=subtype,
        compression_level=0.99,
    )
    file.seek(0)
    return soundfile.read(file, dtype="float32")[0]


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
