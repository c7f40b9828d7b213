"""From whatever a person hands over to samples: mono, 16 kHz, checked.

Everything enters here. What passes is finite and of bounded size, and not silent
unless that was asked for; what does not raises :class:`ser.errors.AudioError`
with a sentence for people.
"""

from __future__ import annotations

import io
import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import numpy as np

from ser.errors import AudioError

if TYPE_CHECKING:
    import soundfile

SAMPLE_RATE = 16_000
"""Sampling rate of all that is analysed, in Hz."""

MIN_DURATION_S = 0.1
"""Praat's pitch and formant analyses need some tens of milliseconds."""

MAX_DURATION_S = 20 * 60.0

# A file's size says little about what it unpacks to (ten minutes of silence
# are 60 kB as OGG), so the header is checked before anything is decoded.
_MAX_VALUES = 48_000 * 2 * 20 * 60
_RATES_HZ = (4_000, 192_000)
_MAX_CHANNELS = 8
# Two steps of 16 bits: below this there is dither and nothing else.
_SILENCE_PEAK = 2.0 / 32_768

# What libsndfile says of a FLAC that was written into a pipe and does not know its end.
_UNKNOWN_FRAMES = 2**63 - 1
_SAVE_ANEW = (
    "save it as WAV or MP3 first, with VLC (Media > Convert) or by `ffmpeg -i FILE voice.wav`."
)

_UNREAD_KINDS: dict[str, tuple[bytes, ...]] = {
    "an AAC": (b"\xff\xf1", b"\xff\xf9", b"ADIF"),
    "an AMR": (b"#!AMR",),
    "a WMA": (b"\x30\x26\xb2\x75",),
    "a WebM": (b"\x1a\x45\xdf\xa3",),
}
"""What files begin with that people have and libsndfile does not read."""

_WIDEST_INTEGER = 4  # bytes
_NO_SAMPLES = (
    "These are no samples with their rate: give (samples, sample_rate), an array of numbers and a "
    "number of Hz."
)

Source = str | os.PathLike[str] | bytes | IO[bytes] | tuple[np.ndarray, int]
"""A path, a file's bytes, an open binary file, or (samples, sampling rate in Hz)."""


@dataclass(frozen=True)
class Sound:
    """Samples that can be analysed.

    Attributes
    ----------
    samples : np.ndarray [shape=(n,), dtype=float32]
        Mono, nominally within [-1, 1], at :data:`SAMPLE_RATE`.
    """

    samples: np.ndarray

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return len(self.samples) / SAMPLE_RATE


def load(source: Source, *, empty_too: bool = False) -> Sound:
    """Read a sound and bring it to mono at :data:`SAMPLE_RATE`.

    Parameters
    ----------
    source : path, bytes, binary file object, or (samples, sample_rate)
        Files in any format libsndfile reads (WAV, FLAC, OGG, Opus, MP3, AIFF,
        …). Samples have shape (n,) or (n, channels); integers of up to 32
        bits are scaled by their type's range, floats are taken as they are.
    empty_too : bool
        Let silence and sounds of less than :data:`MIN_DURATION_S` pass, for
        those who have an answer to them.

    Raises
    ------
    AudioError
        The sound cannot be read, is empty, silent, too short or too long, or
        its header makes no sense.
    """
    samples, rate = _as_given(source) if isinstance(source, tuple) else _read(source)
    mono = _to_mono(samples)
    if not np.isfinite(mono).all():
        raise AudioError("The sound holds values that are not numbers (NaN or infinity).")
    if not empty_too:
        _check_content(mono, rate)
    return Sound(_resample(mono, rate))


def _as_given(source: tuple[np.ndarray, int]) -> tuple[np.ndarray, int]:
    try:
        given, hz = source
        samples, rate = np.asarray(given), int(hz)
    except (TypeError, ValueError, OverflowError) as error:
        raise AudioError(_NO_SAMPLES) from error
    _check_type(samples.dtype)
    if samples.ndim not in (1, 2):
        raise AudioError(
            f"The samples have {samples.ndim} dimensions; (n,) or (n, channels) is expected."
        )
    _check_shape(len(samples), 1 if samples.ndim == 1 else samples.shape[1], rate)
    if np.issubdtype(samples.dtype, np.integer):
        half = 2.0 ** (8 * samples.dtype.itemsize - 1)
        rest = half if np.issubdtype(samples.dtype, np.unsignedinteger) else 0.0
        samples = (samples - rest) / half
    return samples.astype(np.float32), rate


def _check_type(dtype: np.dtype[Any]) -> None:
    """Refuse what is no number, and integers whose type does not tell their range."""
    if not np.issubdtype(dtype, np.integer) and not np.issubdtype(dtype, np.floating):
        raise AudioError(_NO_SAMPLES)
    if np.issubdtype(dtype, np.integer) and dtype.itemsize > _WIDEST_INTEGER:
        raise AudioError(
            f"Samples of type {dtype} do not tell how loud full scale is: give them as int16 or "
            "int32, or as floats within [-1, 1]."
        )


def _read(source: str | os.PathLike[str] | bytes | IO[bytes]) -> tuple[np.ndarray, int]:
    import soundfile

    try:
        with soundfile.SoundFile(_openable(source)) as file:
            if file.frames == _UNKNOWN_FRAMES:
                raise AudioError(f"This file does not say how long it is: {_SAVE_ANEW}")
            _check_shape(file.frames, file.channels, file.samplerate)
            return _decode(file), file.samplerate
    except (soundfile.SoundFileError, OSError, TypeError) as error:
        kind = _unread_kind(source)
        if kind:
            raise AudioError(
                f"This is {kind} recording, which cannot be read here: {_SAVE_ANEW}"
            ) from error
        raise AudioError(
            "This is not a sound file that can be read: it may be damaged, empty or of another "
            "kind. WAV, FLAC, OGG, Opus and MP3 work."
        ) from error


def _unread_kind(source: str | os.PathLike[str] | bytes | IO[bytes]) -> str | None:
    """Name the kind of a file that phones record and libsndfile does not read."""
    with suppress(OSError):
        begin = _first_bytes(source)
        if begin[4:8] == b"ftyp":
            return "a 3GP" if begin[8:10] == b"3g" else "an M4A (or MP4)"
        for kind, begins in _UNREAD_KINDS.items():
            if begin.startswith(begins):
                return kind
    return None


def _first_bytes(source: str | os.PathLike[str] | bytes | IO[bytes]) -> bytes:
    if isinstance(source, bytes):
        return source[:12]
    if isinstance(source, str | os.PathLike):
        with Path(source).open("rb") as file:
            return file.read(12)
    source.seek(0)
    return source.read(12)


def _decode(file: soundfile.SoundFile) -> np.ndarray:
    samples: np.ndarray = file.read(dtype="float32", always_2d=True)
    return samples


def _openable(source: Any) -> Any:
    """Give what libsndfile can open; a path that is no file gets its own sentence."""
    if isinstance(source, bytes):
        return io.BytesIO(source)
    if isinstance(source, str | os.PathLike):
        path = Path(source)
        if not path.is_file():
            raise AudioError("It is a folder." if path.is_dir() else "There is no such file.")
        return openable_name(path)
    if hasattr(source, "read") and hasattr(source, "seek"):
        source.seek(0)
        return source
    raise AudioError(
        f"A sound cannot be read from {type(source).__name__}: give a path, bytes, a binary file "
        "or (samples, sample_rate)."
    )


def openable_name(path: Path) -> str | bytes:
    """Give a path to soundfile in a form that any file name survives: it need not be UTF-8."""
    return str(path) if os.name == "nt" else os.fsencode(path)


def _check_shape(frames: int, channels: int, rate: int) -> None:
    if not _RATES_HZ[0] <= rate <= _RATES_HZ[1]:
        raise AudioError(
            f"The sampling rate is {rate} Hz; between {_RATES_HZ[0]} and {_RATES_HZ[1]} Hz works."
        )
    if not 1 <= channels <= _MAX_CHANNELS:
        raise AudioError(f"The sound has {channels} channels; at most {_MAX_CHANNELS} work.")
    if frames > MAX_DURATION_S * rate:
        raise AudioError(
            f"The sound lasts {frames / rate / 60:.0f} min; at most {MAX_DURATION_S / 60:.0f} min "
            "work. Cut it first."
        )
    if frames * channels > _MAX_VALUES:
        raise AudioError(
            f"The sound lasts {frames / rate / 60:.0f} min with {channels} channels at {rate} Hz; "
            f"at most {MAX_DURATION_S / 60:.0f} min of 48 kHz stereo work. Cut it first."
        )


def _to_mono(samples: np.ndarray) -> np.ndarray:
    if samples.ndim == 1:
        return samples
    mono: np.ndarray = samples.mean(axis=1, dtype=np.float32)
    loudest = samples[:, np.abs(samples).sum(axis=0).argmax()]
    # A channel wired the wrong way round would cancel the other.
    return loudest if np.abs(mono).sum() < 0.05 * np.abs(loudest).sum() else mono


def _check_content(mono: np.ndarray, rate: int) -> None:
    if len(mono) < MIN_DURATION_S * rate:
        raise AudioError(
            f"The sound lasts {len(mono) / rate:.2f} s; at least {MIN_DURATION_S} s is needed."
        )
    if is_silent(mono):
        raise AudioError("The sound is silent. Was the microphone muted?")


def is_silent(samples: np.ndarray) -> bool:
    """Tell whether there is nothing but an offset and dither [shape=(n,)]."""
    return len(samples) == 0 or float(np.ptp(samples)) <= 2 * _SILENCE_PEAK


def _resample(mono: np.ndarray, rate: int) -> np.ndarray:
    if rate == SAMPLE_RATE or len(mono) == 0:
        return mono
    import soxr

    resampled: np.ndarray = soxr.resample(mono, rate, SAMPLE_RATE)
    return resampled.astype(np.float32)
