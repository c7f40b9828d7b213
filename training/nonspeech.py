"""Sounds that are no speech, made from numbers: tones, hum, noise, clicks, engines, music.

Each family draws its own parameters at random, so that a detector cannot learn
one hum by heart. All are mono at 16 kHz, of any level; they are scaled later.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from ser.audio import SAMPLE_RATE

Samples = NDArray[np.float64]
Maker = Callable[[np.random.Generator, int], Samples]

_MAJOR = (0, 2, 4, 5, 7, 9, 11)
_MINOR = (0, 2, 3, 5, 7, 8, 10)
_KNOT_S = 0.4


def make(family: str, rng: np.random.Generator, duration_s: float) -> NDArray[np.float32]:
    """Make one sound of a family.

    Parameters
    ----------
    family : str
        One of :data:`FAMILIES`.
    duration_s : float
        Length in seconds.

    Returns
    -------
    np.ndarray [shape=(n,), dtype=float32]
        Peaking at 0.5.
    """
    sound = FAMILIES[family](rng, round(duration_s * SAMPLE_RATE))
    return (0.5 * sound / max(float(np.abs(sound).max()), 1e-9)).astype(np.float32)


def coloured(rng: np.random.Generator, count: int, exponent: float) -> Samples:
    """Noise whose power falls as 1 / f**exponent, of unit power."""
    bins = np.arange(count // 2 + 1, dtype=np.float64)
    bins[0] = 1.0
    spectrum = np.fft.rfft(rng.standard_normal(count)) * bins ** (-exponent / 2)
    noise = np.fft.irfft(spectrum, count)
    return noise / max(float(noise.std()), 1e-9)


def _seconds(count: int) -> Samples:
    return np.arange(count) / SAMPLE_RATE


def _partials(
    rng: np.random.Generator, f0_hz: Samples | float, count: int, *, roll_off: float
) -> Samples:
    """Harmonics of a frequency that may move, falling by ``roll_off`` dB an octave."""
    phase = 2 * np.pi * np.cumsum(np.broadcast_to(f0_hz, count)) / SAMPLE_RATE
    highest = float(np.max(f0_hz))
    sound = np.zeros(count)
    for number in range(1, min(int(7_500 / highest), 24) + 1):
        gain = number ** (-roll_off / 6) * rng.uniform(0.2, 1)
        sound += gain * np.sin(number * phase + rng.uniform(0, 2 * np.pi))
    return sound


def _tone(rng: np.random.Generator, count: int) -> Samples:
    """One or several steady frequencies, pure or with harmonics."""
    sound = np.zeros(count)
    for _ in range(rng.integers(1, 4)):
        f0_hz = float(np.exp(rng.uniform(np.log(60), np.log(6_000))))
        if rng.random() < 0.5:
            sound += np.sin(2 * np.pi * f0_hz * _seconds(count))
        else:
            sound += _partials(rng, f0_hz, count, roll_off=rng.uniform(0, 18))
    return sound + _trace(rng, count)


def _beeps(rng: np.random.Generator, count: int) -> Samples:
    """Signals: tones that come and go, step or warble."""
    time_s = _seconds(count)
    rate_hz, low_hz = rng.uniform(0.5, 10), float(np.exp(rng.uniform(np.log(200), np.log(3_000))))
    swing = np.sign(np.sin(2 * np.pi * rate_hz * time_s + rng.uniform(0, 6)))
    if rng.random() < 0.3:
        swing = np.sin(2 * np.pi * rate_hz * time_s)
    f0_hz = low_hz * 2 ** (swing * rng.choice([0, 0, rng.uniform(0.05, 0.5)]))
    sound = _partials(rng, f0_hz, count, roll_off=rng.uniform(3, 30))
    gate = np.clip(np.convolve(swing > 0, np.hanning(80) / 40, "same"), 0, 1)
    return sound * (gate if rng.random() < 0.7 else 1.0) + _trace(rng, count)


def _modulated(rng: np.random.Generator, count: int) -> Samples:
    """Buzz: a tone whose level or pitch swings slowly or quickly."""
    time_s = _seconds(count)
    f0_hz = float(np.exp(rng.uniform(np.log(70), np.log(1_500))))
    depth, rate_hz = rng.uniform(0.05, 3), float(np.exp(rng.uniform(np.log(0.3), np.log(20))))
    bent = f0_hz * 2 ** (depth / 12 * np.sin(2 * np.pi * rate_hz * time_s))
    sound = _partials(rng, bent, count, roll_off=rng.uniform(0, 18))
    swell = 1 + rng.uniform(0, 1) * np.sin(2 * np.pi * rng.uniform(0.3, 20) * time_s)
    return sound * swell + _trace(rng, count)


def _hum(rng: np.random.Generator, count: int) -> Samples:
    """Mains hum, transformers, fluorescent lamps, and the hiss they come with."""
    f0_hz = rng.choice([50.0, 60.0, 100.0, 120.0]) * rng.uniform(0.998, 1.002)
    hum = _partials(rng, f0_hz, count, roll_off=rng.uniform(2, 24))
    return hum / hum.std() + rng.choice([0, 0.05, 0.3]) * coloured(rng, count, rng.uniform(0, 2))


def _sweep(rng: np.random.Generator, count: int) -> Samples:
    """Glides between two frequencies, once or again and again."""
    start, end = np.exp(rng.uniform(np.log(60), np.log(6_000), 2))
    cycles = rng.choice([1.0, rng.uniform(1, 8)])
    position = (cycles * np.arange(count) / count) % 1.0
    if rng.random() < 0.5:
        position = 1 - np.abs(2 * position - 1)
    f0_hz = start * (end / start) ** position
    return _partials(rng, f0_hz, count, roll_off=rng.choice([60.0, 12.0, 6.0])) + _trace(rng, count)


def _noise(rng: np.random.Generator, count: int) -> Samples:
    """White, pink, brown and blue noise, and bands of it."""
    noise = coloured(rng, count, rng.choice([0.0, 1.0, 2.0, rng.uniform(-1, 2.5)]))
    return _band(rng, noise) if rng.random() < 0.4 else noise


def _gusts(rng: np.random.Generator, count: int) -> Samples:
    """Noise that swells, slowly like wind or regularly like a machine."""
    noise = coloured(rng, count, rng.uniform(0, 2))
    time_s = _seconds(count)
    if rng.random() < 0.5:
        return noise * 10 ** (_between(time_s, rng.normal(0, 8, _knots(time_s))) / 20)
    rate_hz = float(np.exp(rng.uniform(np.log(0.5), np.log(25))))
    swell = (0.5 + 0.5 * np.sin(2 * np.pi * rate_hz * time_s)) ** rng.uniform(0.3, 6)
    return _band(rng, noise) * (swell + rng.uniform(0, 0.3))


def _knots(time_s: Samples) -> int:
    return len(np.arange(0, time_s[-1] + 1, _KNOT_S))


def _between(time_s: Samples, values: Samples) -> Samples:
    """Join values that stand every 0.4 s."""
    return np.interp(time_s, np.arange(0, time_s[-1] + 1, _KNOT_S), values)


def _clicks(rng: np.random.Generator, count: int) -> Samples:
    """Clicks, ticks, knocks and crackle: bursts of milliseconds to a tenth of a second."""
    rate_hz = float(np.exp(rng.uniform(np.log(0.7), np.log(40))))
    steps = np.full(int(rate_hz * count / SAMPLE_RATE) + 2, 1 / rate_hz)
    if rng.random() < 0.6:
        steps *= rng.exponential(1, len(steps))
    sound = np.zeros(count)
    ringing, decay_s = rng.uniform(100, 5_000), float(np.exp(rng.uniform(-7.5, -3)))
    for at_s in np.cumsum(steps):
        start = int(at_s * SAMPLE_RATE)
        length = min(int(6 * decay_s * SAMPLE_RATE) + 2, count - start)
        if length <= 0:
            continue
        time_s = _seconds(length)
        body = rng.standard_normal(length)
        if rng.random() < 0.5:
            body = np.sin(2 * np.pi * ringing * rng.uniform(0.9, 1.1) * time_s) + 0.2 * body
        sound[start : start + length] += rng.uniform(0.3, 1) * body * np.exp(-time_s / decay_s)
    return sound + _trace(rng, count)


def _engine(rng: np.random.Generator, count: int) -> Samples:
    """Engines, fans, drills: a low pulse train through resonances, revolutions drifting."""
    time_s = _seconds(count)
    base_hz = float(np.exp(rng.uniform(np.log(15), np.log(250))))
    knots = rng.normal(0, rng.choice([0.3, 3.0]), _knots(time_s)).cumsum() / 2
    f0_hz = base_hz * 2 ** (np.clip(_between(time_s, knots), -12, 12) / 12)
    phase = np.cumsum(f0_hz) / SAMPLE_RATE
    pulses = np.diff(np.floor(phase), prepend=0.0) * rng.uniform(0.6, 1.4, count)
    sound = pulses / max(float(pulses.std()), 1e-9)
    sound += rng.uniform(0, 1) * coloured(rng, count, 1.0)
    for _ in range(rng.integers(1, 4)):
        sound = _resonance(sound, rng.uniform(80, 4_000), rng.uniform(60, 800))
    return sound


def _chirps(rng: np.random.Generator, count: int) -> Samples:
    """Birds and toys: short whistles that glide, in groups."""
    sound = np.zeros(count)
    start, centre = 0, rng.uniform(1_200, 5_000)
    while start < count:
        length = min(int(rng.uniform(0.03, 0.4) * SAMPLE_RATE), count - start)
        ends = centre * 2 ** rng.uniform(-0.5, 0.5, 2)
        f0_hz = np.linspace(ends[0], ends[1], length) * (
            1 + rng.choice([0, 0.03]) * np.sin(2 * np.pi * rng.uniform(10, 40) * _seconds(length))
        )
        whistle = _partials(rng, f0_hz, length, roll_off=rng.uniform(18, 40))
        sound[start : start + length] = whistle * np.hanning(length) * rng.uniform(0.2, 1)
        start += length + int(rng.exponential(rng.uniform(0.05, 0.6)) * SAMPLE_RATE)
    return sound + _trace(rng, count)


def _chord(rng: np.random.Generator, count: int) -> Samples:
    """Held chords: organ, strings, pads."""
    length = int(rng.uniform(0.5, 3) * SAMPLE_RATE)
    instrument = _instrument(rng)
    sound = np.zeros(count)
    for start in range(0, count, length):
        root = int(rng.integers(36, 65))
        third = int(rng.choice([3, 4]))
        for step in (0, third, 7, 12)[: rng.integers(2, 5)]:
            size = min(length, count - start)
            sound[start : start + size] += _note(rng, instrument, root + step, size)
    return sound


def _melody(rng: np.random.Generator, count: int) -> Samples:
    """One instrument alone, playing a tune."""
    return _tune(rng, count, low=int(rng.integers(40, 70)))


def _drums(rng: np.random.Generator, count: int) -> Samples:
    """Drum kits, or one drum, in a steady beat with gaps."""
    beat = int(60 / rng.uniform(70, 180) / 2 * SAMPLE_RATE)
    kinds = [_drum(rng) for _ in range(rng.integers(1, 4))]
    patterns = rng.random((len(kinds), 16)) < rng.uniform(0.2, 0.8)
    sound = np.zeros(count)
    for number, start in enumerate(range(0, count, beat)):
        for kind, pattern in zip(kinds, patterns, strict=True):
            if pattern[number % 16]:
                size = min(len(kind), count - start)
                sound[start : start + size] += kind[:size] * rng.uniform(0.5, 1)
    return sound + _trace(rng, count)


def _band_music(rng: np.random.Generator, count: int) -> Samples:
    """Several instruments: tune, bass or chords, and drums."""
    layers = [_tune(rng, count, low=int(rng.integers(55, 72)))]
    layers.append(_tune(rng, count, low=int(rng.integers(28, 42))))
    if rng.random() < 0.7:
        layers.append(_chord(rng, count))
    if rng.random() < 0.6:
        layers.append(_drums(rng, count))
    return np.sum([rng.uniform(0.2, 1) * x / max(float(x.std()), 1e-9) for x in layers], axis=0)


def _tune(rng: np.random.Generator, count: int, *, low: int) -> Samples:
    scale = rng.choice([_MAJOR, _MINOR])
    beat = 60 / rng.uniform(60, 180) * SAMPLE_RATE
    instrument, degree, start = _instrument(rng), int(rng.integers(0, 10)), 0
    overlap = rng.choice([0.6, 1.0, 1.3])
    sound = np.zeros(count)
    while start < count:
        length = int(beat * rng.choice([0.25, 0.5, 0.5, 1, 1, 2]))
        degree = int(np.clip(degree + rng.integers(-3, 4), 0, 13))
        pitch = low + 12 * (degree // 7) + scale[degree % 7]
        if rng.random() < 0.9:
            size = min(int(length * overlap), count - start)
            sound[start : start + size] += _note(rng, instrument, pitch, size)
        start += length
    return sound


def _instrument(rng: np.random.Generator) -> dict[str, float]:
    """Draw a timbre: attack, decay, vibrato, and how harmonics fall."""
    return {
        "attack_s": float(np.exp(rng.uniform(np.log(0.002), np.log(0.12)))),
        "decay_s": float(np.exp(rng.uniform(np.log(0.08), np.log(4)))),
        "vibrato_st": float(rng.choice([0, 0, rng.uniform(0.05, 0.6)])),
        "vibrato_hz": rng.uniform(4, 7),
        "roll_off": rng.uniform(3, 20),
        "even": float(rng.choice([1.0, 1.0, 0.1])),
        "inharmonic": float(rng.choice([0.0, 0.0, 1e-4, 1e-3])),
        "formant_hz": float(rng.choice([0.0, rng.uniform(300, 2_500)])),
        "breath": float(rng.choice([0.0, 0.0, 0.05])),
        "fading": rng.uniform(0, 1),
    }


def _note(rng: np.random.Generator, timbre: dict[str, float], pitch: float, count: int) -> Samples:
    """Play one note; high harmonics die sooner, as on strings."""
    time_s = _seconds(count)
    vibrato = timbre["vibrato_st"] * np.sin(2 * np.pi * timbre["vibrato_hz"] * time_s)
    f0_hz = 440 * 2 ** ((pitch - 69 + vibrato * np.minimum(time_s / 0.3, 1)) / 12)
    phase = 2 * np.pi * np.cumsum(f0_hz) / SAMPLE_RATE
    sound = np.zeros(count)
    for number in range(1, min(int(7_500 / f0_hz.max()), 16) + 1):
        stretched = number * np.sqrt(1 + timbre["inharmonic"] * number**2)
        gain = number ** (-timbre["roll_off"] / 6) * (timbre["even"] if number % 2 == 0 else 1)
        fade = np.exp(-time_s / timbre["decay_s"] * (1 + timbre["fading"] * (number - 1)))
        sound += gain * fade * np.sin(stretched * phase + rng.uniform(0, 6))
    sound += timbre["breath"] * rng.standard_normal(count)
    if timbre["formant_hz"]:
        sound = sound + 3 * _resonance(sound, timbre["formant_hz"], 200.0)
    release = np.minimum((count - np.arange(count)) / (0.02 * SAMPLE_RATE), 1)
    return sound * np.minimum(time_s / timbre["attack_s"], 1) * release


def _drum(rng: np.random.Generator) -> Samples:
    """One stroke: skin, snare or cymbal."""
    time_s = _seconds(int(0.5 * SAMPLE_RATE))
    decay_s = float(np.exp(rng.uniform(np.log(0.02), np.log(0.2))))
    noise = _band(rng, rng.standard_normal(len(time_s)))
    f_hz = rng.uniform(45, 300) * (1 + rng.uniform(0, 2) * np.exp(-time_s / 0.02))
    skin = np.sin(2 * np.pi * np.cumsum(f_hz) / SAMPLE_RATE)
    mixture = rng.choice([0.0, 0.3, 1.0])
    return (mixture * noise / noise.std() + (1 - mixture) * skin) * np.exp(-time_s / decay_s)


def _band(rng: np.random.Generator, sound: Samples) -> Samples:
    """Keep a band of random place and width."""
    from scipy.signal import butter, sosfilt

    centre = float(np.exp(rng.uniform(np.log(150), np.log(5_000))))
    width = rng.uniform(1.3, 4)
    edges = [max(centre / width, 30.0), min(centre * width, 7_600.0)]
    return sosfilt(butter(2, edges, "bandpass", fs=SAMPLE_RATE, output="sos"), sound)


def _resonance(sound: Samples, frequency_hz: float, bandwidth_hz: float) -> Samples:
    from scipy.signal import lfilter

    radius = np.exp(-np.pi * bandwidth_hz / SAMPLE_RATE)
    angle = 2 * np.pi * frequency_hz / SAMPLE_RATE
    ringing = lfilter([1 - radius], [1.0, -2 * radius * np.cos(angle), radius**2], sound)
    return ringing


def _trace(rng: np.random.Generator, count: int) -> Samples:
    """Nothing, or the faint noise of a room."""
    return float(rng.choice([0.0, 1e-3, 1e-2])) * coloured(rng, count, rng.uniform(0, 2))


FAMILIES: dict[str, Maker] = {
    "tone": _tone,
    "beeps": _beeps,
    "modulated": _modulated,
    "hum": _hum,
    "sweep": _sweep,
    "noise": _noise,
    "gusts": _gusts,
    "clicks": _clicks,
    "engine": _engine,
    "chirps": _chirps,
    "chord": _chord,
    "melody": _melody,
    "drums": _drums,
    "music": _band_music,
}
"""Name to maker."""
