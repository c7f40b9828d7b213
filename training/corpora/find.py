"""Find whichever corpora lie anywhere below a folder.

The rule: **a file's name says whose it is.** Each corpus names its files in a way
that no other does, so the folders' own names do not matter (IESC alone also wants
its emotion folder, see :mod:`training.corpora.iesc`). A file of another name that
stands in one folder with a corpus's clips is counted with that corpus, as one that
does not fit. All other sounds belong to nobody.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from training.corpora import cremad, emodb, iesc, ravdess, tess
from training.corpora.clip import Clip, CorpusError, Found, LeftOut
from training.corpora.defects import known_defects
from training.corpora.scheme import Corpus, SchemeError
from training.corpora.sounds import measure, preference, sound_files

CORPORA: tuple[Corpus, ...] = (
    ravdess.SPEECH,
    ravdess.SONG,
    cremad.CORPUS,
    tess.CORPUS,
    emodb.CORPUS,
    iesc.CORPUS,
)


@dataclass(frozen=True)
class Search:
    """What a walk through a folder found: corpora, and sounds that are none's."""

    found: tuple[Found, ...]
    others: tuple[Path, ...]


def find_corpora(data_dir: Path | str) -> Search:
    """Find and read all known corpora below a folder.

    Parameters
    ----------
    data_dir : path
        Holds one or more corpora, under any folder names and at any depth.

    Returns
    -------
    Search
        One :class:`Found` for each corpus that is there, in the order of
        :data:`CORPORA`.

    Raises
    ------
    CorpusError
        If there is no such folder.
    """
    root = Path(data_dir).expanduser()
    if not root.is_dir():
        raise CorpusError(f"There is no folder {root}: name the one that holds the corpora.")
    owned, others = _by_owner(sound_files(root))
    defects = known_defects()
    found = tuple(
        _read(corpus, owned[corpus.name], defects) for corpus in CORPORA if corpus.name in owned
    )
    return Search(found, tuple(others))


def _by_owner(paths: Iterable[Path]) -> tuple[dict[str, list[Path]], list[Path]]:
    """Give each file to the corpus whose scheme it fits, or whose folder it shares."""
    owned: dict[str, list[Path]] = defaultdict(list)
    owners_in: dict[Path, Counter[str]] = defaultdict(Counter)
    unclaimed = []
    for path in paths:
        owner = next((corpus.name for corpus in CORPORA if corpus.claims(path)), None)
        if owner is None:
            unclaimed.append(path)
        else:
            owned[owner].append(path)
            owners_in[path.parent][owner] += 1
    others = []
    for path in unclaimed:
        if neighbours := owners_in.get(path.parent):
            owned[neighbours.most_common(1)[0][0]].append(path)
        else:
            others.append(path)
    return owned, others


def _read(corpus: Corpus, paths: Sequence[Path], defects: dict[tuple[str, str], str]) -> Found:
    named, left_out = [], []
    for path in sorted(paths, key=preference):
        try:
            clip = corpus.clip(path)
        except SchemeError as error:
            left_out.append(LeftOut(path, str(error)))
            continue
        defect = defects.get((corpus.name, path.stem.casefold()))
        if defect is None:
            named.append(clip)
        else:
            left_out.append(LeftOut(path, defect))
    present = {path.stem.casefold() for path in paths if corpus.claims(path)}
    readable, unreadable = measure(named)
    clips, doubles = _without_doubles(readable)
    return Found(
        name=corpus.name,
        title=corpus.title,
        clips=tuple(sorted(corpus.complete(clips), key=lambda clip: clip.path)),
        left_out=(*left_out, *unreadable, *doubles),
        missing=max(0, corpus.official - len(present)),
    )


def _without_doubles(clips: Iterable[Clip]) -> tuple[list[Clip], list[LeftOut]]:
    """Keep the first clip of each name; some releases hold every file twice."""
    kept: dict[str, Clip] = {}
    doubles = []
    for clip in clips:
        if clip is not kept.setdefault(clip.path.stem.casefold(), clip):
            doubles.append(LeftOut(clip.path, "the same file is there twice"))
    return list(kept.values()), doubles
