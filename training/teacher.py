"""What a teacher hears in clips: an encoder that others trained on far more speech.

It is Smart Turn 3.2 (Daily, BSD 2-Clause): Whisper's smallest (Radford et al., 2023),
tuned to hear when somebody has finished speaking. What networks make of it in training,
and only there: :mod:`training.teaching`.

Without Keras, so that the processes that listen stay small.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from joblib import Memory, Parallel, delayed, parallel_config

from ser.audio import SAMPLE_RATE, load
from ser.onnx_models import open_onnx
from ser.speech_encoder import HOP_LENGTH, N_FFT, N_MELS
from ser.speech_encoder import log_mel as whisper_log_mel
from training.corpora import Clip
from training.dataset import Dataset, TrainingError, identity

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

NAME = "Smart Turn 3.2"
DIGEST = "2bb026316b14a660486a75b1733cd3fbab8c2fd0314dc9af7be49f8cca967e4f"
"""SHA-256 of ``smart-turn-v3.2-cpu.onnx``."""

LAYERS = ("add_146", "add_268", "add_390")
"""What its first, second and third block add up to, as its file names them."""

LENGTH_S = 8
"""Of longer clips it hears the end; shorter ones get silence in front."""

FRAME_S = 0.02
TEACHER_HELP = f"an encoder that the CNN learns from too ({NAME}, see README.md)"
"""Of the commands' option ``--teacher``."""

_SILENT_DB = 35.0
_AROUND = 3  # frames kept on either side of what is not silent

SCHEMA = {
    "version": 1,
    "teacher": DIGEST,
    "layers": LAYERS,
    "length_s": LENGTH_S,
    "log_mel": [N_FFT, HOP_LENGTH, N_MELS],
    "silence": [_SILENT_DB, _AROUND],
}
"""What the cache goes by beside the clips; raise the version if they are heard otherwise."""


def with_teacher(dataset: Dataset, file: Path | None, *, cache: Path) -> Dataset:
    """Lay what the teacher hears beside a dataset; without a teacher leave it as it is.

    Raises
    ------
    TrainingError
        There is no such file, or it is no teacher.
    """
    if file is None:
        return dataset
    return replace(dataset, heard=listen(dataset.clips, file, cache=cache))


def listen(clips: Sequence[Clip], file: Path, *, cache: Path, jobs: int = -1) -> np.ndarray:
    """Let the teacher hear clips, or fetch from the cache what it heard.

    One core takes between a tenth and a quarter of a second for a clip. Each corpus is one
    cached result.

    Parameters
    ----------
    file : Path
        The teacher, in ONNX.
    cache : Path
        Folder of the cache; keyed by paths, sizes and times of the clips, and
        :data:`SCHEMA`.

    Returns
    -------
    np.ndarray [shape=(clips, 2304), dtype=float16]
        For each of :data:`LAYERS`, means and then deviations over the clip's frames.

    Raises
    ------
    TrainingError
        There is no such file, it is another, or a package that reads it is missing.
    """
    _check(file)
    listen_to = Memory(cache, verbose=0).cache(_listen_to, ignore=["file", "jobs"])
    heard: dict[Path, np.ndarray] = {}
    for corpus in dict.fromkeys(clip.corpus for clip in clips):
        own = [clip.path for clip in clips if clip.corpus == corpus]
        answers = listen_to([identity(path) for path in own], file, SCHEMA, jobs=jobs)
        heard.update(zip(own, answers, strict=True))
    return np.stack([heard[clip.path] for clip in clips])


def log_mel(samples: np.ndarray) -> np.ndarray:
    """Log-mel spectrogram as Whisper wants it, of eight seconds.

    Parameters
    ----------
    samples : np.ndarray [shape=(n,)]
        At 16 kHz. The last eight seconds count; shorter ones get silence in front.

    Returns
    -------
    np.ndarray [shape=(80, 800), dtype=float32]
    """
    length = LENGTH_S * SAMPLE_RATE
    padded = np.zeros(length, dtype=np.float32)
    kept = samples[-length:]
    padded[length - len(kept) :] = kept
    padded = (padded - padded.mean()) / np.sqrt(padded.var() + 1e-7)
    return whisper_log_mel(padded.astype(np.float64), pad_mode="reflect").T


def _check(file: Path) -> None:
    try:
        import onnx  # noqa: F401
    except ImportError as error:
        raise TrainingError(
            "A teacher needs the package onnx: install it with "
            "pip install -r requirements-extra.txt."
        ) from error
    try:
        digest = hashlib.sha256(file.read_bytes()).hexdigest()
    except OSError as error:
        raise TrainingError(f"{file} cannot be read ({error.strerror}).") from error
    if digest != DIGEST:
        raise TrainingError(f"{file} is not {NAME}: README.md says where to get that.")


def _listen_to(
    files: list[tuple[str, int, int]], file: Path, schema: dict[str, Any], *, jobs: int
) -> np.ndarray:
    """Listen to clips; the schema is part of the cache's key."""
    from tqdm import tqdm

    with parallel_config("loky", n_jobs=jobs, inner_max_num_threads=1):
        heard = Parallel(return_as="generator")(
            delayed(_heard)(path, str(file)) for path, _, _ in files
        )
        return np.stack(list(tqdm(heard, total=len(files), desc="teacher")))


def _heard(path: str, file: str) -> np.ndarray:
    samples = _without_silence(load(path).samples)
    outputs: list[Any] = _session(file).run(LAYERS, {"input_features": log_mel(samples)[None]})
    frames = round(len(samples) / (FRAME_S * SAMPLE_RATE))
    latest = [layer[0, -max(frames, 1) :] for layer in outputs]
    numbers = [measure for layer in latest for measure in (layer.mean(axis=0), layer.std(axis=0))]
    return np.concatenate(numbers).astype(np.float16)


@functools.cache
def _session(file: str) -> InferenceSession:
    """Load the teacher, and have it answer what its middle layers say."""
    import onnx

    teacher = onnx.load(file)
    for name in LAYERS:
        value = onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, None)
        teacher.graph.output.append(value)
    return open_onnx(teacher.SerializeToString())  # all cores listen, each to its own clip


def _without_silence(samples: np.ndarray) -> np.ndarray:
    """Cut off what is silent before and after, of at most eight seconds.

    Not as :func:`ser.features.trim` does it: this is how the shipped CNN's teacher heard.
    """
    size = round(FRAME_S * SAMPLE_RATE)
    frames = samples[: len(samples) // size * size].reshape(-1, size)
    level_db = 10 * np.log10(np.mean(np.square(frames), axis=1) + 1e-12)
    loud = np.flatnonzero(level_db > level_db.max() - _SILENT_DB)
    first, last = max(int(loud[0]) - _AROUND, 0), int(loud[-1]) + _AROUND + 1
    return samples[first * size : last * size][-LENGTH_S * SAMPLE_RATE :]
