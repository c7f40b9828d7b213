"""Features of all training clips, computed once and kept in a cache.

Each corpus is one cached result (joblib.Memory), so a second run starts at
once, and an interrupted one repeats a corpus at most. All cores extract, with
one BLAS thread each: small arrays are slower with more.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from joblib import Memory, Parallel, delayed, parallel_config

from ser.audio import Sound, load
from ser.errors import AudioError, SerError
from ser.features import Features, extract, feature_names, feature_schema, trim
from ser.features.encoded import ENCODED, measure_encoded
from ser.features.schema import Course, follow, measured_schema, sum_up
from ser.labels import INNER_LABELS
from training.augment import (
    SPOILING_VERSION,
    VARYING_VERSION,
    spoil,
    varied_copy,
    vary_course,
)
from training.corpora import Clip

VARIANTS = 12
"""Varied functionals of each clip."""

SPOILED = 2
"""Spoiled copies of each clip."""

_LARGEST_HALF = 6e4
Extracted = tuple[Features, Features, np.ndarray]


class TrainingError(SerError):
    """Training cannot go on; the text says why and what to do."""


@dataclass(frozen=True)
class Dataset:
    """Clips and their features, index by index.

    Attributes
    ----------
    clips : list of Clip
    original : list of Features
        What is scored.
    copies : list of Features
        The same clips varied (:func:`training.augment.varied_copy`): for
        training only.
    variants : list of np.ndarray [shape=(12, measured), dtype=float16]
        What :func:`ser.features.schema.sum_up` makes of the same clips varied otherwise
        (:func:`training.augment.vary_course`): for training only.
    spoiled : list of np.ndarray [shape=(2, functionals), dtype=float16]
        Functionals of the same clips in noise and rooms, over telephones and codecs
        (:func:`training.augment.spoil`): for training only.
    unusable : dict[str, str]
        Path to reason for clips whose sound cannot be analysed.
    heard : np.ndarray [shape=(clips, 2304), dtype=float16] or None
        What a teacher hears in them (:func:`training.teacher.listen`), if one was asked;
        out of a pack (:mod:`training.spectrograms`) in sixteenths of a deviation.
    """

    clips: list[Clip]
    original: list[Features] = field(repr=False)
    copies: list[Features] = field(repr=False)
    variants: list[np.ndarray] = field(repr=False)
    spoiled: list[np.ndarray] = field(repr=False)
    unusable: dict[str, str]
    heard: np.ndarray | None = field(default=None, repr=False)

    def __len__(self) -> int:
        return len(self.clips)

    def subset(self, wanted: Sequence[int] | np.ndarray) -> Dataset:
        """Keep the clips at these indices."""
        return Dataset(
            clips=[self.clips[i] for i in wanted],
            original=[self.original[i] for i in wanted],
            copies=[self.copies[i] for i in wanted],
            variants=[self.variants[i] for i in wanted],
            spoiled=[self.spoiled[i] for i in wanted],
            unusable=self.unusable,
            heard=None if self.heard is None else self.heard[wanted],
        )

    def targets(self) -> np.ndarray:
        """Index into the inner labels [shape=(clips,)]."""
        return np.array([INNER_LABELS.index(clip.emotion) for clip in self.clips])

    def emotions_of(self, corpus: str) -> list[str]:
        """Name the emotions that a corpus has here, in the order of the inner labels."""
        present = {clip.emotion for clip in self.clips if clip.corpus == corpus}
        return [label for label in INNER_LABELS if label in present]


def load_dataset(clips: Sequence[Clip], *, cache: Path, seed: int, jobs: int = -1) -> Dataset:
    """Extract, or fetch from the cache, the features of clips.

    Parameters
    ----------
    cache : Path
        Folder of the cache; keyed by paths, sizes and times of the files, the
        feature schema and the seed.
    seed : int
        Decides how copies and variants are varied and spoiled.

    Raises
    ------
    TrainingError
        If no clip can be used.
    """
    memory = Memory(cache, verbose=0)
    extract_corpus = memory.cache(_extract_corpus, ignore=["jobs"])
    encode_corpus = memory.cache(_encode_corpus, ignore=["jobs"])
    spoil_corpus = memory.cache(_spoil_corpus, ignore=["jobs"])
    varying = {"varying": VARYING_VERSION}
    schema = measured_schema() | varying | {"variants": VARIANTS}
    spoiling = feature_schema() | {"spoiling": SPOILING_VERSION}
    kept = Dataset([], [], [], [], [], {})
    for corpus in dict.fromkeys(clip.corpus for clip in clips):
        own = [clip for clip in clips if clip.corpus == corpus]
        files = [identity(clip.path) for clip in own]
        packed = extract_corpus(corpus, files, schema, seed, jobs=jobs)
        encoded = encode_corpus(corpus, files, feature_schema() | varying, seed, jobs=jobs)
        spoiled = [
            spoil_corpus(corpus, files, spoiling, seed, number, jobs=jobs)
            for number in range(SPOILED)
        ]
        columns = (own, _unpack(packed), encoded, np.stack(spoiled, axis=1))
        for clip, result, heard, worse in zip(*columns, strict=True):
            if isinstance(result, str):
                kept.unusable[str(clip.path)] = result
                continue
            of_clip, of_copy, varied = result
            kept.clips.append(clip)
            kept.original.append(_joined(of_clip, heard[0]))
            kept.copies.append(_joined(of_copy, heard[1]))
            kept.variants.append(varied)
            kept.spoiled.append(_or_else(worse, kept.original[-1]))
    if not kept:
        raise TrainingError("None of the clips can be used: make the table of clips anew.")
    return kept


def _or_else(spoiled: np.ndarray, whole: Features) -> np.ndarray:
    """Let the clip's own functionals stand where nothing was left of a spoiled copy."""
    return np.where(np.isnan(spoiled), half(whole.functionals), spoiled)


def half(values: np.ndarray) -> np.ndarray:
    """Keep in half precision what may be larger than it can tell."""
    return np.clip(values, -_LARGEST_HALF, _LARGEST_HALF).astype(np.float16)


def _joined(measured: Features, encoded: np.ndarray) -> Features:
    """Add what the encoder heard [shape=(1024,)] to what was measured."""
    functionals = np.concatenate([measured.functionals, encoded.astype(np.float32)])
    return Features(measured.log_mel, functionals)


def identity(path: Path) -> tuple[str, int, int]:
    """Give what tells that a file is still the one that was read."""
    try:
        status = path.stat()
    except OSError as error:
        raise TrainingError(
            f"{path} is in the table but cannot be read ({error.strerror}): run "
            "python -m training.prepare again."
        ) from error
    return str(path), status.st_size, status.st_mtime_ns


def _extract_corpus(
    corpus: str, files: list[tuple[str, int, int]], schema: dict[str, Any], seed: int, *, jobs: int
) -> dict[str, Any]:
    """Extract one corpus; the schema and the corpus's name are part of the cache's key."""
    from tqdm import tqdm

    with parallel_config("loky", n_jobs=jobs, inner_max_num_threads=1):
        results = Parallel(return_as="generator")(
            delayed(_extract_clip)(path, seed) for path, _, _ in files
        )
        return _pack(list(tqdm(results, total=len(files), desc=f"features of {corpus}")))


def _extract_clip(path: str, seed: int) -> Extracted | str:
    """Measure a clip and what is varied of it, or say why it cannot be."""
    try:
        sound = load(path)
        course = follow(sound)
        copy = follow(_copy(sound, path, seed))
        rng = np.random.default_rng([*_seed_of(path, seed), 1])
        variants = [_functionals(vary_course(course, rng)) for _ in range(VARIANTS)]
        original, varied = (Features(each.log_mel, _functionals(each)) for each in (course, copy))
        return original, varied, np.stack(variants)
    except AudioError as error:
        return str(error)


def _copy(sound: Sound, path: str, seed: int) -> Sound:
    rng = np.random.default_rng(_seed_of(path, seed))
    return Sound(varied_copy(trim(sound.samples), rng))


def _seed_of(path: str, seed: int) -> list[int]:
    """Make a clip's own seed by the file's name: neither order nor folder changes a copy."""
    return [seed, zlib.crc32(Path(path).name.encode(errors="surrogateescape"))]


def _functionals(course: Course) -> np.ndarray:
    return sum_up(course.log_mel, course.contours, prosody=course.prosody)


def _encode_corpus(
    corpus: str, files: list[tuple[str, int, int]], schema: dict[str, Any], seed: int, *, jobs: int
) -> np.ndarray:
    """Let the encoder hear a corpus, clip and copy [shape=(clips, 2, 1024), dtype=float16].

    Kept apart from what is measured, which takes three times as long.
    """
    from tqdm import tqdm

    with parallel_config("loky", n_jobs=jobs, inner_max_num_threads=1):
        heard = Parallel(return_as="generator")(
            delayed(_encode_clip)(path, seed) for path, _, _ in files
        )
        return np.stack(list(tqdm(heard, total=len(files), desc=f"encoder on {corpus}")))


def _encode_clip(path: str, seed: int) -> np.ndarray:
    """Encode a clip and its copy [shape=(2, 1024)]; NaN where it cannot be used."""
    try:
        sound = load(path)
        both = [trim(each.samples) for each in (sound, _copy(sound, path, seed))]
        return np.stack([measure_encoded(voice) for voice in both]).astype(np.float16)
    except AudioError:
        return np.full((2, len(ENCODED)), np.nan, np.float16)


def _spoil_corpus(
    corpus: str,
    files: list[tuple[str, int, int]],
    schema: dict[str, Any],
    seed: int,
    number: int,
    *,
    jobs: int,
) -> np.ndarray:
    """Measure one spoiled copy of each clip [shape=(clips, functionals), dtype=float16]."""
    from tqdm import tqdm

    with parallel_config("loky", n_jobs=jobs, inner_max_num_threads=1):
        spoiled = Parallel(return_as="generator")(
            delayed(_spoil_clip)(path, seed, number) for path, _, _ in files
        )
        return np.stack(list(tqdm(spoiled, total=len(files), desc=f"spoiled copy of {corpus}")))


def _spoil_clip(path: str, seed: int, number: int) -> np.ndarray:
    """Measure one spoiled copy of a clip [shape=(functionals,)]; NaN where nothing is left."""
    rng = np.random.default_rng([*_seed_of(path, seed), 2, number])
    try:
        return half(extract(Sound(spoil(load(path).samples, rng))).functionals)
    except AudioError:
        return np.full(len(feature_names()), np.nan, np.float16)


def _pack(results: list[Extracted | str]) -> dict[str, Any]:
    """Join many small arrays into few large ones, in half precision: quick to load."""
    usable = [result for result in results if not isinstance(result, str)]
    if not usable:
        return {"reasons": results}
    features = [item for original, copy, _ in usable for item in (original, copy)]
    variants = np.stack([varied for _, _, varied in usable])
    return {
        "reasons": [result if isinstance(result, str) else None for result in results],
        "log_mel": np.concatenate([item.log_mel for item in features]).astype(np.float16),
        "lengths": np.array([len(item.log_mel) for item in features]),
        "functionals": np.stack([item.functionals for item in features]),
        "variants": half(variants),
    }


def _unpack(packed: dict[str, Any]) -> list[Extracted | str]:
    if "lengths" not in packed:
        return list(packed["reasons"])
    pieces = np.split(packed["log_mel"], np.cumsum(packed["lengths"])[:-1])
    features = iter(
        Features(log_mel=piece, functionals=functionals)
        for piece, functionals in zip(pieces, packed["functionals"], strict=True)
    )
    variants = iter(packed["variants"])
    return [
        reason or (next(features), next(features), next(variants)) for reason in packed["reasons"]
    ]
