"""The figures about the models: read from files, told in sentences."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ser import reports
from ser.architecture import read_blocks
from ser.bundle import MODEL_FILES, SHIPPED
from ser.charts.systems import SERIES, as_log, curves_chart, systems_chart
from ser.errors import ReportError
from ser.prediction import MODELS
from tests.figures import benchmark, calibration, robustness, row, write

READERS: dict[str, Callable[[Path], Any]] = {
    "reports/benchmark.json": reports.read_benchmark,
    "reports/gate.json": reports.read_gate,
    "reports/robustness.json": reports.read_robustness,
    "reports/peers.json": reports.read_peers,
    "reports/data.json": reports.read_data,
    "reports/recipes.json": reports.read_systems,
    "data.json": reports.read_own_data,
    "voices.json": reports.read_own_voices,
    "artifacts/manifest.json": reports.read_trained,
    "MODEL_CARD.md": reports.read_card,
}
OWN = ("data.json", "voices.json")
"""Made of one's own recordings, and nowhere committed."""


@pytest.mark.parametrize("name", READERS)
def test_what_is_missing_is_told_with_what_makes_it(name: str, tmp_path: Path) -> None:
    with pytest.raises(ReportError, match=r"is not there: (python -m training\.|fetch)") as told:
        READERS[name](tmp_path)
    assert str(told.value).startswith(name)


@pytest.mark.parametrize("name", [name for name in READERS if name.endswith(".json")])
@pytest.mark.parametrize(
    "content", ["", "{", "[]", "null", '{"rows": 3}', '{"peers": [{}], "clips": [], "rows": [1]}']
)
def test_what_is_damaged_is_told_in_one_sentence(name: str, content: str, tmp_path: Path) -> None:
    write(tmp_path / name, content)
    with pytest.raises(ReportError, match="is damaged"):
        READERS[name](tmp_path)


def test_bytes_that_are_no_text_are_told(tmp_path: Path) -> None:
    write(tmp_path / "MODEL_CARD.md", "")
    (tmp_path / "MODEL_CARD.md").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ReportError, match="cannot be read"):
        reports.read_card(tmp_path)


@pytest.mark.parametrize(
    "harm",
    [
        {"confusion": [[1, 2], [3]]},
        {"labels": ["sad"]},
        {"uar": "high"},
        {"uar_ci95": [0.5]},
        {"by_sex": {"female": {}}},
    ],
)
def test_a_row_that_makes_no_sense_is_damage(harm: dict[str, Any], tmp_path: Path) -> None:
    write(tmp_path / "reports/benchmark.json", json.dumps(benchmark([row() | harm])))
    with pytest.raises(ReportError, match="is damaged"):
        reports.read_benchmark(tmp_path)


COMMITTED = [name for name in READERS if name not in ("reports/robustness.json", *OWN)]


@pytest.mark.parametrize("name", COMMITTED)
def test_the_committed_files_can_be_read(name: str) -> None:
    assert READERS[name](SHIPPED)


def test_a_benchmark_of_an_earlier_version_can_be_read(tmp_path: Path) -> None:
    old = calibration()
    del old["bins"], old["sure_aim"]
    write(tmp_path / "reports/benchmark.json", json.dumps(benchmark([row()], [old])))
    (entry,) = reports.read_benchmark(tmp_path).sureness
    assert (entry.bins, entry.aim) == ((), None)


def read(tmp_path: Path, *given: Any, **more: Any) -> reports.Benchmark:
    write(tmp_path / "reports/benchmark.json", json.dumps(benchmark(*given, **more)))
    return reports.read_benchmark(tmp_path)


def test_of_two_choices_of_emotions_the_widest_is_shown(tmp_path: Path) -> None:
    many, few = row(labels=("neutral", "calm", "sad")), row(labels=("neutral", "sad"))
    other, people = row(corpus="iesc", labels=("sad", "angry")), row(model="people")
    heard = row() | {"truth": "heard"}
    found = read(tmp_path, [many, few, other, people, heard]).widest("speaker-independent")
    assert [(one.corpus, one.classes) for one in found] == [("cremad", 3), ("iesc", 2)]


def test_percentages_are_called_corrected_where_something_was_fitted(tmp_path: Path) -> None:
    """A part may have nobody to fit them on."""
    figures = benchmark([row()])
    for on in ("", "other clips of unheard speakers"):
        figures["protocols"]["speaker-independent"]["fitted"]["fold-1"]["on"] = on
        write(tmp_path / "reports/benchmark.json", json.dumps(figures))
        (protocol,) = reports.read_benchmark(tmp_path).protocols
        assert protocol.corrected is bool(on)


def test_what_one_model_lacks_is_missing(tmp_path: Path) -> None:
    figures = benchmark([row()])
    figures["protocols"]["speaker-independent"]["models"] = {
        "hybrid": {"parts": ["fold-1"], "missing": ["fold-2"]},
        "cnn": {"parts": ["fold-1", "fold-2"], "missing": []},
    }
    write(tmp_path / "reports/benchmark.json", json.dumps(figures))
    (protocol,) = reports.read_benchmark(tmp_path).protocols
    assert (protocol.parts, protocol.missing) == (("fold-1",), ("fold-2",))
    assert "1 of 2 parts is measured" in reports.how_measured(
        reports.read_benchmark(tmp_path), protocol
    )


@pytest.mark.parametrize(
    ("share", "told"),
    [
        (0.0, "about none"),
        (0.66, "six to seven"),
        (0.72, "about seven"),
        (0.68, "about seven"),
        (0.25, "two to three"),
        (0.99, "about ten"),
        (1.0, "about ten"),
    ],
)
def test_shares_of_ten_are_not_made_finer_or_better_than_they_are(share: float, told: str) -> None:
    assert reports.out_of_ten(share) == told


def test_the_plain_answer_is_computed_from_the_figures(tmp_path: Path) -> None:
    rows = [
        row(uar=0.9, corpus="emodb"),
        row(uar=0.3, corpus="iesc"),
        row(uar=0.6),
        row(uar=0.4, model="people"),
    ]
    said = reports.plain_answer(read(tmp_path, rows, [calibration(accuracy=0.41)]), SI)
    assert "**about four**" in said
    assert "EmoDB is understood best (90\N{NO-BREAK SPACE}% right), IESC worst (30" in said
    assert re.search(
        r"CREMA-D agreed with the actor in 40.% \(of .*\), the hybrid model in 60.%", said
    )


def test_the_plain_answer_never_calls_known_voices_unheard(tmp_path: Path) -> None:
    known = [row(protocol="random")], [calibration(protocol="random")]
    said = reports.plain_answer(read(tmp_path, *known), "random")
    assert "trained on" in said
    assert "never heard" not in said


def test_without_figures_over_all_speech_there_is_no_plain_answer(tmp_path: Path) -> None:
    assert reports.plain_answer(read(tmp_path, [row()], []), SI) == ""


def test_people_who_speak_and_sing_count_once(tmp_path: Path) -> None:
    rows = [row(corpus="ravdess", n=10), row(corpus="ravdess_song", n=5)]
    figures = read(tmp_path, rows)
    said = reports.how_measured(figures, figures.protocols[0])
    assert said.startswith("Measured on 15 recordings of 2 people.")


def test_the_worst_condition_is_named(tmp_path: Path) -> None:
    write(tmp_path / "reports/robustness.json", json.dumps(robustness()))
    said = reports.robustness_words(reports.read_robustness(tmp_path))
    assert "babble, 0 dB, 40 points less" in said


def test_peers_say_where_their_figures_are_from() -> None:
    peers = reports.read_peers(SHIPPED)
    assert all(peer.source and 0 < (peer.share or 0.5) < 1 for peer in peers)
    assert {peer.protocol for peer in peers} <= {"people", "random", "speaker-independent"}
    assert all(peer.url.startswith("https://") for peer in peers if peer.url)


@pytest.mark.parametrize("model", MODEL_FILES)
def test_the_blocks_hold_every_weight_and_the_shapes_of_the_features(model: str) -> None:
    blocks = {block.key: block for block in read_blocks(SHIPPED, model)}
    trained = reports.read_trained(SHIPPED)
    assert sum(block.parameters for block in blocks.values()) == trained.parameters[model]
    assert blocks["spectrogram"].shape == (128, 64, 1)
    assert blocks["cnn answer"].shape == (9,)


def test_a_file_that_is_no_network_of_ours_is_told(tmp_path: Path) -> None:
    with pytest.raises(ReportError, match="is not there"):
        read_blocks(tmp_path, "cnn")
    write(tmp_path / MODEL_FILES["cnn"], "a poem")
    with pytest.raises(ReportError, match="is damaged, or another network"):
        read_blocks(tmp_path, "cnn")
    shutil.make_archive(str(tmp_path / "other"), "zip", SHIPPED / "reports", "predictions")
    shutil.copy(tmp_path / "other.zip", tmp_path / MODEL_FILES["cnn"])
    with pytest.raises(ReportError, match="is damaged, or another network"):
        read_blocks(tmp_path, "cnn")


SI = "speaker-independent"


def test_the_committed_counts_are_those_of_what_was_trained_on() -> None:
    data, trained = reports.read_data(SHIPPED), reports.read_trained(SHIPPED)
    assert {own.corpus: sum(own.emotions.values()) for own in data.corpora} == trained.clips
    assert data.speakers == trained.speakers


def test_every_tested_answer_is_in_the_committed_histogram() -> None:
    benchmark = reports.read_benchmark(SHIPPED)
    for model in MODELS:
        entries = benchmark.confidences("speaker-independent", model)
        pooled = benchmark.pooled("speaker-independent", model)
        assert pooled is not None
        assert sum(sum(entry.right) + sum(entry.wrong) for entry in entries) == pooled.n
        right = sum(sum(entry.right) for entry in entries) / pooled.n
        assert right == pytest.approx(pooled.accuracy, abs=1e-4)


# Well-known designs -------------------------------------------------------------------


def _recipe_row(protocol: str, accuracy: float, **more: object) -> dict[str, object]:
    return {
        "recipe": "cnn-toy",
        "title": "CNN on toys",
        "emotions": ["calm", "happy"],
        "protocol": protocol,
        "claim": "over 90 %",
        "claimed": 0.9,
        "accuracy": accuracy,
        "accuracy_ci95": [accuracy - 0.1, accuracy + 0.1],
        "uar": accuracy,
        "clips": 40,
        "speakers": 4,
        **more,
    }


def test_both_protocols_of_a_system_are_one_row(tmp_path: Path) -> None:
    curves = {
        name: [1.0, 0.5]
        for name in ("loss", "accuracy", "val_loss", "val_accuracy", "test_loss", "test_accuracy")
    }
    layers = [{"key": "Dense", "shape": [2], "parameters": 6}]
    rows = [_recipe_row("random", 0.95, curves=curves, layers=layers), _recipe_row("unheard", 0.45)]
    write(tmp_path / "reports/recipes.json", json.dumps({"rows": rows}))
    (system,) = reports.read_systems(tmp_path)
    assert system.random is not None
    assert system.unheard is not None
    assert (system.claimed, system.random.accuracy, system.unheard.accuracy) == (0.9, 0.95, 0.45)
    assert "50 points less often" in reports.systems_words((system,))
    (line,) = [
        note.text for note in systems_chart((system,)).layout.annotations if "<b>" in note.text
    ]
    assert "45" in line
    assert [(layer.key, layer.shape) for layer in system.layers] == [("Dense", (2,))]
    assert set(as_log(system).unlearnt) == {"validation", "test"}
    assert len(curves_chart(system).data) == 6


def test_a_system_without_curves_or_a_claim_is_drawn_too(tmp_path: Path) -> None:
    row = _recipe_row("unheard", 0.45, claimed=None)
    write(tmp_path / "reports/recipes.json", json.dumps({"rows": [row]}))
    (system,) = reports.read_systems(tmp_path)
    assert system.random is None
    assert [trace.name for trace in systems_chart((system,)).data] == [SERIES["unheard"]]
    assert reports.systems_words((system,)) == ""


def test_choices_of_as_many_emotions_are_not_mixed_up(tmp_path: Path) -> None:
    other = _recipe_row("unheard", 0.3) | {"emotions": ["sad", "angry"]}
    rows = [_recipe_row("random", 0.9), other]
    write(tmp_path / "reports/recipes.json", json.dumps({"rows": rows}))
    one, two = reports.read_systems(tmp_path)
    assert (one.emotions, two.emotions) == (("calm", "happy"), ("sad", "angry"))
    assert one.unheard is None
    assert two.random is None


def test_the_committed_recipes_can_be_read() -> None:
    assert {"mlp-ravdess", "svm-ravdess"} <= {s.name for s in reports.read_systems(SHIPPED)}


@pytest.mark.parametrize(
    ("share", "digits", "shown"),
    [
        (0.0, 0, "0 %"),
        (0.004, 0, "< 1 %"),
        (0.635, 1, "63.5 %"),
        (0.996, 0, "> 99 %"),
        (0.9996, 1, "> 99.9 %"),
        (0.9996, 2, "99.96 %"),
        (1.0, 1, "100.0 %"),
    ],
)
def test_a_share_is_never_rounded_to_all_or_nothing(share: float, digits: int, shown: str) -> None:
    assert reports.percent(share, digits).replace("\xa0", " ") == shown
