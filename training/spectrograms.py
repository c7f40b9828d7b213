"""Train CNNs where there is a GPU but no corpus: their spectrograms travel instead.

    python -m training.spectrograms pack spectrograms.npz
    python -m training.spectrograms train spectrograms.npz --protocol leave-one-corpus-out
    python -m training.spectrograms train spectrograms.npz --all

Pack where the corpora are, and train where the GPU is, with any backend of Keras
(``KERAS_BACKEND=jax``). Bring the folder of runs back: training.evaluate --resume and
training.train --resume find these CNNs trained, and go on to the other networks.

Two things differ from a CNN that is trained beside its corpora. Spectrograms are rounded
to whole decibels, and what a teacher hears (:mod:`training.teacher`) to sixteenths of a
deviation. And the varied windows of each clip are drawn once, by all cores, since drawing
them anew for every step takes a GPU's time many times over. They fill some nine gigabytes
of memory for all corpora.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from types import MappingProxyType

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # before Keras brings TensorFlow in

import keras
import numpy as np

from ser.features import Features
from ser.features.scaling import Scaling
from training.batches import SpectrogramBatches, fit_scaling
from training.benchmark.protocols import PROTOCOLS, chosen_parts, make_part
from training.command import exit_status, not_negative, positive
from training.corpora import Clip, read_table
from training.dataset import Dataset, TrainingError, load_dataset
from training.fitting import FRESH, Run, fit_cnn
from training.networks import build_cnn
from training.teacher import TEACHER_HELP, with_teacher
from training.watching import Watch
from training.windows import draw_windows, whole_decibels

WINDOWS = 40
"""Varied windows of each clip: about as many as a training of 40 epochs asks for."""

_NOTHING = np.empty(0, dtype=np.float32)


class DrawnBatches(SpectrogramBatches):
    """Batches of windows that were varied and cut before."""

    def __init__(
        self, dataset: Dataset, scaling: Scaling, *, seed: int, windows: np.ndarray
    ) -> None:
        """Take windows [shape=(clips, windows, 128, mels)] in dB."""
        super().__init__(dataset, scaling, seed=seed)
        self._windows = windows
        self.facts = MappingProxyType({"windows_of_each_clip": windows.shape[1]})

    def windows(self, drawn: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Take one of each clip's windows [shape=(b, 128, mels)], in dB."""
        which = rng.integers(self._windows.shape[1], size=len(drawn))
        chosen: np.ndarray = self._windows[drawn, which].astype(np.float32)
        return chosen


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; answer its exit status."""
    options = _parser().parse_args(arguments)
    return exit_status(lambda: options.work(options))


def write_pack(dataset: Dataset, path: Path) -> None:
    """Write clips and their spectrograms, in whole decibels, to one file.

    Raises
    ------
    TrainingError
        It cannot be written there.
    """
    clips = json.dumps([{**asdict(clip), "path": str(clip.path)} for clip in dataset.clips])
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            np.savez_compressed(
                file,
                clips=np.array(clips),
                original=_joined(dataset.original),
                original_frames=_frames(dataset.original),
                copies=_joined(dataset.copies),
                copies_frames=_frames(dataset.copies),
                heard=_NOTHING if dataset.heard is None else _sixteenths(dataset.heard),
            )
    except OSError as error:
        raise TrainingError(f"{path} cannot be written ({error.strerror}).") from error


def read_pack(path: Path) -> Dataset:
    """Read what :func:`write_pack` wrote; there are no functionals in it.

    Raises
    ------
    TrainingError
        There is no such file, or it is another.
    """
    try:
        with np.load(path) as pack:
            clips = [
                Clip(**{**values, "path": Path(values["path"])})
                for values in json.loads(str(pack["clips"]))
            ]
            original = _apart(pack["original"], pack["original_frames"])
            copies = _apart(pack["copies"], pack["copies_frames"])
            heard = pack["heard"].astype(np.float16) if "heard" in pack else _NOTHING
    except (OSError, ValueError, KeyError, TypeError, zipfile.BadZipFile) as error:
        raise TrainingError(
            f"{path} holds no spectrograms: make it with python -m training.spectrograms pack."
        ) from error
    nothing = [_NOTHING] * len(clips)
    return Dataset(
        clips, original, copies, nothing, nothing, {}, heard=heard if len(heard) else None
    )


def _joined(items: list[Features]) -> np.ndarray:
    return whole_decibels(np.concatenate([item.log_mel for item in items]))


def _sixteenths(heard: np.ndarray) -> np.ndarray:
    """Round to sixteenths of a deviation, a byte for each; same shape."""
    values = heard.astype(np.float32)
    standard = (values - values.mean(axis=0)) / (values.std(axis=0) + 1e-6)
    rounded: np.ndarray = np.clip(np.round(16 * standard), -127, 127).astype(np.int8)
    return rounded


def _frames(items: list[Features]) -> np.ndarray:
    return np.array([len(item.log_mel) for item in items])


def _apart(joined: np.ndarray, frames: np.ndarray) -> list[Features]:
    pieces = np.split(joined.astype(np.float16), np.cumsum(frames)[:-1])
    return [Features(log_mel=piece, functionals=_NOTHING) for piece in pieces]


def _pack(options: argparse.Namespace) -> None:
    clips = read_table(options.table)
    dataset = load_dataset(clips, cache=options.cache, seed=options.seed)
    write_pack(with_teacher(dataset, options.teacher, cache=options.cache), options.pack)
    print(f"Wrote {options.pack}")


def _train(options: argparse.Namespace) -> None:
    dataset = read_pack(options.pack)
    trainings = list(_trainings(dataset.clips, options))
    windows = draw_windows(dataset, count=options.windows, seed=options.seed)
    stage = replace(FRESH["cnn"], epochs=options.epochs)
    for folder, rows in trainings:
        training = dataset.subset(rows)
        scaling = fit_scaling(training)
        run = Run(options.runs / folder, seed=options.seed, resume=options.resume)
        keras.utils.set_random_seed(options.seed)
        batches = DrawnBatches(training, scaling, seed=options.seed, windows=windows[rows])
        fit_cnn(build_cnn(), training, batches, stage, run, Watch({}, scaling))
        print(f"Trained {run.folder / 'cnn'}")
        keras.backend.clear_session()


def _trainings(clips: list[Clip], options: argparse.Namespace) -> Iterator[tuple[str, np.ndarray]]:
    """Name the folder of each training, and the clips that it learns from."""
    if options.all:
        yield "all", np.arange(len(clips))
        return
    for name in chosen_parts(options.protocol, options.folds, clips):
        part = make_part(
            clips, options.protocol, name, seed=options.seed, calibrate=options.calibrate
        )
        yield part.run, part.training


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m training.spectrograms",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(required=True)
    pack = commands.add_parser("pack", help="write the spectrograms of all clips to a file")
    pack.set_defaults(work=_pack)
    train = commands.add_parser("train", help="train CNNs on such a file")
    train.set_defaults(work=_train)
    for command in (pack, train):
        command.add_argument("pack", type=Path, metavar="FILE")
        command.add_argument("--seed", type=not_negative, default=1)
    for option, default, what in (
        ("--table", "cleaned_data.csv", "clips, from training.prepare"),
        ("--cache", "runs/cache", "where features are kept"),
    ):
        pack.add_argument(
            option, type=Path, default=Path(default), help=f"{what} (default: %(default)s)"
        )
    pack.add_argument("--teacher", type=Path, metavar="ONNX", help=TEACHER_HELP)
    train.add_argument("--protocol", choices=PROTOCOLS, default=PROTOCOLS[0])
    train.add_argument("--folds", nargs="+", metavar="PART", help="as in training.evaluate")
    train.add_argument("--all", action="store_true", help="on all clips: the CNN to ship")
    train.add_argument("--runs", type=Path, default=Path("runs"), help="where checkpoints go")
    train.add_argument("--epochs", type=positive, default=FRESH["cnn"].epochs)
    train.add_argument(
        "--windows", type=positive, default=WINDOWS, help="of each clip (default: %(default)s)"
    )
    train.add_argument("--resume", action="store_true", help="go on from the last checkpoint")
    train.add_argument(
        "--no-calibration",
        dest="calibrate",
        action="store_false",
        help="keep no speakers apart, as in training.evaluate",
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
