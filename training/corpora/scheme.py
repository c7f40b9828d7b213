"""The contract of a corpus: how its publisher names files, and how to read a name.

Each corpus is one module with a :class:`Corpus`. Its ``pattern`` says which
files are its own; its ``read`` turns the parts of such a name into a
:class:`~training.corpora.clip.Clip`, or raises :class:`SchemeError`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from training.corpora.clip import Clip


class SchemeError(Exception):
    """A file name outside its corpus's scheme; the text completes "left out: …"."""


def anywhere(path: Path) -> bool:
    """Accept every place: for corpora whose file names alone give them away."""
    return True


def unchanged(clips: Sequence[Clip]) -> list[Clip]:
    """Add nothing: for corpora whose file names say everything."""
    return list(clips)


@dataclass(frozen=True)
class Corpus:
    """One published corpus.

    Attributes
    ----------
    name, title : str
        Short name for tables, and the one for people.
    licence, source : str
        On what terms, and where, its publishers offer it.
    official : int
        Clips in the complete release.
    example : str
        One file in its publisher's layout, to tell people what was looked for.
    pattern : re.Pattern
        Matches the whole name, without suffix, of a file of this corpus.
    read : callable
        ``read(path, match)`` answers the clip without its length, or raises
        :class:`SchemeError`.
    stands_right : callable
        ``stands_right(path)`` says whether a file with such a name stands where
        this corpus keeps its files.
    complete : callable
        ``complete(clips)`` adds what tables beside the clips know.
    """

    name: str
    title: str
    licence: str
    source: str
    official: int
    example: str
    pattern: re.Pattern[str]
    read: Callable[[Path, re.Match[str]], Clip]
    stands_right: Callable[[Path], bool] = anywhere
    complete: Callable[[Sequence[Clip]], list[Clip]] = unchanged

    def claims(self, path: Path) -> bool:
        """Say whether a file belongs to this corpus, by its name and place."""
        return self.pattern.fullmatch(path.stem) is not None and self.stands_right(path)

    def clip(self, path: Path) -> Clip:
        """Read a file's name; its length stays 0.

        Raises
        ------
        SchemeError
            If the name has another shape, or a code that the corpus does not have.
        """
        match = self.pattern.fullmatch(path.stem)
        if match is None:
            raise SchemeError("the file name does not fit the corpus's scheme")
        return self.read(path, match)


def meaning(codes: Mapping[str, str], code: str, what: str) -> str:
    """Look a code up in a corpus's table.

    Raises
    ------
    SchemeError
        If the table lacks it; `what` names the kind of code, such as "emotion".
    """
    if code not in codes:
        raise SchemeError(f"unknown {what} {code!r} in the file name")
    return codes[code]
