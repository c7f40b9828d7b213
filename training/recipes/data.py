"""Clips and features of a recipe; features are computed once and kept in a cache."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from joblib import Memory, Parallel, delayed, parallel_config

from ser.audio import SAMPLE_RATE, load
from ser.errors import AudioError
from ser.features.classic import remove_silence
from training.corpora import CORPORA, Clip
from training.dataset import TrainingError, identity
from training.recipes.recipe import Recipe

JOBS = 2
_FEW = 200
"""Fewer clips than this are done before other processes have started."""

Extract = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Table:
    """Clips and their features, row by row.

    Attributes
    ----------
    clips : list of Clip
    features : np.ndarray [shape=(clips, features)]
    unusable : dict[str, str]
        Path to reason for clips whose sound cannot be analysed.
    """

    clips: list[Clip]
    features: np.ndarray = field(repr=False)
    unusable: dict[str, str] = field(default_factory=dict)

    @property
    def emotions(self) -> np.ndarray:
        """Inner label of each clip [shape=(clips,)]."""
        return np.array([clip.emotion for clip in self.clips])

    @property
    def speakers(self) -> np.ndarray:
        """Speaker of each clip [shape=(clips,)]."""
        return np.array([clip.speaker for clip in self.clips])


def load_table(recipe: Recipe, clips: Sequence[Clip], *, cache: Path, jobs: int = JOBS) -> Table:
    """Choose a recipe's clips and extract, or fetch from the cache, their features.

    All clips of a corpus are extracted, so that another choice of emotions is at once there.

    Raises
    ------
    TrainingError
        A corpus or an emotion is not there.
    """
    own = [clip for clip in clips if clip.corpus in recipe.corpora]
    extract_all = Memory(cache, verbose=0).cache(_extract_all, ignore=["extract", "jobs"])
    files = [identity(clip.path) for clip in own]
    jobs = jobs if len(own) >= _FEW else 1
    results = extract_all(files, recipe.schema(), extract=recipe.extract, jobs=jobs) if own else []
    pairs = [
        (clip, result)
        for clip, result in zip(own, results, strict=True)
        if clip.emotion in recipe.words
    ]
    usable = [(clip, row) for clip, row in pairs if not isinstance(row, str)]
    _refuse_missing(recipe, [clip for clip, _ in usable])
    return Table(
        clips=[clip for clip, _ in usable],
        features=np.stack([row for _, row in usable]),
        unusable={str(clip.path): why for clip, why in pairs if isinstance(why, str)},
    )


def write_cleaned(table: Table, folder: Path) -> None:
    """Write each clip as 16 kHz WAV without its silence, under its own name, by speaker.

    Raises
    ------
    TrainingError
        The folder cannot be written.
    """
    import soundfile

    for clip in table.clips:
        path = folder / clip.corpus / clip.speaker / f"{clip.path.stem}.wav"
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            soundfile.write(path, remove_silence(load(clip.path).samples), SAMPLE_RATE)
        except (OSError, soundfile.SoundFileError) as error:
            raise TrainingError(f"{path} cannot be written ({error}).") from error


def _refuse_missing(recipe: Recipe, clips: Sequence[Clip]) -> None:
    titles = {corpus.name: corpus.title for corpus in CORPORA}
    for corpus in recipe.corpora:
        if not any(clip.corpus == corpus for clip in clips):
            raise TrainingError(
                f"{recipe.name} needs {titles[corpus]}, and the table has no usable clip of it: "
                "fetch the corpus, then run python -m training.prepare."
            )
    missing = [word for label, word in recipe.words.items() if not _has(clips, label)]
    if missing:
        raise TrainingError(f"The table has no clips of {', '.join(missing)} for {recipe.name}.")


def _has(clips: Sequence[Clip], emotion: str) -> bool:
    return any(clip.emotion == emotion for clip in clips)


def _extract_all(
    files: list[tuple[str, int, int]], schema: dict[str, Any], *, extract: Extract, jobs: int
) -> list[np.ndarray | str]:
    """Extract files; what they are and the schema are the cache's key."""
    from tqdm import tqdm

    with parallel_config("loky", n_jobs=jobs, inner_max_num_threads=1):
        results = Parallel(return_as="generator")(
            delayed(_extract)(path, extract) for path, _, _ in files
        )
        return list(tqdm(results, total=len(files), desc="features"))


def _extract(path: str, extract: Extract) -> np.ndarray | str:
    """Features of a clip, or why there are none."""
    try:
        return extract(load(path).samples)
    except AudioError as error:
        return str(error)
