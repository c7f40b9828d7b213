"""How the clips to train on are spread: counts by corpus and emotion, for ``data.json``.

Counts say nothing of any one recording: the file may be passed on where corpora may not.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ser.labels import INNER_LABELS
from training.benchmark.writing import as_json
from training.corpora import Clip, CorpusError


def count_clips(clips: Sequence[Clip]) -> dict[str, Any]:
    """Count clips, ready for JSON.

    Returns
    -------
    dict
        ``speakers`` and ``hours`` of all, and ``corpora``: for each its ``corpus``,
        ``speakers``, ``hours`` and ``emotions``, clips by inner label.
    """
    corpora: dict[str, list[Clip]] = {}
    for clip in clips:
        corpora.setdefault(clip.corpus, []).append(clip)
    return {
        **_size(clips),
        "corpora": [
            {"corpus": corpus, **_size(own), "emotions": _emotions(own)}
            for corpus, own in corpora.items()
        ],
    }


def write_counts(clips: Sequence[Clip], path: Path) -> None:
    """Count clips into a file.

    Raises
    ------
    CorpusError
        It cannot be written there.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(as_json(count_clips(clips)), encoding="utf-8")
    except OSError as error:
        raise CorpusError(f"{path} cannot be written ({error.strerror}).") from error


def _size(clips: Sequence[Clip]) -> dict[str, Any]:
    return {
        "speakers": len({clip.speaker for clip in clips}),
        "hours": round(sum(clip.duration_s for clip in clips) / 3600, 3),
    }


def _emotions(clips: Sequence[Clip]) -> dict[str, int]:
    counts = Counter(clip.emotion for clip in clips)
    return {label: counts[label] for label in INNER_LABELS if label in counts}
