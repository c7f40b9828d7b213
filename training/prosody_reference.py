"""Tell how the corpora's voices lie in pitch, rate and roughness, by emotion and sex.

    python -m training.prosody_reference --table cleaned_data.csv --cache runs/cache

Writes artifacts/prosody_reference.json: for each sex and each of the seven labels the
percentiles of what :data:`ser.prosody_reference.MEASURES` lists. Each corpus weighs the
same wherever it has clips, so that the largest does not decide. Left out are song (its
melody is the composer's), boredom (not one of the seven), and clips whose speaker's sex
nobody says. The features come from the cache that training keeps.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ser.features import PROSODIC_FEATURES, feature_schema
from ser.labels import LABELS, public_label
from ser.prosody_reference import FILE, LEAST_VOICED, MEASURES, PERCENTILES, SEXES, VERSION
from training.command import exit_status, not_negative
from training.corpora import Clip, fingerprint, read_table
from training.corpora.ravdess import SONG
from training.dataset import TrainingError, load_dataset

DIGITS = 5
_NAMES = [feature.name for feature in PROSODIC_FEATURES]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; answer its exit status."""
    options = _parser().parse_args(arguments)
    return exit_status(lambda: _run(options), again="The same command begins again.")


def _run(options: argparse.Namespace) -> None:
    dataset = load_dataset(
        read_table(options.table), cache=options.cache, seed=options.seed, jobs=options.jobs
    )
    prosody = np.stack([features.prosody for features in dataset.original])
    content = make_reference(dataset.clips, prosody)
    path = options.out / FILE
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    print(f"Wrote {path}")


def make_reference(clips: Sequence[Clip], prosody: np.ndarray) -> dict[str, Any]:
    """Sum up clips.

    Parameters
    ----------
    clips : sequence of Clip
    prosody : np.ndarray [shape=(clips, 44)]
        In the order of :data:`ser.features.PROSODIC_FEATURES`.

    Returns
    -------
    dict
        What :meth:`ser.prosody_reference.ProsodyReference.load` reads.
    """
    used = [i for i, clip in enumerate(clips) if _fits(clip)]
    if not used:
        raise TrainingError("The table has no spoken clips of speakers whose sex is known.")
    chosen, values = [clips[i] for i in used], prosody[used]
    sexes = np.array([clip.sex for clip in chosen])
    labels = np.array([public_label(clip.emotion) for clip in chosen])
    corpora = np.array([clip.corpus for clip in chosen])
    return {
        "version": VERSION,
        "percentiles": list(PERCENTILES),
        "ranges": {
            sex: {
                label: _ranges(values[cell], corpora[cell])
                for label in LABELS
                if (cell := (sexes == sex) & (labels == label)).any()
            }
            for sex in SEXES.values()
        },
        "made_from": _facts(chosen),
    }


def _fits(clip: Clip) -> bool:
    known = clip.sex in SEXES.values() and public_label(clip.emotion) is not None
    return known and clip.corpus != SONG.name


def _ranges(values: np.ndarray, corpora: np.ndarray) -> dict[str, list[float]]:
    """Percentiles of each measure over the clips of one sex and label."""
    counts = Counter(corpora.tolist())
    weights = np.array([1 / counts[corpus] for corpus in corpora.tolist()])
    voiced = values[:, _NAMES.index("voiced_share")] >= LEAST_VOICED
    return {
        one.key: weighted_percentiles(values[kept, _NAMES.index(one.key)], weights[kept])
        for one in MEASURES
        for kept in [voiced if one.needs_pitch else np.ones_like(voiced)]
    }


def weighted_percentiles(values: np.ndarray, weights: np.ndarray) -> list[float]:
    """Percentiles at :data:`ser.prosody_reference.PERCENTILES` of values that weigh unequally.

    Each value stands at the middle of its weight; between them goes a straight line.
    """
    order = np.argsort(values)
    total = np.cumsum(weights[order])
    at = 100 * (total - weights[order] / 2) / total[-1]
    found = np.interp(PERCENTILES, at, values[order])
    return [float(f"{value:.{DIGITS}g}") for value in found]


def _facts(clips: Sequence[Clip]) -> dict[str, Any]:
    """Say what the ranges were made from."""
    return {
        "corpora": {
            corpus: {
                "clips": len(own),
                "speakers": {
                    sex: len({clip.speaker for clip in own if clip.sex == sex})
                    for sex in SEXES.values()
                },
            }
            for corpus in dict.fromkeys(clip.corpus for clip in clips)
            for own in [[clip for clip in clips if clip.corpus == corpus]]
        },
        "weights": "each corpus the same, within one sex and label",
        "clips": len(clips),
        "speakers": len({clip.speaker for clip in clips}),
        "fingerprint": fingerprint(clips),
        "feature_version": feature_schema()["version"],
    }


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m training.prosody_reference",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--table", type=Path, default=Path("cleaned_data.csv"))
    parser.add_argument("--cache", type=Path, default=Path("runs/cache"), help="of the features")
    parser.add_argument("--out", type=Path, default=Path(), help="folder with artifacts/")
    parser.add_argument("--seed", type=not_negative, default=1, help="that the cache was made with")
    parser.add_argument("--jobs", type=int, default=-1, help="processes that extract features")
    return parser


if __name__ == "__main__":
    sys.exit(main())
