"""The benchmark: nothing leaks, nothing is trained twice, and figures follow from files.

The end-to-end tests here replace the training by a stand-in, for a real one is
tested in test_training.py; all around it is what runs in earnest.
"""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from ser.bundle import SHIPPED
from ser.features import Features, feature_names
from ser.labels import INNER_LABELS
from tests.corpora_on_disk import write_corpus, write_demographics
from training import (
    baselines,
    evaluate,
    gate,
    prosody_reference,
    robustness,
    spectrograms,
    train,
)
from training.batches import fit_scaling
from training.benchmark.figures import compute_benchmark
from training.benchmark.fusion import best_share, fuse
from training.benchmark.listeners import heard_emotions
from training.benchmark.pool import join_parts
from training.benchmark.predictions import (
    FOLDER,
    UNTRAINED,
    Predictions,
    describe,
    is_finished,
    read_predictions,
    refuse_other_tables,
    write_predictions,
)
from training.benchmark.protocols import PROTOCOLS, check_part, make_part, part_names
from training.benchmark.report import _groups, as_markdown
from training.corpora import Clip, find_corpora, fingerprint, read_table, write_table
from training.dataset import Dataset, TrainingError
from training.folds import held_out_speakers
from training.recipes import __main__ as recipes
from training.teacher import NAME

SPEAKER_INDEPENDENT, LEAVE_OUT, RANDOM = PROTOCOLS


def _clips(corpus: str, speakers: int, emotions: Sequence[str], *, takes: int = 1) -> list[Clip]:
    """Clips without files; every other speaker is a woman."""
    family = corpus.removesuffix("_song")
    return [
        Clip(
            Path(f"{corpus}-{speaker}-{emotion}-{take}.wav"),
            corpus,
            emotion,
            "",
            f"{family}-{speaker}",
            sex=("male", "female")[speaker % 2],
            age=float(20 + speaker),
        )
        for speaker in range(1, speakers + 1)
        for emotion in emotions
        for take in range(takes)
    ]


def _speakers(clips: Sequence[Clip], indices: np.ndarray) -> set[str]:
    return {clips[i].speaker for i in indices}


# Who is trained on ------------------------------------------------------------


@pytest.fixture
def clips() -> list[Clip]:
    return [
        *_clips("ravdess", 24, ("neutral", "sad")),
        *_clips("ravdess_song", 24, ("neutral", "sad")),
        *_clips("emodb", 10, ("boredom", "sad")),
        *_clips("iesc", 8, ("neutral", "sad")),
    ]


def test_no_speaker_has_two_parts(clips: list[Clip]) -> None:
    for protocol in (SPEAKER_INDEPENDENT, LEAVE_OUT):
        for name in part_names(protocol, clips):
            part = make_part(clips, protocol, name, seed=1)
            training, calibration, test = (
                _speakers(clips, indices)
                for indices in (part.training, part.calibration, part.test)
            )
            assert test
            assert calibration
            assert not training & test
            assert not calibration & (training | test)


def test_the_joint_folds_test_every_clip_once() -> None:
    clips = _clips("ravdess", 24, ("neutral", "sad"))
    parts = [
        make_part(clips, SPEAKER_INDEPENDENT, name, seed=1)
        for name in part_names(SPEAKER_INDEPENDENT)
    ]
    tested = np.concatenate([part.test for part in parts])
    assert sorted(tested) == list(range(len(clips)))
    assert _speakers(clips, parts[0].test) == {
        name for name in held_out_speakers(1) if name.startswith("ravdess")
    }


def test_song_goes_where_its_singer_goes(clips: list[Clip]) -> None:
    assert "ravdess_song" not in part_names(LEAVE_OUT, clips)
    part = make_part(clips, LEAVE_OUT, "ravdess", seed=1)
    assert {clips[i].corpus for i in part.test} == {"ravdess", "ravdess_song"}
    part = make_part(clips, SPEAKER_INDEPENDENT, "fold-1", seed=1)
    assert "ravdess_song" not in {clips[i].corpus for i in part.calibration}


def test_the_temperature_is_fitted_on_women_and_men_and_no_small_corpus(clips: list[Clip]) -> None:
    part = make_part(clips, SPEAKER_INDEPENDENT, "fold-2", seed=1)
    kept = [clips[i] for i in part.calibration]
    assert {clip.corpus for clip in kept} == {"ravdess"}
    assert {clip.sex for clip in kept} == {"female", "male"}
    assert len({clip.speaker for clip in kept}) == 2
    assert (
        make_part(clips, SPEAKER_INDEPENDENT, "fold-2", seed=1, calibrate=False).calibration.size
        == 0
    )


def test_a_random_split_is_stratified_and_follows_the_seed(clips: list[Clip]) -> None:
    part = make_part(clips, RANDOM, "fold-1", seed=1)
    again, other = (make_part(clips, RANDOM, "fold-1", seed=seed) for seed in (1, 2))
    assert part.test.tolist() == again.test.tolist() != other.test.tolist()
    assert len(part.test) == pytest.approx(len(clips) / 6, abs=2)
    assert not set(part.calibration) & {*part.test, *part.training}


def test_an_unknown_part_names_those_that_exist(clips: list[Clip]) -> None:
    with pytest.raises(TrainingError, match=r"no part 'tess'; it has ravdess, emodb, iesc"):
        make_part(clips, LEAVE_OUT, "tess", seed=1)


def _written(tmp_path: Path, name: str, speaker: str, content: bytes) -> Clip:
    path = tmp_path / name
    path.write_bytes(content)
    return Clip(path, "ravdess", "sad", "", speaker)


def test_leakage_is_refused_on_the_clips_really_used(tmp_path: Path) -> None:
    clips = [_written(tmp_path, f"{i}.wav", f"ravdess-{i}", bytes([i, 1, 2])) for i in range(1, 25)]
    part = make_part(clips, SPEAKER_INDEPENDENT, "fold-1", seed=1)
    check_part(part, clips)
    tampered = replace(part, training=np.append(part.training, part.test[0]))
    with pytest.raises(TrainingError, match="both sides"):
        check_part(tampered, clips)
    kept_and_tested = replace(part, calibration=np.append(part.calibration, part.test[0]))
    with pytest.raises(TrainingError, match="both sides"):
        check_part(kept_and_tested, clips)
    clips[part.training[0]].path.write_bytes(clips[part.test[0]].path.read_bytes())
    with pytest.raises(TrainingError, match="is a copy of"):
        check_part(part, clips)
    check_part(replace(tampered, protocol=RANDOM), clips)  # leakage by design, and said so


# Listeners --------------------------------------------------------------------


def _votes(folder: Path, rows: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "summaryTable.csv").write_text(f'"","FileName","VoiceVote"\n{rows}\n')


def test_votes_are_read_and_ties_keep_all_names(tmp_path: Path) -> None:
    _votes(tmp_path, '"1","1001_IEO_NEU_XX","N"\n"2","1001_IEO_HAP_LO","A:D"')
    clips = [
        Clip(tmp_path / "AudioWAV" / f"{name}.flac", corpus, "sad", "", "x")
        for name, corpus in (
            ("1001_IEO_NEU_XX", "cremad"),
            ("1001_IEO_HAP_LO", "cremad"),
            ("1001_IEO_SAD_LO", "cremad"),
            ("1001_IEO_NEU_XX", "own"),
        )
    ]
    assert heard_emotions(clips) == ["neutral", "angry:disgust", "", ""]


def test_another_table_of_that_name_is_refused(tmp_path: Path) -> None:
    (tmp_path / "summaryTable.csv").write_text("a,b\n1,2\n")
    with pytest.raises(TrainingError, match=r"summaryTable.csv is not CREMA-D's table"):
        heard_emotions([Clip(tmp_path / "1001_IEO_NEU_XX.wav", "cremad", "sad", "", "x")])


# From files to figures --------------------------------------------------------


def _predictions(
    clips: Sequence[Clip],
    answers: Sequence[str],
    *,
    part: str = "fold-1",
    protocol: str = SPEAKER_INDEPENDENT,
    cnn: Sequence[str] | None = None,
    **changes: Any,
) -> Predictions:
    """Both models' sure answers; the CNN's are the hybrid's unless given."""
    logits = {
        model: 6.0 * np.eye(9)[[INNER_LABELS.index(answer) for answer in given]]
        for model, given in (("cnn", cnn or answers), ("hybrid", answers))
    }
    facts = {
        "protocol": protocol,
        "part": part,
        "models": list(logits),
        "kept_apart": {"speakers": [], "clips": 0},
        "emotions": list(INNER_LABELS),
        "seed": 1,
        "speakers": 5,
        "data": fingerprint(clips),
        **changes,
    }
    return Predictions(facts, describe(clips, role=["test"] * len(clips)), logits)


def _row(figures: dict[str, Any], **wanted: Any) -> dict[str, Any]:
    (row,) = [
        row for row in figures["rows"] if all(row[name] == value for name, value in wanted.items())
    ]
    return row


def _emotions(clips: Sequence[Clip]) -> list[str]:
    return [clip.emotion for clip in clips]


def test_predictions_come_back_as_they_were_written(tmp_path: Path) -> None:
    # The last name is not UTF-8.
    own = [Clip(Path(name), "own", "sad", "", "a") for name in ("007.wav", "b\udcff.wav")]
    clips = [*_clips("emodb", 2, ("boredom", "sad")), *own]
    written = _predictions(clips, _emotions(clips))
    written.logits["cnn"][:] = np.random.default_rng(0).normal(size=(6, 9))
    path = write_predictions(tmp_path, "part", written)
    (read,) = read_predictions(tmp_path)
    assert read.facts == written.facts
    assert read.clips["clip"].tolist()[-2:] == ["007", r"b\udcff"]
    assert read.clips[["sex", "heard"]].iloc[-1].tolist() == ["", ""]
    np.testing.assert_allclose(read.clips["age"], written.clips["age"])
    np.testing.assert_allclose(read.logits["cnn"], written.logits["cnn"], atol=5.1e-4)
    before = path.read_bytes()
    assert write_predictions(tmp_path, "part", written).read_bytes() == before


def test_damaged_predictions_are_named(tmp_path: Path) -> None:
    clips = _clips("emodb", 2, ("sad",))
    path = write_predictions(tmp_path, "part", _predictions(clips, _emotions(clips)))
    path.write_bytes(path.read_bytes()[:40])
    with pytest.raises(TrainingError, match=r"part\.csv\.gz .* make them anew"):
        read_predictions(tmp_path)


def test_damaged_facts_are_named_before_anything_is_trained(
    trainings: Trainings, on_disk: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert evaluate.main([*on_disk, "--folds", "1"]) == 0
    facts = tmp_path / FOLDER / f"{SPEAKER_INDEPENDENT}-fold-1.json"
    facts.write_text(facts.read_text()[:40])
    for fold in ("1", "2"):
        assert evaluate.main([*on_disk, "--folds", fold]) == 1
        assert f"with {facts.name} cannot be read" in capsys.readouterr().err
    with pytest.raises(TrainingError, match="remove both and make them anew"):
        is_finished(tmp_path / FOLDER, facts.stem, {})
    assert len(trainings.calls) == 1


def test_a_corpus_is_answered_among_its_own_emotions_and_among_all() -> None:
    clips = _clips("iesc", 4, ("sad", "angry"), takes=2)
    predictions = _predictions(clips, _emotions(clips))
    logits = predictions.logits["hybrid"]
    logits[:, INNER_LABELS.index("surprised")] = 9.0  # nobody is, in this corpus
    figures = compute_benchmark([predictions])
    row = _row(figures, model="hybrid")
    assert (row["uar"], row["uar_any"], row["classes"], row["n"]) == (1.0, 0.0, 2, 16)
    assert row["uar_ci95"] == [1.0, 1.0]


def test_calm_and_boredom_are_scored_and_folded_away() -> None:
    ravdess = _clips("ravdess", 3, ("neutral", "calm", "sad"))
    emodb = _clips("emodb", 3, ("boredom", "neutral", "sad"))
    answers = ["calm", "neutral", "sad"] * 3 + ["neutral", "neutral", "sad"] * 3
    figures = compute_benchmark([_predictions([*ravdess, *emodb], answers)])
    three = _row(figures, corpus="ravdess", classes=3, model="cnn")
    assert three["uar"] == pytest.approx(1 / 3)
    assert three["confusion"] == [[0, 3, 0], [3, 0, 0], [0, 0, 3]]
    assert _row(figures, corpus="ravdess", classes=2, model="cnn")["uar"] == 1.0
    bored = _row(figures, corpus="emodb", classes=3, model="cnn")
    assert bored["recall"] == {"neutral": 1.0, "sad": 1.0, "boredom": 0.0}
    assert _row(figures, corpus="emodb", classes=2, model="cnn")["n"] == 6


def test_what_a_model_never_met_is_no_class_of_its_test() -> None:
    clips = _clips("ravdess", 3, ("neutral", "calm", "sad"))
    predictions = _predictions(
        clips, ["neutral", "neutral", "sad"] * 3, protocol=LEAVE_OUT, emotions=["neutral", "sad"]
    )
    figures = compute_benchmark([predictions])
    assert {row["classes"] for row in figures["rows"]} == {2}


def test_every_answer_is_counted_once_among_those_of_its_confidence() -> None:
    clips = _clips("iesc", 4, ("sad", "angry"), takes=2)
    predictions = _predictions(clips, ["sad"] * len(clips))
    song = _clips("ravdess_song", 2, ("sad",))
    entries = compute_benchmark([predictions, _predictions(song, ["sad"] * 2)])["confidence"]
    own = {entry["emotion"]: entry for entry in entries if entry["model"] == "cnn"}
    counted = [n for entry in own.values() for n in (*entry["right"], *entry["wrong"])]
    assert sum(counted) == len(clips), "song is no part of it"
    assert (sum(own["sad"]["right"]), sum(own["sad"]["wrong"])) == (8, 8)
    assert own["sad"]["right"][-1] == 8, "all are sure"


def test_speaker_sex_and_age_are_told_apart() -> None:
    clips = _clips("iesc", 12, ("sad", "angry"))
    answers = [c.emotion if c.sex == "female" else "sad" for c in clips]
    row = _row(compute_benchmark([_predictions(clips, answers)]), model="hybrid")
    assert row["by_sex"]["female"] == {"uar": 1.0, "accuracy": 1.0, "n": 12}
    assert row["by_sex"]["male"]["uar"] == 0.5
    assert row["by_age"].keys() == {"under 30", "30 to 44"}
    assert row["by_speaker"]["iesc-2"]["accuracy"] == 0.5
    low, high = row["uar_ci95"]
    assert 0.5 < low < row["uar"] == 0.75 < high < 1.0


def test_listeners_are_a_truth_and_a_rival(tmp_path: Path) -> None:
    names = ["1001_IEO_SAD_XX", "1001_TIE_SAD_XX", "1002_IEO_ANG_XX", "1002_TIE_ANG_XX"]
    votes = zip(names, ("S", "A", "A", "A:S"), strict=True)
    _votes(tmp_path, "\n".join(f"1,{name},{vote}" for name, vote in votes))
    acted = ["sad", "sad", "angry", "angry"]
    clips = [
        Clip(tmp_path / f"{name}.wav", "cremad", emotion, "", f"cremad-{name[:4]}")
        for name, emotion in zip(names, acted, strict=True)
    ]
    figures = compute_benchmark([_predictions(clips, ["sad", "angry", "angry", "sad"])])
    heard = _row(figures, truth="heard", model="hybrid")
    assert (heard["uar"], heard["n"]) == (1.0, 3), "tied votes are no truth"
    people = _row(figures, model="people")
    assert people["accuracy"] == pytest.approx(2 / 3)
    (agreement,) = figures["people"]
    assert agreement["agreement"] == pytest.approx(2.5 / 4)
    assert agreement["tied"] == 1


def test_without_the_table_of_votes_the_report_says_so() -> None:
    clips = _clips("cremad", 3, ("sad", "angry"))
    figures = compute_benchmark([_predictions(clips, _emotions(clips))])
    assert not [row for row in figures["rows"] if row["truth"] == "heard"]
    assert "heard: not computed" in as_markdown(figures)


def test_the_difference_is_paired_and_song_stays_out() -> None:
    clips = [*_clips("iesc", 8, ("sad", "angry")), *_clips("ravdess_song", 8, ("sad", "angry"))]
    # The CNN fails with each speaker's anger: the gain is the same with everyone.
    predictions = _predictions(clips, _emotions(clips), cnn=["sad"] * len(clips))
    pooled, own = compute_benchmark([predictions])["differences"]
    assert (pooled["corpus"], own["corpus"]) == ("all speech", "iesc")
    assert pooled["uar"] == {"difference": 0.5, "ci95": [0.5, 0.5]}
    assert pooled["n"] == 16


def test_not_sure_is_decided_on_the_speakers_kept_apart() -> None:
    clips = _clips("iesc", 8, ("sad", "angry"))
    predictions = _predictions(clips, ["sad"] * 16)
    predictions.clips.loc[8:, "role"] = "calibration"
    # Sadness is answered surely, and rightly, only where it was acted.
    for values in predictions.logits.values():
        values[1::2] /= 6
    figures = compute_benchmark([predictions])
    (entry,) = [
        entry
        for entry in figures["calibration"]
        if entry["model"] == "hybrid" and entry["corpus"] == "all speech"
    ]
    assert entry["n"] == 8
    assert entry["not_sure"]["coverage"] == 0.5
    assert entry["not_sure"]["accuracy"] == 1.0
    assert entry["not_sure"]["thresholds"]["fold-1"]["chosen_on"] == "speakers kept apart"
    fitted = figures["protocols"][SPEAKER_INDEPENDENT]["fitted"]["fold-1"]
    assert fitted["on"] == "speakers kept apart"
    loud = np.exp(6 / fitted["temperature"]["hybrid"])
    sure = loud / (loud + 6)  # softmax of 6 and six zeros, bar two
    assert entry["not_sure"]["thresholds"]["fold-1"]["from"] == pytest.approx(sure, abs=0.03)
    assert entry["accuracy_at_coverage"][9] == 1.0


def test_without_speakers_kept_apart_the_other_parts_decide() -> None:
    clips = _clips("iesc", 4, ("sad", "angry"))
    one = _predictions(clips, _emotions(clips))
    alone = compute_benchmark([one])["calibration"][0]
    assert alone["not_sure"] is None
    two = replace(one, facts={**one.facts, "part": "fold-2"})
    both = compute_benchmark([one, two])["calibration"][0]
    assert both["not_sure"]["thresholds"]["fold-1"]["chosen_on"] == "other parts"


def test_a_part_that_kept_nobody_apart_takes_its_temperature_from_the_others() -> None:
    clips = _clips("iesc", 10, ("sad", "angry"))
    always_right = _predictions(clips, _emotions(clips))
    often_wrong = _predictions(clips, ["angry", "sad"] * 4 + ["sad", "angry"] * 6, part="fold-2")
    (pool,) = join_parts([always_right, often_wrong])
    cool, hot = np.unique(pool.temperatures["cnn"])
    assert set(pool.temperatures["cnn"][:20]) == {hot}, "the other part was often wrong"
    assert set(pool.temperatures["cnn"][20:]) == {cool}
    assert cool < 1 < hot
    (alone,) = join_parts([always_right])
    assert set(alone.temperatures["cnn"]) == {1.0}


def test_the_hybrid_listens_to_each_network_as_far_as_others_found_it_right() -> None:
    """Each part is fused as the other part would have it, and never by its own clips."""
    clips = _clips("iesc", 10, ("sad", "angry"))
    truth, swapped = ["sad", "angry"] * 10, ["angry", "sad"] * 10
    mostly = [*truth[:16], *swapped[16:]]
    half = [*truth[:10], *swapped[10:]]
    trust_cnn = _fused(clips, cnn=mostly, functionals=half, part="fold-1")
    trust_functionals = _fused(clips, cnn=half, functionals=mostly, part="fold-2")
    figures = compute_benchmark([trust_cnn, trust_functionals])
    fitted = figures["protocols"][SPEAKER_INDEPENDENT]["fitted"]
    assert fitted["fold-1"]["share"] > 0.9
    assert fitted["fold-2"]["share"] < 0.1
    assert figures["functionals_share"] == pytest.approx(0.5, abs=0.05)
    (pool,) = join_parts([trust_cnn, trust_functionals])
    np.testing.assert_allclose(
        pool.logits["hybrid"][:20],
        fuse(trust_cnn.logits["cnn"], trust_cnn.logits["functionals"], fitted["fold-1"]["share"]),
    )
    (alone,) = join_parts([trust_cnn])
    assert alone.fitted["fold-1"].share == 0.5


def test_a_random_split_is_fused_as_unheard_speakers_would_have_it_but_for_its_own_clips() -> None:
    """It needs one part alone; half a share would sell it short."""
    clips = _clips("iesc", 10, ("sad", "angry"))
    truth, swapped = ["sad", "angry"] * 10, ["angry", "sad"] * 10
    heard = _fused(clips[:10], cnn=truth[:10], functionals=truth[:10], part="fold-1")
    heard = replace(heard, facts={**heard.facts, "protocol": RANDOM})
    # On its own clips the CNN alone is right, on all others the functionals.
    cnn, functionals = [*truth[:10], *swapped[10:]], [*swapped[:10], *truth[10:]]
    unheard = _fused(clips, cnn=cnn, functionals=functionals, part="fold-1")
    *_, random = join_parts([unheard, heard])
    assert random.fitted["fold-1"].on == "other clips of unheard speakers"
    assert random.fitted["fold-1"].share > 0.9
    (alone,) = join_parts([heard])
    assert alone.fitted["fold-1"].share == 0.5
    left_out = replace(heard, facts={**heard.facts, "protocol": "leave-one-corpus-out"})
    *_, other = join_parts([unheard, left_out])
    assert other.fitted["fold-1"].share == 0.5, "a corpus left out was never a known one"


def test_the_median_speaker_of_an_even_number_lies_between_two() -> None:
    by_speaker = {str(share): {"accuracy": share} for share in (0.2, 1.0, 0.8, 0.4)}
    row = {"corpus": "tess", "classes": 7, "model": "cnn", "by_speaker": by_speaker}
    assert _groups({**row, "by_sex": {}, "by_age": {}}, [])[-1] == "20.0 / 60.0 / 100.0"


def test_one_who_says_much_does_not_decide_alone_how_the_hybrid_listens() -> None:
    """A hundred clips of one voice, for which the CNN is better, and sixteen voices of one."""
    speakers = np.array(["one"] * 100 + [f"other-{i}" for i in range(16)])
    truth = np.arange(116) % 2 + 2
    one, others = np.arange(100), np.arange(16)
    right = np.array([[*(one % 5 > 0), *(others % 2 > 0)], [*(one % 4 > 1), *(others > 0)]])
    answers = np.where(right, truth, 5 - truth)
    cnn, functionals = 2.0 * np.eye(9)[answers + 1]
    assert best_share(cnn, functionals, truth, speakers) > 0.5
    assert best_share(cnn, functionals, truth, np.arange(116).astype(str)) < 0.45


def _fused(
    clips: Sequence[Clip], *, cnn: Sequence[str], functionals: Sequence[str], part: str
) -> Predictions:
    predictions = _predictions(clips, functionals, cnn=cnn, part=part)
    logits = {"cnn": predictions.logits["cnn"], "functionals": predictions.logits["hybrid"]}
    return replace(predictions, logits=logits, facts={**predictions.facts, "models": list(logits)})


def test_what_to_ship_is_fitted_on_unheard_speakers_of_one_protocol() -> None:
    clips = _clips("iesc", 10, ("sad", "angry"))
    answers = ["sad", "angry"] * 8 + ["angry", "sad"] * 2
    figures = compute_benchmark([_predictions(clips, answers)])
    assert figures["temperature"]["cnn"] > 1.5, "sure of all, right with four of five"
    assert compute_benchmark([_predictions(clips, answers, protocol=RANDOM)])["temperature"] == {}


def test_what_is_shipped_is_tried_on_corpora_that_were_left_out() -> None:
    """Sure and right where other voices of the corpus were heard, sure and half right elsewhere."""
    heard = _clips("iesc", 10, ("sad", "angry"))
    left_out = _clips("emodb", 10, ("sad", "angry"))
    known = _predictions(heard, ["sad", "angry"] * 9 + ["angry", "angry"])
    unlike = _predictions(left_out, ["sad"] * 20, part="emodb", protocol=LEAVE_OUT)
    figures = compute_benchmark([known, unlike])
    entries = {(each["corpus"], each["model"]): each for each in figures["as_shipped"]}
    assert entries.keys() == {(c, m) for c in ("all speech", "emodb") for m in ("cnn", "hybrid")}
    entry = entries["all speech", "hybrid"]
    assert entry["n"] == 20
    assert entry["mean_confidence"] == pytest.approx(0.95, abs=0.02), "as right as where fitted"
    assert entry["ece"] == pytest.approx(0.45, abs=0.02)
    assert entry["not_sure"] == {"coverage": 1.0, "accuracy": 0.5}
    assert "### As shipped" in as_markdown(figures)
    assert compute_benchmark([known])["as_shipped"] == []


def test_the_report_says_what_is_missing_and_what_is_speaker_dependent() -> None:
    clips = _clips("iesc", 4, ("sad", "angry"))
    parts = [
        _predictions(clips, _emotions(clips)),
        _predictions(clips, _emotions(clips), protocol=RANDOM),
    ]
    text = as_markdown(compute_benchmark(parts))
    assert "**incomplete**; in: fold-1; missing: fold-2, fold-3" in text
    assert "## Random: speaker-dependent" in text
    assert "| IESC, speaker-dependent | 2 | hybrid" in text
    assert "## Leave one corpus out\n\nNot run yet." in text


# The command ------------------------------------------------------------------


class Trainings:
    """Stands in for :func:`train_models`, and remembers what it was given."""

    def __init__(self) -> None:
        self.calls: list[SimpleNamespace] = []

    def __call__(self, dataset: Dataset, scaling: Any, **options: Any) -> dict[str, Any]:
        self.calls.append(SimpleNamespace(dataset=dataset, scaling=scaling, **options))
        network = SimpleNamespace(count_params=lambda: 7)
        return {"cnn": network, "functionals": network}


def _featureless(clips: Sequence[Clip], **_: Any) -> Dataset:
    rng = np.random.default_rng(0)
    features = [
        Features(
            rng.normal(size=(20, 64)).astype(np.float32),
            rng.normal(size=len(feature_names())).astype(np.float32),
        )
        for _ in clips
    ]
    variants = [np.zeros((4, len(feature_names())), dtype=np.float16) for _ in clips]
    return Dataset(list(clips), features, features, variants, variants, {})


@pytest.fixture
def trainings(monkeypatch: pytest.MonkeyPatch) -> Trainings:
    """Replace extraction, training and networks; these err with fold 1's speakers only."""
    stand_in = Trainings()

    def logits(_: object, dataset: Dataset, __: object) -> np.ndarray:
        wrong = [clip.speaker in held_out_speakers(1) for clip in dataset.clips]
        return 3.0 * np.eye(9)[(dataset.targets() + wrong) % 9]

    monkeypatch.setattr(evaluate, "train_models", stand_in)
    monkeypatch.setattr(evaluate, "load_dataset", _featureless)
    monkeypatch.setattr(evaluate, "predict_logits", logits)
    return stand_in


@pytest.fixture
def on_disk(tmp_path: Path) -> list[str]:
    """Options that name a table of two small corpora."""
    write_corpus(tmp_path / "data/emodb", "emodb", speakers=4, takes=1, seconds=0.1)
    files = write_corpus(tmp_path / "data/crema", "cremad", speakers=22, takes=1, seconds=0.1)
    actors = range(1001, 1023)
    rows = " ".join(f"{actor},{actor - 980},{('Male', 'Female')[actor % 2]}" for actor in actors)
    write_demographics(tmp_path / "data/crema", rows)
    _votes(tmp_path / "data/crema", "\n".join(f"1,{file.stem},S" for file in files))
    found = find_corpora(tmp_path / "data").found
    write_table([clip for corpus in found for clip in corpus.clips], tmp_path / "clips.csv")
    folders = {"--table": "clips.csv", "--out": "", "--runs": "runs", "--cache": "cache"}
    return [text for option, name in folders.items() for text in (option, str(tmp_path / name))]


def test_finished_folds_are_not_trained_again(
    trainings: Trainings, on_disk: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert evaluate.main([*on_disk, "--folds", "1"]) == 0
    assert evaluate.main([*on_disk, "--folds", "1", "2"]) == 0
    assert [call.run.folder.name for call in trainings.calls] == [
        "speaker-independent-fold-1",
        "speaker-independent-fold-2",
    ]
    assert "fold-1: finished before" in capsys.readouterr().out


def test_a_fold_that_was_made_otherwise_is_not_taken_for_finished(
    trainings: Trainings, on_disk: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert evaluate.main([*on_disk, "--folds", "1"]) == 0
    for what, options in {
        "seed": ["--seed", "2"],
        "stages": ["--epochs", "3"],
        "teacher": ["--teacher", "ear.onnx"],
        "calibrate": ["--no-calibration"],
    }.items():
        assert evaluate.main([*on_disk, "--folds", "1", *options]) == 1
        assert f"was made otherwise ({what}):" in capsys.readouterr().err
    write_table(read_table(tmp_path / "clips.csv")[1:], tmp_path / "clips.csv")
    for fold in ("1", "2"):  # the other one, too: both would be told as one table's
        assert evaluate.main([*on_disk, "--folds", fold]) == 1
        assert "was made of other recordings: give another --out" in capsys.readouterr().err
    assert len(trainings.calls) == 1


def test_the_shipped_folds_are_not_taken_for_those_of_other_recordings(
    trainings: Trainings, on_disk: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """They were written before facts told of the table, the teacher and who was kept apart."""
    shutil.copytree(SHIPPED / FOLDER, tmp_path / FOLDER)
    assert evaluate.main([*on_disk, "--folds", "1"]) == 1
    assert "was made of other recordings" in capsys.readouterr().err
    assert not trainings.calls
    name = f"{SPEAKER_INDEPENDENT}-fold-1"
    facts = json.loads((SHIPPED / FOLDER / f"{name}.json").read_text())
    refuse_other_tables(SHIPPED / FOLDER, facts["data"])
    assert is_finished(SHIPPED / FOLDER, name, {"teacher": NAME, "calibrate": False})
    with pytest.raises(TrainingError, match=r"was made otherwise \(teacher, calibrate\)"):
        is_finished(SHIPPED / FOLDER, name, {"teacher": None, "calibrate": True})


def test_folds_that_test_none_of_the_clips_are_passed_over(
    trainings: Trainings, on_disk: list[str], tmp_path: Path
) -> None:
    """TESS alone has speakers in two of the six folds."""
    write_corpus(tmp_path / "data/tess", "tess", takes=1, seconds=0.1)
    (tess,) = [each for each in find_corpora(tmp_path / "data").found if each.name == "tess"]
    write_table(tess.clips, tmp_path / "clips.csv")
    assert evaluate.main(on_disk) == 0
    told = [part.facts["part"] for part in read_predictions(tmp_path / FOLDER)]
    assert told == ["fold-1", "fold-2"]
    assert (tmp_path / "reports/BENCHMARK.md").exists()


def test_clips_of_strangers_alone_cannot_be_held_out(
    trainings: Trainings, on_disk: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_table(_clips("mine", 3, ("sad", "angry")), tmp_path / "clips.csv")
    assert evaluate.main(on_disk) == 1
    assert "None of these speakers is in the folds" in capsys.readouterr().err
    assert not trainings.calls


def test_a_place_that_cannot_be_written_is_told_before_anything_is_trained(
    trainings: Trainings, on_disk: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    for command in (evaluate, train):
        assert command.main([*on_disk, "--out", str(tmp_path / "file")]) == 1
        told = capsys.readouterr().err
        assert told.startswith("error: ")
        assert "file" in told
    assert not trainings.calls


@pytest.mark.parametrize("options", [["--epochs", "0"], ["--seed", "-1"], ["--epochs", "many"]])
def test_numbers_that_make_no_sense_are_refused_before_anything_is_measured(
    options: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    for command in (evaluate, train):
        with pytest.raises(SystemExit, match="2"):
            command.main(options)
        assert "is not a number" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("command", "given"),
    [
        (gate.main, ["--noise", "folder"]),
        (prosody_reference.main, []),
        (robustness.main, []),
        (spectrograms.main, ["pack", "pack.npz"]),
        (spectrograms.main, ["train", "pack.npz"]),
        (recipes.main, ["run", "mlp-ravdess"]),
    ],
)
def test_a_seed_below_zero_is_refused_by_all(
    command: Callable[[list[str]], int], given: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="2"):
        command([*given, "--seed", "-1"])
    assert "'-1' is not a number" in capsys.readouterr().err


def test_a_fold_trains_and_scales_on_its_training_part_alone(
    trainings: Trainings, on_disk: list[str], tmp_path: Path
) -> None:
    assert evaluate.main([*on_disk, "--folds", "1"]) == 0
    (call,) = trainings.calls
    trained = {clip.speaker for clip in call.dataset.clips}
    assert not trained & held_out_speakers(1)
    np.testing.assert_allclose(call.scaling.spec_mean, fit_scaling(call.dataset).spec_mean)
    (predictions,) = read_predictions(tmp_path / FOLDER)
    kept = set(predictions.facts["kept_apart"]["speakers"])
    assert len(kept) == 1
    assert not kept & trained
    tested = predictions.clips[predictions.clips["role"] == "test"]
    assert set(tested["speaker"]) <= held_out_speakers(1)
    assert set(predictions.logits) == {"cnn", "functionals"}
    figures = json.loads((tmp_path / "reports/benchmark.json").read_text())
    fitted = figures["protocols"][SPEAKER_INDEPENDENT]["fitted"]["fold-1"]
    assert fitted["temperature"]["hybrid"] < 1, "right with those kept apart, so too modest"
    assert set(tested["heard"][tested["corpus"] == "cremad"]) == {"sad"}


def test_a_fold_that_keeps_nobody_apart_takes_up_the_training_of_training_train(
    trainings: Trainings, on_disk: list[str], tmp_path: Path
) -> None:
    assert evaluate.main([*on_disk, "--folds", "1", "--no-calibration", "--resume"]) == 0
    (call,) = trainings.calls
    assert call.run.folder == tmp_path / "runs/fold-1"
    assert call.run.resume
    (predictions,) = read_predictions(tmp_path / FOLDER)
    assert predictions.facts["kept_apart"] == {"speakers": [], "clips": 0}
    assert set(predictions.clips["role"]) == {"test"}


def test_an_unheard_emotion_gets_no_say(
    trainings: Trainings, on_disk: list[str], tmp_path: Path
) -> None:
    assert evaluate.main([*on_disk, "--protocol", LEAVE_OUT, "--folds", "emodb"]) == 0
    (predictions,) = read_predictions(tmp_path / FOLDER)
    boredom = predictions.logits["cnn"][:, INNER_LABELS.index("boredom")]
    assert (boredom == UNTRAINED).all()


@pytest.mark.filterwarnings("ignore:The least populated class")
def test_a_random_split_is_announced_as_what_it_is(
    trainings: Trainings, on_disk: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert evaluate.main([*on_disk, "--protocol", RANDOM, "--folds", "3"]) == 0
    assert "speaker-dependent" in capsys.readouterr().out


def test_the_report_alone_needs_no_recordings(
    trainings: Trainings, on_disk: list[str], tmp_path: Path
) -> None:
    assert evaluate.main([*on_disk, "--folds", "1"]) == 0
    first = (tmp_path / "reports/benchmark.json").read_text()
    for path in (tmp_path / "reports/benchmark.json", tmp_path / "clips.csv"):
        path.unlink()
    assert evaluate.main(["--report-only", "--out", str(tmp_path)]) == 0
    assert (tmp_path / "reports/benchmark.json").read_text() == first
    assert len(trainings.calls) == 1
    assert json.loads(first)["protocols"][SPEAKER_INDEPENDENT]["models"]["cnn"]["parts"]


def test_without_predictions_there_is_no_report(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert evaluate.main(["--report-only", "--out", str(tmp_path)]) == 1
    assert "no predictions" in capsys.readouterr().err


# Baselines --------------------------------------------------------------------


def test_the_svm_answers_what_can_be_told_apart() -> None:
    rng = np.random.default_rng(0)
    emotions = ["sad", "angry", "boredom"] * 20
    centres = {"sad": 0.0, "angry": 4.0, "boredom": 8.0}
    features = np.array([[centres[e], 1.0] for e in emotions]) + rng.normal(0, 0.3, (60, 2))
    speakers = [str(i // 15) for i in range(60)]
    scores, cost = baselines.fit_and_score(
        features, emotions, speakers, features, costs=(1e-6, 10.0, 20.0)
    )
    assert cost >= 10.0, "chosen inside the training part"
    answers = [INNER_LABELS[i] for i in scores.argmax(axis=1)]
    assert np.mean([a == b for a, b in zip(answers, emotions, strict=True)]) > 0.6
    assert (scores[:, INNER_LABELS.index("fear")] == UNTRAINED).all()


def test_baselines_stand_beside_the_networks(
    trainings: Trainings, on_disk: list[str], tmp_path: Path
) -> None:
    pytest.importorskip("opensmile")
    assert evaluate.main([*on_disk, "--folds", "1"]) == 0
    options = [text for text in on_disk if "runs" not in text]
    assert baselines.main([*options, "--sets", "eGeMAPS", "--folds", "1"]) == 0
    figures = json.loads((tmp_path / "reports/benchmark.json").read_text())
    rows = {row["model"]: row for row in figures["rows"] if row["corpus"] == "cremad"}
    assert rows["eGeMAPS + SVM"]["n"] == rows["cnn"]["n"]
    assert "eGeMAPS + SVM" not in {entry["model"] for entry in figures["calibration"]}


def test_missing_opensmile_is_said_in_a_sentence(
    on_disk: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "opensmile", None)
    options = [text for text in on_disk if "runs" not in text]
    assert baselines.main([*options, "--folds", "1"]) == 1
    assert "pip install -r requirements-dev.txt" in capsys.readouterr().err
