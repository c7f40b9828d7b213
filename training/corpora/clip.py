"""What the loaders answer: clips, files left out with a reason, and both together."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ser.errors import SerError


class CorpusError(SerError):
    """Recordings that cannot be found or described; its text is for people."""


@dataclass(frozen=True)
class Clip:
    """One recording of one emotion, as a row of ``cleaned_data.csv``.

    Attributes
    ----------
    path : Path
        The sound file.
    corpus : str
        Short name of the corpus, for example ``"cremad"``, or of the folder of
        one's own recordings.
    emotion : str
        One of :data:`ser.labels.INNER_LABELS`.
    original_label : str
        The corpus's own word or code for the emotion.
    speaker : str
        Unique over all corpora, for example ``"ravdess-1"``. Speech and song of
        one RAVDESS actor share it, so that no split can part them.
    sex : str
        ``"female"``, ``"male"`` or, where nobody says, ``""``.
    age : float or None
        Years at the time of recording; None where nobody says.
    sentence : str
        The corpus's own code for what is said; ``""`` where nobody says.
    intensity : str
        The acted strength in the corpus's words; ``""`` where nobody says.
    duration_s : float
        Length in seconds, from the file's header.
    """

    path: Path
    corpus: str
    emotion: str
    original_label: str
    speaker: str
    sex: str = ""
    age: float | None = None
    sentence: str = ""
    intensity: str = ""
    duration_s: float = 0.0


@dataclass(frozen=True)
class LeftOut:
    """A file that will not be trained on, and why not."""

    path: Path
    reason: str


@dataclass(frozen=True)
class Found:
    """What one corpus, or one folder of one's own recordings, holds.

    Attributes
    ----------
    name, title : str
        The short name that clips carry, and the one for people.
    clips : tuple of Clip
        The usable clips, in the order of their paths.
    left_out : tuple of LeftOut
        Every other file that stands in the corpus.
    missing : int
        Clips of the publisher's complete release that are not there.
    """

    name: str
    title: str
    clips: tuple[Clip, ...]
    left_out: tuple[LeftOut, ...]
    missing: int = 0

    @property
    def total(self) -> int:
        """Files found, used or not."""
        return len(self.clips) + len(self.left_out)


def fingerprint(clips: Sequence[Clip]) -> str:
    """Tell one choice of clips and labels from another, wherever they lie."""
    names = sorted(f"{c.corpus}/{c.path.stem}/{c.speaker}/{c.emotion}" for c in clips)
    return hashlib.sha256("\n".join(names).encode(errors="surrogateescape")).hexdigest()[:16]
