"""Clips and features of a recipe; features are computed once and kept in a cache."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np
from joblib import Memory, Parallel, delayed, parallel_config

from ser.audio import SAMPLE_RATE, load
from ser.errors import AudioError
from ser.features.sets import FEATURE_SETS
from training.corpora import CORPORA, Clip
from training.dataset import TrainingError, identity
from training.recipes.recipe import Recipe, Vary

JOBS = 2
_FEW = 200
"""Fewer clips than this are done before other processes have started."""

_PIECE = 250
"""So many clips are kept at a time: whoever is interrupted loses one piece."""

_NOTE = "cleaned-for.txt"


@dataclass(frozen=True)
class Table:
    """Clips and their features, row by row.

    Attributes
    ----------
    clips : list of Clip
    features : np.ndarray [shape=(clips, ...)]
    copies : np.ndarray [shape=(clips, copies, ...), dtype=float16]
        Of varied copies, to be trained on and never tested.
    unusable : dict[str, str]
        Path to reason for clips whose sound cannot be analysed.
    """

    clips: list[Clip]
    features: np.ndarray = field(repr=False)
    copies: np.ndarray | None = field(default=None, repr=False)
    unusable: dict[str, str] = field(default_factory=dict)

    @property
    def emotions(self) -> np.ndarray:
        """Inner label of each clip [shape=(clips,)]."""
        return np.array([clip.emotion for clip in self.clips])

    @property
    def speakers(self) -> np.ndarray:
        """Speaker of each clip [shape=(clips,)]."""
        return np.array([clip.speaker for clip in self.clips])


@dataclass(frozen=True)
class Watched:
    """Where the curves of a training go, and whose clips the third of them shows.

    Attributes
    ----------
    folder : Path
        For ``network.csv``; see :mod:`ser.training_log`.
    x, y : np.ndarray
        Test clips: looked at after every epoch, and used for nothing else.
    """

    folder: Path
    x: np.ndarray
    y: np.ndarray


def load_table(recipe: Recipe, clips: Sequence[Clip], *, cache: Path, jobs: int = JOBS) -> Table:
    """Choose a recipe's clips and extract, or fetch from the cache, their features.

    All clips of a corpus are extracted, so that another choice of emotions is at once there.

    Raises
    ------
    TrainingError
        A corpus or an emotion is not there.
    """
    own = [clip for clip in clips if clip.corpus in recipe.corpora]
    usable, unusable = [], {}
    for clip, result in zip(own, _results(recipe, own, cache, jobs), strict=True):
        if clip.emotion not in recipe.words:
            continue
        if isinstance(result, str):
            unusable[str(clip.path)] = result
        else:
            usable.append((clip, result))
    _refuse_missing(recipe, [clip for clip, _ in usable])
    return Table(
        clips=[clip for clip, _ in usable],
        features=np.stack([rows[0] for _, rows in usable]),
        copies=_half(np.stack([rows[1:] for _, rows in usable])) if recipe.copies else None,
        unusable=unusable,
    )


def write_cleaned(recipe: Recipe, clips: Sequence[Clip], folder: Path) -> dict[str, str]:
    """Write each clip as 16 kHz WAV, cleaned as the recipe does, under the recipe's name for it.

    Interrupted, it may be asked again for the same folder.

    Returns
    -------
    dict of str to str
        Path to reason for clips whose sound cannot be used.

    Raises
    ------
    TrainingError
        A corpus is not there; the folder holds anything else, for that might be a corpus; or
        it cannot be written.
    """
    import soundfile
    from tqdm import tqdm

    own = [clip for clip in clips if clip.corpus in recipe.corpora and clip.emotion in recipe.words]
    _refuse_missing(recipe, own)
    _claim(folder, recipe)
    unusable = {}
    named = zip(own, recipe.file_names(own), strict=True)
    for clip, name in tqdm(named, total=len(own), desc="clips"):
        try:
            cleaned = recipe.features.clean(load(clip.path).samples)
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            soundfile.write(folder / name, cleaned, SAMPLE_RATE)
        except AudioError as error:
            unusable[str(clip.path)] = str(error)
        except (OSError, soundfile.SoundFileError) as error:
            raise TrainingError(f"{folder / name} cannot be written ({error}).") from error
    return unusable


def _claim(folder: Path, recipe: Recipe) -> None:
    """Leave a note in an empty folder that it is for this recipe's clips, or find it there."""
    note = folder / _NOTE
    try:
        if note.is_file() and note.read_text(encoding="utf-8").strip() == recipe.name:
            return
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise TrainingError(f"{folder} is not an empty folder: name a new one for the clips.")
        note.write_text(f"{recipe.name}\n", encoding="utf-8")
    except OSError as error:
        raise TrainingError(f"{folder} cannot be written ({error}).") from error


def _results(
    recipe: Recipe, clips: Sequence[Clip], cache: Path, jobs: int
) -> list[list[np.ndarray] | str]:
    """Features of each clip and of its copies, or why there are none."""
    if not clips:
        return []
    from sklearn.utils import gen_batches
    from tqdm import tqdm

    extract = Memory(cache, verbose=0).cache(_extract_piece, ignore=["name", "vary", "jobs"])
    results: list[list[np.ndarray] | str] = []
    with tqdm(total=len(clips), desc="features") as progress:
        for rows in gen_batches(len(clips), _PIECE):
            piece = clips[rows]
            results += extract(
                [identity(clip.path) for clip in piece],
                recipe.features.schema(),
                recipe.copies,
                recipe.varied,
                name=recipe.features.name,
                vary=recipe.vary,
                jobs=jobs if len(clips) >= _FEW else 1,
            )
            progress.update(len(piece))
    return results


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


def _extract_piece(
    files: list[tuple[str, int, int]],
    schema: dict[str, Any],
    copies: int,
    varied: str,
    *,
    name: str,
    vary: Vary | None,
    jobs: int,
) -> list[list[np.ndarray] | str]:
    """Extract files; what they are, the schema, and how many copies of what kind are the key."""
    del varied  # matters to the cache alone
    with parallel_config("loky", n_jobs=jobs, inner_max_num_threads=1):
        results: list[list[np.ndarray] | str] = Parallel()(
            delayed(_extract)(path, name, copies, vary) for path, _, _ in files
        )
    return results


def _extract(path: str, name: str, copies: int, vary: Vary | None) -> list[np.ndarray] | str:
    """Features of a clip and then of its copies, or why there are none."""
    features = FEATURE_SETS[name]
    try:
        cleaned = features.clean(load(path).samples)
    except AudioError as error:
        return str(error)
    rng = np.random.default_rng(crc32(Path(path).name.encode()))
    varied = [vary(cleaned, rng) for _ in range(copies)] if vary is not None else []
    own = features.measure(cleaned)
    return [own, *(_half(features.measure(samples)) for samples in varied)]


def _half(values: np.ndarray) -> np.ndarray:
    """Keep with half precision: thirty thousand copies lie in memory together."""
    return values.astype(np.float16)
