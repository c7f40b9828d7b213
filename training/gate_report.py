"""What the speech gate reaches on speakers and noises that it never heard."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ser.audio import Sound
from ser.gate import SpeechGate
from training.gate_examples import HUMAN, Example, Noise


def gate_report(
    examples: Sequence[Example],
    scores: np.ndarray,
    thresholds: np.ndarray,
    *,
    folds: np.ndarray,
    unheard: np.ndarray,
) -> dict[str, Any]:
    """Count what is accepted and what is refused.

    Parameters
    ----------
    scores, thresholds : np.ndarray [shape=(examples,)]
        Each from the fold that holds the example out.
    folds : np.ndarray [shape=(examples,)]
        Which fold that is.
    unheard : np.ndarray [shape=(examples,), dtype=bool]
        Whether that fold holds out the noise in it too; what is mixed with noise that its
        judge has learnt is not counted.
    """
    passed = scores >= thresholds
    speech = np.array([e.speech for e in examples])
    clean = np.array([e.variant == "clean" for e in examples])
    synthetic = np.array([e.synthetic for e in examples])
    human = np.array([e.group in HUMAN for e in examples])
    real = ~speech & ~synthetic & ~human
    late = folds > 3

    def by(name: str, wanted: np.ndarray, *, refused: bool) -> dict[str, Any]:
        values = np.array([getattr(e, name) for e in examples])
        return {
            value: _share(passed, wanted & (values == value), refused=refused)
            for value in sorted(set(values[wanted]))
        }

    return {
        "protocol": "speakers unheard, and classes of noise, alone and mixed with speech, but "
        "for white to brown noise; threshold from the other folds",
        "speech_accepted": {
            "all": _share(passed, speech & clean),
            "by_emotion": by("emotion", speech & clean, refused=False),
            "by_corpus": by("group", speech & clean, refused=False),
            "by_change": by("variant", speech & ~clean & unheard, refused=False),
        },
        "noise_refused": {
            "real": _share(passed, real & clean, refused=True),
            "synthetic": _share(passed, synthetic & clean, refused=True),
            "real_changed": _share(passed, real & ~clean, refused=True),
            "synthetic_changed": _share(passed, synthetic & ~clean, refused=True),
            "real_by_class": by("group", real & clean, refused=True),
            "synthetic_by_class": by("group", synthetic & clean, refused=True),
        },
        # Most settings were compared on folds 1 to 3; pitch and threshold in sight of these too.
        "folds_4_to_6": {
            "speech_accepted": _share(passed, speech & clean & late),
            "by_change": by("variant", speech & ~clean & late & unheard, refused=False),
            "real_refused": _share(passed, real & clean & late, refused=True),
            "synthetic_refused": _share(passed, synthetic & clean & late, refused=True),
        },
        "neither": by("group", human & clean, refused=False),
        "threshold_by_fold": {
            str(fold): round(float(thresholds[folds == fold][0]), 3)
            for fold in sorted(set(folds.tolist()))
        },
    }


def unseen_report(
    gate: SpeechGate, *, noises: Sequence[Noise], voices: Sequence[Noise]
) -> dict[str, Any]:
    """Count what the finished gate says to sounds and voices that it learnt nothing of.

    Noise is refused by either answer, ``no_speech`` or ``too_short``; what holds too
    little speech is left out of the voices. What is not there is not in the answer.
    """
    report = {}
    if noises:
        report["noise_refused"] = _by_group(*_verdicts(gate, noises), refused=True)
    if voices:
        verdicts = _verdicts(gate, voices, left_out="too_short")
        report["speech_accepted"] = _by_group(*verdicts, refused=False)
    return report


def summary(report: dict[str, Any]) -> str:
    """Say the main figures in a few lines."""
    accepted, refused = report["speech_accepted"], report["noise_refused"]
    lowest = min(accepted["by_emotion"].items(), key=lambda item: item[1]["percent"])
    lines = [
        f"speech accepted      {_said(accepted['all'])}; least: {lowest[0]} {_said(lowest[1])}",
        *[f"  {name:<18} {_said(share)}" for name, share in accepted["by_change"].items()],
        f"real noise refused   {_said(refused['real'])}",
        *[f"  {name:<18} {_said(share)}" for name, share in refused["real_by_class"].items()],
        f"synthetic refused    {_said(refused['synthetic'])}",
        *[f"  {name:<18} {_said(share)}" for name, share in refused["synthetic_by_class"].items()],
        "of these, folds 4 to 6",
        *[
            f"  {name:<18} {_said(report['folds_4_to_6'][name])}"
            for name in ("speech_accepted", "real_refused", "synthetic_refused")
        ],
        "unseen packages and languages",
        *[f"  {name:<18} {_said(shares['all'])}" for name, shares in report["unseen"].items()],
    ]
    return "\n".join(lines)


def _verdicts(
    gate: SpeechGate, sounds: Sequence[Noise], *, left_out: str = ""
) -> tuple[np.ndarray, np.ndarray]:
    """Ask of each sound whether it passes, and name its group [shape=(n,) each]."""
    status = np.array([gate.check(Sound(sound.samples)).status for sound in sounds], dtype=str)
    groups = np.array([sound.group for sound in sounds], dtype=str)
    kept = status != left_out
    return status[kept] == "ok", groups[kept]


def _by_group(passed: np.ndarray, groups: np.ndarray, *, refused: bool) -> dict[str, Any]:
    shares = {
        group: _share(passed, groups == group, refused=refused)
        for group in sorted(set(groups.tolist()))
    }
    return {"all": _share(passed, np.ones(len(passed), bool), refused=refused), "by_kind": shares}


def _share(passed: np.ndarray, wanted: np.ndarray, *, refused: bool = False) -> dict[str, Any]:
    count = int(wanted.sum())
    hits = int((passed[wanted] != refused).sum())
    return {"percent": round(100 * hits / max(count, 1), 2), "n": count, "count": hits}


def _said(share: dict[str, Any]) -> str:
    return f"{share['percent']:.2f} % of {share['n']}"
