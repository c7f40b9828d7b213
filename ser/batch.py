"""Many files: named sounds to rows of answers.

>>> batch = Batch()
>>> batch.add([Entry("calls.zip", content), Entry("one.wav", other)])  # doctest: +SKIP
>>> batch.hear(recognizer, progress=print)  # doctest: +SKIP
>>> rows = batch.rows(recognizer, model="hybrid")  # doctest: +SKIP

A sound is heard once, for all models, however many names it comes under and in
whatever format: sounds are the same when their samples at 16 kHz are. What one
file has wrong with it stands in its own row and stops nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from ser.errors import AudioError, BundleError
from ser.prediction import Prediction
from ser.recognizer import Heard
from ser.table import Row
from ser.timeline import PIECE_BY_PIECE_FROM_S

if TYPE_CHECKING:
    from ser.audio import Sound
    from ser.profile import VoiceProfile
    from ser.recognizer import Recognizer

_Result = TypeVar("_Result")

MAX_FILES = 1000
MAX_BYTES = 500_000_000
"""Of all files in a batch together, unpacked: five hours of 16-bit speech at 16 kHz."""

_OVER_A_MINUTE = (
    "Over a minute: hear it piece by piece, on the page Analyse or with `python -m ser timeline`."
)


@dataclass(frozen=True)
class Entry:
    """A file by its name.

    Attributes
    ----------
    name : str
        What people call it; with the path, if it comes from a zip.
    content : bytes or Path
        The file's bytes, or where it lies.
    problem : str or None
        Why there is nothing to hear, where that is known beforehand.
    is_no_sound : bool
        It came with sounds and is none itself.
    """

    name: str
    content: bytes | Path
    problem: str | None = None
    is_no_sound: bool = False

    @cached_property
    def key(self) -> str:
        """Name the content: the same bytes have the same key."""
        if isinstance(self.content, Path):
            return f"at {self.content}"
        # A problem is of the file that has it, not of the bytes that are missing.
        return f"{self.name}: {self.problem}" if self.problem else sha256(self.content).hexdigest()


@dataclass(frozen=True)
class _Decoded:
    """What is kept of a file's samples."""

    digest: str
    duration_s: float


class Batch:
    """Files, and what is known of them: grows as files are added and heard.

    Parameters
    ----------
    models : sequence of str, optional
        Which models shall hear them; by default all, which takes little longer than one.
    max_files : int
        How many there may be.
    cleaned : bool
        Let the models hear each sound cleaned; see :func:`ser.cleaning.denoise`.
    """

    def __init__(
        self,
        models: Sequence[str] | None = None,
        *,
        max_files: int = MAX_FILES,
        cleaned: bool = False,
    ) -> None:
        self._models = models
        self._cleaned = cleaned
        self._max_files = max_files
        self._entries: dict[tuple[str, str], Entry] = {}
        self._decoded: dict[str, _Decoded | str] = {}  # by Entry.key; str: what is wrong
        self._heard: dict[str, Heard | str] = {}  # by the digest of the samples
        self._no_sounds: set[str] = set()

    def __len__(self) -> int:
        return len(self._entries)

    def add(self, files: Iterable[Entry]) -> list[str]:
        """Take files in, and unpack those that are zips.

        A file that is there already, by name and content, is not taken twice. What is no
        sound in a zip stays outside: see :attr:`no_sounds`.

        Returns
        -------
        list of str
            Names of files that did not fit, for they were too many or together have
            more than :data:`MAX_BYTES`.
        """
        left_out = []
        for file in files:
            room = MAX_BYTES - sum(_size(entry) for entry in self._entries.values())
            entries = _unpacked(file)
            sounds = [entry for entry in entries or [] if not entry.is_no_sound]
            fresh = {(entry.name, entry.key): entry for entry in sounds}
            fresh = {key: entry for key, entry in fresh.items() if key not in self._entries}
            fits = (
                len(self) + len(fresh) <= self._max_files
                and sum(map(_size, fresh.values())) <= room
            )
            if entries is None or not fits:
                left_out.append(file.name)
            else:
                self._entries.update(fresh)
                self._no_sounds |= {entry.name for entry in entries if entry.is_no_sound}
        return left_out

    @property
    def no_sounds(self) -> int:
        """Count what lay in zips and is no sound: notes, pictures, tables."""
        return len(self._no_sounds)

    def content(self, key: str) -> bytes | Path:
        """Find a file's content again by its key."""
        return next(entry.content for entry in self._entries.values() if entry.key == key)

    def unheard(self) -> list[Entry]:
        """List the files that were not heard yet."""
        return [entry for entry in list(self._entries.values()) if not self._known(entry)]

    def unanswered(self) -> Batch:
        """Give the same files with no answers yet, for other models to hear."""
        fresh = Batch(self._models, max_files=self._max_files, cleaned=self._cleaned)
        fresh._entries, fresh._decoded = dict(self._entries), dict(self._decoded)
        fresh._no_sounds = set(self._no_sounds)
        return fresh

    def hear(
        self,
        recognizer: Recognizer,
        *,
        progress: Callable[[float], object] | None = None,
        cancelled: Callable[[], bool] | None = None,
    ) -> None:
        """Hear what was not heard yet, the largest files last.

        What lasts over a minute has no one answer and is not heard.

        Parameters
        ----------
        recognizer : Recognizer
        progress : callable, optional
            Called after each file with the share that is done, in (0, 1].
        cancelled : callable, optional
            Asked before each file. Once it answers True no more are heard; what was
            heard is kept.

        Raises
        ------
        BundleError
            The models cannot be used.
        """
        entries = sorted(self.unheard(), key=_bytes_to_read)
        for done, entry in enumerate(entries, 1):
            if cancelled is not None and cancelled():
                return
            self._hear(recognizer, entry)
            if progress is not None:
                progress(done / len(entries))

    def _known(self, entry: Entry) -> bool:
        if entry.problem:
            return True
        decoded = self._decoded.get(entry.key)
        return isinstance(decoded, str) or (decoded is not None and decoded.digest in self._heard)

    def _hear(self, recognizer: Recognizer, entry: Entry) -> None:
        """Hear one file, unless another name or format of it was heard before."""
        sound = _safely(entry.name, lambda: _load(entry))
        if isinstance(sound, str):
            self._decoded[entry.key] = sound
            return
        decoded = _Decoded(sha256(sound.samples.tobytes()).hexdigest(), sound.duration_s)
        if decoded.digest not in self._heard:
            self._heard[decoded.digest] = (
                _OVER_A_MINUTE
                if sound.duration_s > PIECE_BY_PIECE_FROM_S
                else _safely(entry.name, lambda: self._ask(recognizer, sound))
            )
        self._decoded[entry.key] = decoded

    def _ask(self, recognizer: Recognizer, sound: Sound) -> Heard:
        from ser.audio import SAMPLE_RATE
        from ser.cleaning import denoise

        given = denoise(sound) if self._cleaned else sound
        return recognizer.hear((given.samples, SAMPLE_RATE), models=self._models)

    def rows(
        self,
        recognizer: Recognizer,
        *,
        model: str | None = None,
        profile: VoiceProfile | None = None,
        same_speaker: bool = False,
    ) -> list[Row]:
        """Answer all that was heard so far; takes no time worth mentioning.

        Parameters
        ----------
        recognizer : Recognizer
        model : str, optional
            By default the first of :attr:`ser.Recognizer.models`.
        profile, same_speaker
            Whose voice it is; see :meth:`ser.Recognizer.answers`.

        Returns
        -------
        list of Row
            In the order in which files were added.

        Raises
        ------
        ProfileError, BundleError
            As :meth:`ser.Recognizer.answers`.
        """
        entries = [entry for entry in self._entries.values() if self._known(entry)]
        heard = {
            digest: heard
            for digest in dict.fromkeys(map(self._digest, entries))
            if isinstance(heard := self._heard.get(digest), Heard)
        }
        answers = recognizer.answers(
            list(heard.values()), model=model, profile=profile, same_speaker=same_speaker
        )
        predictions = dict(zip(heard, answers, strict=True))
        first: dict[str, str] = {}
        return [self._row(entry, predictions, first) for entry in entries]

    def _digest(self, entry: Entry) -> str:
        """Name the sound; where there is none, the file."""
        decoded = self._decoded.get(entry.key)
        return decoded.digest if isinstance(decoded, _Decoded) else f"file {entry.key}"

    def _row(self, entry: Entry, predictions: dict[str, Prediction], first: dict[str, str]) -> Row:
        digest = self._digest(entry)
        decoded = self._decoded.get(entry.key)
        known = decoded if isinstance(decoded, _Decoded) else None
        problem = entry.problem or (self._heard.get(digest) if known else decoded)
        original = first.get(digest)
        first.setdefault(digest, entry.name)
        return Row(
            entry.name,
            predictions.get(digest),
            problem if isinstance(problem, str) else None,
            known.duration_s if known else None,
            original,
            entry.key,
        )


def _unpacked(file: Entry) -> list[Entry] | None:
    """Give a zip's files, or the file itself; None for a zip of more than may be."""
    from ser.unpack import is_sound, is_zip, unpack

    if isinstance(file.content, Path) or not is_zip(file.name, file.content):
        return [file]
    try:
        files = unpack(file.content, max_bytes=MAX_BYTES)
    except AudioError as error:
        return [Entry(file.name, b"", str(error))]
    if files is None:
        return None
    entries = [
        Entry(f"{file.name}/{path}", b"", str(content))
        if isinstance(content, AudioError)
        else Entry(f"{file.name}/{path}", content, is_no_sound=not is_sound(path, content))
        for path, content in files
    ]
    if all(entry.is_no_sound for entry in entries):
        return [Entry(file.name, b"", "There are no sounds in this zip.")]
    return entries


def _size(entry: Entry) -> int:
    return 0 if isinstance(entry.content, Path) else len(entry.content)


def _bytes_to_read(entry: Entry) -> int:
    """Tell roughly how long it takes to hear a file."""
    if isinstance(entry.content, bytes):
        return len(entry.content)
    return entry.content.stat().st_size if entry.content.is_file() else 0


def _load(entry: Entry) -> Sound:
    from ser.audio import load

    return load(entry.content, empty_too=True)


def _safely(name: str, work: Callable[[], _Result]) -> _Result | str:
    """Do it, or give the sentence that says why not."""
    try:
        return work()
    except AudioError as error:
        return str(error)
    except BundleError:
        raise
    except Exception:
        logging.exception("%s could not be heard.", name)
        return "Something in this program failed on this sound; its log says what."
