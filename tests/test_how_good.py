"""How good is it? The page without a browser, on made-up figures and on the committed ones."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from ser.architecture import Block
from ser.bundle import SHIPPED
from ser.labels import LABELS
from ser.reports import System
from tests.figures import benchmark, calibration, confidence, data, robustness, row, write

LEFT_OUT = "leave-one-corpus-out"


def script() -> None:
    from page import how_good

    how_good.show()


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A bundle with figures of its own."""
    st.cache_resource.clear()
    monkeypatch.setenv("SER_BUNDLE", str(tmp_path))
    for folder in ("models", "artifacts"):
        shutil.copytree(SHIPPED / folder, tmp_path / folder)
    give(tmp_path, "benchmark", benchmark([row(), row(model="cnn", uar=0.5)]))
    give(tmp_path, "robustness", robustness())
    give(tmp_path, "data", data())
    shutil.copy(SHIPPED / "reports/gate.json", tmp_path / "reports")
    yield tmp_path
    st.cache_resource.clear()


def give(root: Path, name: str, content: object) -> None:
    write(root / f"reports/{name}.json", json.dumps(content))


def show() -> AppTest:
    return AppTest.from_function(script, default_timeout=60).run()


def charts(page: AppTest) -> dict[str, str]:
    """What a screen reader hears of each chart, by its first words."""
    alts = [chart.proto.alt for chart in page.get("plotly_chart")]
    return {alt.split(":")[0].split(".")[0]: alt for alt in alts}


def headings(page: AppTest) -> list[str]:
    return [header.value for header in page.header]


def told(page: AppTest) -> str:
    return "\n".join(str(element.value) for element in [*page.markdown, *page.caption, *page.info])


def test_the_committed_figures_make_a_whole_page(monkeypatch: pytest.MonkeyPatch) -> None:
    st.cache_resource.clear()
    monkeypatch.delenv("SER_BUNDLE", raising=False)
    page = show()
    assert not page.exception
    assert not page.error
    for heading in (
        "How often is it right?",
        "What does it mistake for what?",
        "Can its percentages be believed?",
        "What if it answers only when it is sure?",
        "How sure is it of each emotion?",
        "Whom does it understand?",
        "How do well-known designs do?",
        "What is inside?",
        "What did it learn from?",
        "What must it not be used for?",
        "What are its limits?",
    ):
        assert heading in headings(page)
    assert "Of ten recordings of people it never heard" in told(page)
    assert "CC BY-NC-SA 4.0" in told(page), "licences"
    assert all(charts(page).values()), "every chart has words for who cannot see it"


def test_everything_that_is_measured_is_drawn(root: Path) -> None:
    page = show()
    assert not page.exception
    drawn = charts(page)
    assert "CREMA-D: hybrid 60" in drawn["Share named rightly, by corpus"]
    assert "women" not in drawn["By sex"], "the corpus's own words"
    assert "babble, 0 dB" not in drawn["Share named rightly in each condition"]
    page.segmented_control(key="conditions").set_value("All").run()
    assert "babble, 0 dB" in charts(page)["Share named rightly in each condition"]


@pytest.mark.parametrize("name", ["benchmark", "robustness", "gate", "data"])
@pytest.mark.parametrize("content", [None, "{"])
def test_a_page_without_some_figures_says_how_to_make_them(
    root: Path, name: str, content: str | None
) -> None:
    path = root / f"reports/{name}.json"
    path.unlink()
    if content:
        path.write_text(content)
    page = show()
    assert not page.exception
    (said,) = [info.value for info in page.info]
    assert said.startswith(f"reports/{name}.json")
    assert "python -m training." in said
    assert "What are its limits?" in headings(page)


def test_a_bundle_with_nothing_beside_it_still_has_a_page(root: Path) -> None:
    shutil.rmtree(root / "reports")
    shutil.rmtree(root / "models")
    shutil.rmtree(root / "artifacts")
    page = show()
    assert not page.exception
    assert len(page.info) == 6
    assert "What must it not be used for?" in headings(page)


def test_new_figures_are_seen_without_a_restart(root: Path) -> None:
    assert "**about six**" in told(show())
    give(root, "benchmark", benchmark([row()], [calibration(accuracy=0.3)]))
    os.utime(root / "reports/benchmark.json", ns=(1, 1))
    assert "**about three**" in told(show())


def test_known_voices_are_marked_in_plain_sight(root: Path) -> None:
    rows = [row(), row(protocol="random", uar=0.97)]
    entries = [calibration(), calibration(protocol="random", accuracy=0.97)]
    give(root, "benchmark", benchmark(rows, entries))
    page = show()
    assert not page.warning
    page.segmented_control(key="protocol").set_value("random").run()
    assert "Speaker-dependent" in page.warning[0].value
    assert "97" in charts(page)["Share named rightly, by corpus"]


def test_who_heard_other_voices_of_a_corpus_is_not_set_beside_who_heard_none(root: Path) -> None:
    rows = [row(labels=LABELS[:6], protocol=name) for name in ("speaker-independent", LEFT_OUT)]
    give(root, "benchmark", benchmark(rows))
    page = show()
    assert "another system" in page.get("plotly_chart")[0].proto.spec
    page.segmented_control(key="protocol").set_value(LEFT_OUT).run()
    assert not page.exception
    assert "another system" not in page.get("plotly_chart")[0].proto.spec


def test_what_the_shown_percentages_are_worth_elsewhere_is_said(root: Path) -> None:
    rows = [row(protocol=LEFT_OUT)]
    entries = [calibration(protocol=LEFT_OUT)]
    rule = {"coverage": 0.34, "accuracy": 0.46}
    shipped = [
        {"corpus": corpus, "model": "hybrid", "protocol": LEFT_OUT, "ece": ece, "not_sure": rule}
        for corpus, ece in (("emodb", 0.9), ("all speech", 0.2))
    ]
    give(root, "benchmark", benchmark(rows, entries) | {"as_shipped": shipped})
    said = told(show())
    assert "would be off by 20 points here" in said
    assert "without doubt, 46\N{NO-BREAK SPACE}% would be right" in said


def test_confusions_of_the_chosen_model_are_shown(root: Path) -> None:
    wrong = row(model="cnn") | {"confusion": [[0, 10, 0, 0]] * 4}
    give(root, "benchmark", benchmark([row(), wrong]))
    page = show()
    page.segmented_control(key="confusion-model").set_value("cnn").run()
    assert "as happy (100" in charts(page)["What was acted and what was named"]


def test_a_chart_of_old_figures_is_never_shown_for_new_ones(root: Path) -> None:
    page = show()
    before = [chart.proto.spec for chart in page.get("plotly_chart")]
    page.run()
    assert [chart.proto.spec for chart in page.get("plotly_chart")] == before
    give(root, "benchmark", benchmark([row(uar=0.7), row(model="cnn", uar=0.55)]))
    os.utime(root / "reports/benchmark.json", ns=(1, 1))
    page.run()
    assert page.get("plotly_chart")[0].proto.spec != before[0]


def test_own_models_are_not_said_to_have_learnt_from_the_shipped_corpora(root: Path) -> None:
    manifest = json.loads((root / "artifacts/manifest.json").read_text())
    manifest |= {"clips": {"my_voices": 120}, "speakers": 3}
    write(root / "artifacts/manifest.json", json.dumps(manifest))
    said = told(show())
    assert "120 recordings of 3 people: my voices 120." in said
    assert "North American" not in said


def test_figures_of_one_model_alone_have_a_page(root: Path) -> None:
    give(root, "benchmark", benchmark([row(model="cnn")], [calibration(model="cnn")]))
    page = show()
    assert not page.exception
    assert "the CNN model names the acted emotion" in told(page)
    page.segmented_control(key="people-model").set_value("cnn").run()
    assert not page.exception
    assert "By sex" in charts(page)


def test_figures_of_others_alone_are_no_figures_of_ours(root: Path) -> None:
    give(root, "benchmark", benchmark([row(model="eGeMAPS + SVM")], []))
    page = show()
    assert not page.exception
    assert "Nothing was measured yet" in told(page)


def test_how_sure_each_model_is_of_each_emotion_is_shown(root: Path) -> None:
    entries = [
        confidence(model=model, right=[1, right], wrong=[2, 0])
        for model, right in (("hybrid", 1), ("cnn", 7))
    ]
    give(root, "benchmark", benchmark([row(), row(model="cnn")]) | {"confidence": entries})
    page = show()
    assert charts(page)["Answers by how sure"].endswith(
        "sad, 4 answers, 50\N{NO-BREAK SPACE}% right"
    )
    page.segmented_control(key="confidence-model").set_value("cnn").run()
    assert "sad, 10 answers, 80" in charts(page)["Answers by how sure"]


def test_the_balance_of_what_was_learnt_from_is_shown(root: Path) -> None:
    page = show()
    said = "Most of them are calm (1\N{NO-BREAK SPACE}200), the fewest boredom (3)."
    assert said in charts(page)["Recordings by emotion and corpus"]
    assert not page.exception


def test_a_network_is_shown_for_each_choice_of_emotions(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Two choices of one recipe, of which one was scored before layers were told."""
    st.cache_resource.clear()
    curves: dict[str, tuple[float, ...]] = {"loss": (1.0, 0.5), "accuracy": (0.4, 0.6)}
    block = Block("Dense", (2,), 6)
    systems = tuple(
        System("cnn-toy", "CNN on toys", emotions, "none", None, None, None, curves, layers)
        for emotions, layers in ((("sad", "calm"), (block,)), (("sad", "fear", "calm"), ()))
    )
    monkeypatch.setattr("ser.reports.read_systems", lambda root: systems)
    page = show()
    assert not page.exception
    folded = [expander.label for expander in page.expander]
    assert "Learning curves: CNN on toys, 2 emotions" in folded
    assert "Learning curves: CNN on toys, 3 emotions" in folded
    assert "What are its limits?" in headings(page), "nothing below is lost"
