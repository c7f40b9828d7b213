"""Score what everybody can run on the same folds: openSMILE functionals and a linear SVM.

    python -m training.baselines
    python -m training.baselines --sets eGeMAPS --folds 1

Each corpus has its own SVM, trained on its training-part speakers alone, as in
publications; song is left out. Features are standardised on the training part,
classes weighted against their frequency, and C is chosen inside the training part by
a three-fold cross-validation over its speakers (the middle one where there are fewer
than three, as for TESS). Nobody is kept apart, for an SVM's scores are no
probabilities: they are stored as if they were logits, at temperature 1. Needs
``requirements-dev.txt``.
"""

from __future__ import annotations

import argparse
import platform
import sys
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from joblib import Memory, Parallel, delayed, parallel_config

from ser.audio import SAMPLE_RATE, load
from ser.errors import AudioError
from ser.labels import INNER_LABELS
from training.benchmark.predictions import (
    FOLDER,
    UNTRAINED,
    Predictions,
    describe,
    is_finished,
    write_predictions,
)
from training.benchmark.protocols import PROTOCOLS, check_part, chosen_parts, make_part
from training.benchmark.report import renew_benchmark
from training.command import exit_status
from training.corpora import Clip, fingerprint, read_table
from training.corpora.ravdess import SONG
from training.dataset import TrainingError, identity

PROTOCOL = PROTOCOLS[0]
SETS = {
    "eGeMAPS": ("eGeMAPSv02", (1e-3, 1e-2, 1e-1)),
    "ComParE": ("ComParE_2016", (1e-5, 1e-4, 1e-3)),
}
"""openSMILE's name of each feature set, and the values of C to choose from."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; answer its exit status."""
    options = _parser().parse_args(arguments)
    return exit_status(lambda: _run(options), again="The same command goes on.")


def _run(options: argparse.Namespace) -> None:
    for name in options.sets:
        _score(name, options)
    renew_benchmark(options.out)


def functionals(clips: Sequence[Clip], name: str, *, cache: Path, jobs: int = -1) -> np.ndarray:
    """Fetch openSMILE's functionals, or compute them once [shape=(clips, features)].

    Rows of clips whose sound cannot be analysed are NaN.

    Raises
    ------
    TrainingError
        openSMILE is not installed, or a clip cannot be read.
    """
    try:
        import opensmile  # noqa: F401
    except ImportError as error:
        raise TrainingError(
            "The baselines need openSMILE: pip install -r requirements-dev.txt."
        ) from error
    extract = Memory(cache, verbose=0).cache(_extract, ignore=["jobs"])
    return extract([identity(clip.path) for clip in clips], name, jobs=jobs)


def fit_and_score(
    features: np.ndarray, emotions: Sequence[str], speakers: Sequence[str],
    tested: np.ndarray, *, costs: Sequence[float],
) -> tuple[np.ndarray, float]:  # fmt: skip
    """Train one corpus's SVM and let it answer.

    Parameters
    ----------
    features : np.ndarray [shape=(clips, features)]
    emotions, speakers : sequence of str [len=clips]
        Whose clips are trained on.
    tested : np.ndarray [shape=(tested clips, features)]
    costs : sequence of float
        Values of C to choose from.

    Returns
    -------
    scores : np.ndarray [shape=(tested clips, 9)]
        In the order of the inner labels; untrained ones as
        :data:`training.benchmark.predictions.UNTRAINED`.
    cost : float
        The C that was chosen.
    """
    from sklearn.model_selection import GridSearchCV, GroupKFold
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    from sklearn.svm import LinearSVC

    machine = LinearSVC(C=costs[len(costs) // 2], class_weight="balanced", random_state=1)
    model: Any = make_pipeline(StandardScaler(), machine)
    if len(set(speakers)) >= 3:
        grid = {"linearsvc__C": list(costs)}
        search = GridSearchCV(model, grid, scoring="recall_macro", cv=GroupKFold(3), n_jobs=-1)
        # Threads share the features, and liblinear lets them run side by side.
        with parallel_config("threading"):
            model = search.fit(features, emotions, groups=speakers).best_estimator_
    else:
        model.fit(features, emotions)
    scores = np.full((len(tested), len(INNER_LABELS)), UNTRAINED)
    values = model.decision_function(tested)
    if values.ndim == 1:  # of two classes it tells the second's alone
        values = np.stack([-values, values], axis=1)
    scores[:, [INNER_LABELS.index(label) for label in model.classes_]] = values
    return scores, float(model[-1].C)


def _score(name: str, options: argparse.Namespace) -> None:
    """Train and test one feature set on each fold that is not finished."""
    clips = [clip for clip in read_table(options.table) if clip.corpus != SONG.name]
    made_of = {"table": fingerprint(clips)}
    features: np.ndarray | None = None
    for part in chosen_parts(PROTOCOL, options.folds, clips):
        file = f"{PROTOCOL}-{part}-{name.lower()}"
        if is_finished(options.out / FOLDER, file, made_of):
            continue
        if features is None:
            clips, features = _usable(clips, functionals(clips, name, cache=options.cache))
        predictions = _run_part(clips, features, name, part)
        predictions.facts.update(made_of)
        print(f"Wrote {write_predictions(options.out / FOLDER, file, predictions)}")


def _usable(clips: Sequence[Clip], features: np.ndarray) -> tuple[list[Clip], np.ndarray]:
    known = np.isfinite(features).all(axis=1)
    return [clip for clip, usable in zip(clips, known, strict=True) if usable], features[known]


def _run_part(clips: Sequence[Clip], features: np.ndarray, name: str, fold: str) -> Predictions:
    part = make_part(clips, PROTOCOL, fold, seed=0, calibrate=False)
    check_part(part, clips)
    corpora = np.array([clip.corpus for clip in clips])
    scores = np.full((len(clips), len(INNER_LABELS)), UNTRAINED)
    costs: dict[str, float] = {}
    for corpus in dict.fromkeys(corpora[part.test].tolist()):
        training, test = (
            indices[corpora[indices] == corpus] for indices in (part.training, part.test)
        )
        scores[test], costs[corpus] = fit_and_score(
            features[training],
            [clips[i].emotion for i in training],
            [clips[i].speaker for i in training],
            features[test],
            costs=SETS[name][1],
        )
    tested, trained = ([clips[i] for i in indices] for indices in (part.test, part.training))
    model = f"{name} + SVM"
    return Predictions(
        facts={
            "protocol": PROTOCOL,
            "part": fold,
            "models": [model],
            "kept_apart": {"speakers": [], "clips": 0},
            "seed": None,
            "cost": costs,
            "clips": len(trained),
            "emotions": sorted({clip.emotion for clip in trained}),
            "speakers": len({clip.speaker for clip in trained}),
            "data": fingerprint(clips),
            "versions": {
                "python": platform.python_version(),
                **{name: version(name) for name in ("opensmile", "scikit-learn", "numpy")},
            },
        },
        clips=describe(tested, role=["test"] * len(tested)),
        logits={model: scores[part.test]},
    )


def _extract(files: Sequence[tuple[str, int, int]], name: str, *, jobs: int) -> np.ndarray:
    from tqdm import tqdm

    results = Parallel(n_jobs=jobs, return_as="generator")(
        delayed(_functionals_of)(path, name) for path, _, _ in files
    )
    rows = list(tqdm(results, total=len(files), desc=name))
    width = max(len(row) for row in rows)
    return np.stack([row if len(row) else np.full(width, np.nan) for row in rows])


def _functionals_of(path: str, name: str) -> np.ndarray:
    """Functionals of one clip [dtype=float32], none if it cannot be analysed."""
    import opensmile

    smile = opensmile.Smile(opensmile.FeatureSet[SETS[name][0]], opensmile.FeatureLevel.Functionals)
    try:
        return smile.process_signal(load(path).samples, SAMPLE_RATE).to_numpy(np.float32)[0]
    except AudioError:
        return np.empty(0, np.float32)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m training.baselines",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--sets", nargs="+", choices=SETS, default=list(SETS))
    parser.add_argument("--folds", nargs="+", metavar="FOLD", help="by number (default: all)")
    for option, default, what in (
        ("--table", "cleaned_data.csv", "clips, from training.prepare"),
        ("--cache", "runs/cache", "where features are kept"),
        ("--out", ".", "where reports/ is"),
    ):
        parser.add_argument(
            option, type=Path, default=Path(default), help=f"{what} (default: %(default)s)"
        )
    return parser


if __name__ == "__main__":
    sys.exit(main())
