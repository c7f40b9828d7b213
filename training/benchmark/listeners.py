"""What listeners heard in CREMA-D's clips: the publisher's ``summaryTable.csv``.

About nine people judged each clip by ear alone; ``VoiceVote`` is what most of
them said. Where two or more emotions have as many votes it names them all, as in
``A:D``, and so does this module: ``"angry:disgust"``. Such a clip has no one truth,
so nobody is scored against it; for the listeners' own agreement with the actor it
counts by its share (one half here), as if one of the tied were drawn.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

from training.corpora import Clip
from training.corpora.cremad import CORPUS, EMOTIONS
from training.dataset import TrainingError

TABLE = "summaryTable.csv"
_BY_LETTER = {code[0]: emotion for code, emotion in EMOTIONS.items()}


def heard_emotions(clips: Sequence[Clip]) -> list[str]:
    """Name what listeners heard in each clip, ``""`` where nobody was asked.

    The table is looked for beside CREMA-D's clips and one folder above them.

    Raises
    ------
    TrainingError
        The table holds something else.
    """
    votes: dict[str, str] = {}
    for folder in sorted({clip.path.parent for clip in clips if clip.corpus == CORPUS.name}):
        for table in (folder / TABLE, folder.parent / TABLE):
            if table.is_file():
                votes.update(_read(table))
    return [
        votes.get(clip.path.stem.upper(), "") if clip.corpus == CORPUS.name else ""
        for clip in clips
    ]


def _read(table: Path) -> dict[str, str]:
    try:
        with table.open(encoding="utf-8-sig", newline="") as file:
            return {
                row["FileName"].upper(): ":".join(
                    _BY_LETTER[v] for v in row["VoiceVote"].split(":")
                )
                for row in csv.DictReader(file)
            }
    except (KeyError, AttributeError, UnicodeDecodeError) as error:
        raise TrainingError(
            f"{table} is not CREMA-D's table of votes (FileName, VoiceVote): fetch it anew, or "
            "move it away to go on without what listeners heard."
        ) from error
