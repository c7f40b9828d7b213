"""The page "Train your own": its commands exist, its progress is live, its models answer."""

from __future__ import annotations

import importlib
import json
import os
import re
import shlex
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from page import own_models, train_your_own, visitor
from ser import BundleError
from ser.bundle import MODEL_FILES, SHIPPED, write_artifacts, write_manifest
from ser.bundles import find_bundles, first_bundle, look_at, may_open, trained_on
from ser.corpora import known_corpora
from ser.features import feature_names
from ser.features.scaling import Scaling
from tests.figures import data, write
from tests.stand_in import PROFILE, Models, charts, headings
from training.download import read_sources

APP = Path(__file__).parent.parent / "app.py"
FACTS = {"clips": {"emodb": 500, "mine": 650}, "speakers": 12}


def save_bundle(root: Path, **facts: object) -> Path:
    """A bundle that is whole, but for networks that the stand-in never opens."""
    (root / "models").mkdir(parents=True)
    for name, file in MODEL_FILES.items():
        (root / file).write_bytes(f"network {name}".encode())
    count = len(feature_names())
    write_artifacts(root, Scaling(np.zeros(64), np.ones(64), np.zeros(count), np.ones(count)))
    write_manifest(root, {"temperature": {}, "known_answer": {}, **FACTS, **facts})
    return root


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    return save_bundle(tmp_path / "bundles/mine", voice_trust={})


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of trainings: empty."""
    monkeypatch.setenv("SER_RUNS", str(tmp_path / "runs"))
    return tmp_path / "runs"


def log(runs: Path, name: str, epochs: int, *, of: int, age_s: float = 0.0) -> None:
    (runs / name).mkdir(parents=True, exist_ok=True)
    rows = "".join(f"{i},{2 - i / 10},{0.2 + i / 100}\n" for i in range(epochs))
    (runs / f"{name}.csv").write_text("epoch,loss,masked_accuracy\n" + rows)
    (runs / name / "begun.json").write_text(f'{{"epochs": {of}}}')
    for path in (runs / f"{name}.csv", runs / name / "begun.json"):
        os.utime(path, (time.time() - age_s,) * 2)


def whole_page() -> None:
    from page import train_your_own

    train_your_own.show()


@pytest.fixture
def visit(
    models: Models, runs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[], AppTest]:
    """Open the page at the computer that runs it, with `bundles/` to choose from."""
    monkeypatch.setattr(visitor, "at_home", lambda: True)
    monkeypatch.setattr("ser.bundles.bundles_folder", lambda: tmp_path / "bundles")
    monkeypatch.delenv("SER_BUNDLES", raising=False)
    monkeypatch.delenv("SER_BUNDLE", raising=False)
    return lambda: AppTest.from_function(whole_page, default_timeout=60).run()


def text(page: AppTest) -> str:
    return "\n".join(element.value for element in [*page.markdown, *page.caption, *page.info])


def commands(page: AppTest) -> list[str]:
    return [line for code in page.code for line in code.value.splitlines()]


# What to fetch and to type ------------------------------------------------------------


def test_every_command_can_be_typed_as_it_stands(visit: Callable[[], AppTest]) -> None:
    makefile = (APP.parent / "Makefile").read_text()
    shown = commands(visit())
    assert len(shown) == 11
    for command in shown:
        program, *arguments = shlex.split(command)
        if program == "make":
            target, *variables = arguments
            assert re.search(rf"^{target}:", makefile, re.MULTILINE), command
            for variable in variables:
                assert f"$({variable.split('=')[0]})" in makefile, command
        else:
            assert (program, arguments[0]) == ("python", "-m")
            module = importlib.import_module(arguments[1])
            module._parser().parse_args(arguments[2:])  # exits where an option is not known


def test_corpora_are_those_that_can_be_fetched_with_their_terms(
    visit: Callable[[], AppTest],
) -> None:
    page = visit()
    sources = read_sources()
    named = {name for line in commands(page)[:2] for name in line.split()[3:-2]}
    assert named == set(sources)
    table = page.table[0].value
    for source in sources.values():
        (row,) = (row for row in table.to_numpy().tolist() if f"[{source.title}]" in row[0])
        assert source.page in row[0]
        assert str(source.recordings) in row[2]
        assert row[3] == source.licence


def test_without_the_training_part_the_page_still_stands(
    visit: Callable[[], AppTest], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("ser.bundle.SHIPPED", tmp_path)
    assert known_corpora() == ()
    page = visit()
    assert not page.table
    assert not page.exception


# Progress -----------------------------------------------------------------------------


def test_a_training_shows_up_above_the_steps_and_goes_below_when_it_ends(
    visit: Callable[[], AppTest], runs: Path
) -> None:
    page = visit()
    assert headings(page) == ["Get recordings", "Train", "Watch it learn", "Use your models"]
    assert "No training has begun yet." in text(page)
    log(runs, "fold-1/cnn", 0, of=50)
    page.run()
    assert headings(page)[:2] == ["A training is running", "Get recordings"]
    assert "**The CNN.** The first of 50 epochs is on its way." in text(page)
    assert not charts(page)
    log(runs, "fold-1/cnn", 12, of=50)
    page.run()
    assert "**The CNN.** 12 of 50 epochs are done." in text(page)
    (told,) = charts(page)
    assert told.startswith("The CNN after 12 epochs: right answers from 20 % to 31 %")
    log(runs, "fold-1/cnn", 50, of=50)
    page.run()
    assert headings(page)[2] == "Watch it learn"
    assert "Finished after 50 epochs." in text(page)
    assert not page.exception


class Redrawn(Exception):  # noqa: N818
    pass


@pytest.mark.parametrize(("done", "seen_running"), [(12, False), (50, True)])
def test_the_page_is_drawn_anew_when_a_training_begins_or_ends(
    runs: Path, monkeypatch: pytest.MonkeyPatch, done: int, seen_running: bool
) -> None:
    def redraw() -> None:
        raise Redrawn

    monkeypatch.setattr(st, "rerun", redraw)
    log(runs, "fold-1/cnn", done, of=50)
    with pytest.raises(Redrawn):
        train_your_own.show_trainings(seen_running)
    train_your_own.show_trainings(not seen_running)


def test_of_several_trainings_the_latest_is_shown_and_others_can_be(
    visit: Callable[[], AppTest], runs: Path
) -> None:
    log(runs, "fold-1/cnn", 50, of=50, age_s=9000)
    log(runs, "all/cnn", 5, of=5, age_s=200)
    log(runs, "all/functionals", 7, of=70)
    page = visit()
    assert len(charts(page)) == 2
    assert "**The hybrid's own part.** 7 of 70" in text(page)
    page.selectbox(key="training-run").set_value("fold-1").run()
    assert len(charts(page)) == 1
    assert "Finished after 50 epochs." in text(page)


def draw_pictures(runs: Path, clip: Path) -> None:
    """Leave what training.pictures leaves of one clip."""
    voice = {"emotion": "sad", "corpus": "ravdess", "speaker": "ravdess-7", "path": str(clip)}
    write(runs / "pictures/data.json", json.dumps(data()))
    write(runs / "pictures/voices.json", json.dumps({"voices": [voice]}))


def test_recordings_are_shown_once_they_were_drawn(
    visit: Callable[[], AppTest], runs: Path, speech_wav: Path
) -> None:
    draw_pictures(runs, speech_wav)
    page = visit()
    assert "Your recordings" in headings(page)
    balance, voices = charts(page)
    assert "the fewest boredom (3)" in balance
    assert voices == "Mel spectrogram of voices: sad, RAVDESS speech, speaker 7"
    before = page.get("plotly_chart")[-1].proto.spec
    for kind in ("Waveform", "MFCC", "Chroma"):
        page.segmented_control(key="voices-kind").set_value(kind).run()
        assert charts(page)[-1].startswith(kind)
        assert page.get("plotly_chart")[-1].proto.spec != before
    assert not page.exception


def test_recordings_are_shown_to_nobody_who_comes_from_elsewhere(
    visit: Callable[[], AppTest],
    runs: Path,
    speech_wav: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    draw_pictures(runs, speech_wav)
    monkeypatch.setattr(visitor, "at_home", lambda: False)
    assert not charts(visit())


def test_recordings_that_were_moved_are_told_in_a_sentence(
    visit: Callable[[], AppTest], runs: Path, tmp_path: Path
) -> None:
    draw_pictures(runs, tmp_path / "gone.wav")
    page = visit()
    assert "gone.wav" in page.info[-1].value
    assert "python -m training.pictures" in page.info[-1].value
    assert len(charts(page)) == 1
    assert not page.exception


# Models of one's own ------------------------------------------------------------------


def use(page: AppTest, folder: Path | str) -> AppTest:
    if any(box.key == "found-models" for box in page.selectbox):
        page.selectbox(key="found-models").set_value(own_models.OTHER).run()
    page.text_input(key="models-folder").set_value(str(folder)).run()
    return page.button(key="use-models").click().run()


def test_own_models_answer_until_the_visitor_goes_back(
    visit: Callable[[], AppTest], models: Models, mine: Path
) -> None:
    page = visit()
    page.selectbox(key="found-models").set_value("mine").run()
    page.button(key="use-models").click().run()
    assert models.loaded == [mine]
    assert f"`{mine}`, trained on 1 150 clips of 12 speakers (EmoDB, mine)." in text(page)
    page.button(key="back-to-first").click().run()
    assert "models that this program was shipped with" in text(page)
    assert not page.exception


def test_each_visit_keeps_answers_apart_by_whose_they_are(
    models: Models, mine: Path, speech_wav: Path
) -> None:
    page = AppTest.from_file(str(APP), default_timeout=60).run()
    page.file_uploader[0].upload("voice.wav", speech_wav.read_bytes(), "audio/wav")
    page.run()
    assert "Answers by" not in text(page)
    asked = len(models.asked)
    page.session_state["chosen_bundle"] = look_at(mine)
    page.run()
    assert models.loaded == [SHIPPED, mine]
    assert len(models.asked) == asked + 4, "two to warm up, two answers"
    assert "Answers by the models in `mine`, trained on 1 150 clips" in text(page)
    page.button(key="back-to-first").click().run()
    assert "Answers by" not in text(page)
    assert len(models.asked) == asked + 4, "what is known is not computed again"
    other = AppTest.from_file(str(APP), default_timeout=60).run()
    other.file_uploader[0].upload("voice.wav", speech_wav.read_bytes(), "audio/wav")
    assert "Answers by" not in text(other.run()), "a choice is one visitor's"


def test_models_trained_anew_in_the_same_place_are_others(
    visit: Callable[[], AppTest], models: Models, mine: Path
) -> None:
    page = use(visit(), mine)
    os.utime(mine / "artifacts/manifest.json", (1, 1))
    use(page, mine)
    assert models.loaded == [mine, mine]


def break_nothing(mine: Path) -> Path:
    return mine / "nowhere"


def break_hash(mine: Path) -> Path:
    (mine / "models/cnn_stage1_model.keras").write_bytes(b"another network")
    return mine


def take_a_file(mine: Path) -> Path:
    return mine / "artifacts/manifest.json"


def break_encoder(mine: Path) -> Path:
    (mine / "artifacts/label_encoder.json").write_text('{"secret": "of another program"}')
    write_manifest(mine, {"temperature": {}, "known_answer": {}, **FACTS})
    return mine


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (break_nothing, "is no folder"),
        (take_a_file, "is no folder"),
        (break_hash, "is not the file that was saved"),
        (break_encoder, "not what training saves"),
    ],
)
def test_what_is_no_bundle_gets_a_sentence_and_changes_nothing(
    visit: Callable[[], AppTest],
    models: Models,
    mine: Path,
    spoil: Callable[[Path], Path],
    says: str,
) -> None:
    page = use(visit(), spoil(mine))
    assert says in page.error[0].value
    assert "secret" not in page.error[0].value
    assert "models that this program was shipped with" in text(page)
    assert models.loaded == []
    assert not page.exception


def test_a_folder_is_asked_for(visit: Callable[[], AppTest]) -> None:
    page = visit()
    page.button(key="use-models").click().run()
    assert "Give the folder first" in page.warning[0].value
    assert not page.error


def test_models_that_do_not_load_are_refused(
    visit: Callable[[], AppTest], models: Models, mine: Path
) -> None:
    page = visit()
    for fault, says in (
        (BundleError("cnn_stage1_model.keras cannot be opened."), "cannot be opened"),
        (ZeroDivisionError("division by zero"), "the server's log says why"),
    ):
        models.fault = fault
        use(page, mine)
        assert says in page.error[0].value
        assert "division" not in page.error[0].value
    models.fault = None
    use(page, mine)
    assert "Answers by the models in" in text(page)


def test_who_comes_from_elsewhere_may_open_nothing_or_what_is_offered(
    visit: Callable[[], AppTest],
    mine: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(visitor, "at_home", lambda: False)
    page = visit()
    assert "only on the computer that runs this page" in page.info[0].value
    assert not page.button
    monkeypatch.setenv("SER_BUNDLES", "some folder")
    monkeypatch.setattr(own_models, "find_bundles", list)
    assert "no other models to choose from" in text(visit())
    monkeypatch.setattr(own_models, "find_bundles", lambda: [mine])
    page = visit()
    assert page.selectbox(key="found-models").options == ["mine"]
    assert not page.text_input
    page.button(key="use-models").click().run()
    assert "Answers by the models in `mine`, trained on" in text(page), "and not where they lie"


@pytest.mark.parametrize(
    ("offered", "at_home", "allowed"),
    [(None, True, "any"), (None, False, "nothing"), ("some", True, "listed"),
     ("some", False, "listed"), ("", True, "nothing"), ("", False, "nothing")],
)  # fmt: skip
def test_who_may_open_what(
    monkeypatch: pytest.MonkeyPatch, offered: str | None, at_home: bool, allowed: str
) -> None:
    monkeypatch.delenv("SER_BUNDLES", raising=False)
    if offered is not None:
        monkeypatch.setenv("SER_BUNDLES", offered)
    assert may_open(at_home=at_home) == allowed


class Context:
    def __init__(self, url: str | None, ip: str | None, headers: dict[str, str]) -> None:
        self.url, self.ip_address, self.headers = url, ip, headers


@pytest.mark.parametrize(
    ("context", "expected"),
    [
        (Context("http://localhost:8501/train", None, {}), True),
        (Context("http://[::1]:8501/train", None, {}), True),
        (Context("http://192.0.2.7:8501/train", None, {}), False),
        (Context("http://localhost.example.org/train", None, {}), False),
        (Context("http://localhost:8501/train", "192.0.2.9", {}), False),
        (Context("http://localhost:8501", None, {"X-Forwarded-For": "192.0.2.9"}), False),
        (Context(None, None, {}), False),
    ],
)
def test_only_this_computer_is_home(
    monkeypatch: pytest.MonkeyPatch, context: Context, expected: bool
) -> None:
    monkeypatch.setattr(st, "context", context)
    monkeypatch.delenv("SER_BUNDLES", raising=False)
    assert visitor.at_home() is expected
    monkeypatch.setenv("SER_BUNDLES", "")
    assert not visitor.at_home(), "it serves others"


def test_a_voice_learnt_with_other_models_is_forgotten_and_that_is_said(
    models: Models, mine: Path, speech_wav: Path
) -> None:
    page = AppTest.from_file(str(APP), default_timeout=60).run()
    page.file_uploader[0].upload("voice.wav", speech_wav.read_bytes(), "audio/wav")
    page.session_state["voice_profile"] = PROFILE
    page.run()
    assert page.success
    models.knows = "others"
    page.session_state["chosen_bundle"] = look_at(mine)
    page.run()
    assert "learnt with other models" in page.info[0].value
    assert not page.success
    assert not page.error
    assert headings(page)[0] == "Sounds sad. Fairly sure.", "answered without the profile"
    assert not page.run().info, "said once"
    assert not page.exception


def test_models_that_were_never_measured_offer_to_learn_no_voice(
    models: Models, tmp_path: Path
) -> None:
    page = AppTest.from_file(str(APP), default_timeout=60).run()
    assert "My voice" in [expander.label for expander in page.expander]
    page.session_state["chosen_bundle"] = look_at(save_bundle(tmp_path / "plain"))
    page.session_state["voice_did_not_fit"] = True
    page.run()
    assert "My voice" not in [expander.label for expander in page.expander]
    assert page.info[0].value.endswith("These cannot learn one.")


def test_who_comes_from_elsewhere_is_not_told_where_models_lie(
    models: Models, mine: Path, speech_wav: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    models.fault = BundleError(f"{mine / 'models/hybrid_ser_model.keras'} is missing.")
    for at_home in (True, False):
        monkeypatch.setattr(visitor, "at_home", lambda at_home=at_home: at_home)
        page = AppTest.from_file(str(APP), default_timeout=60).run()
        page.session_state["chosen_bundle"] = look_at(mine)
        page.file_uploader[0].upload("voice.wav", speech_wav.read_bytes(), "audio/wav")
        page.run()
        assert "mine/models/hybrid_ser_model.keras is missing." in page.error[0].value
        assert (str(mine.parent) in page.error[0].value) == at_home


def test_the_program_begins_with_another_bundle_when_told(
    visit: Callable[[], AppTest], models: Models, mine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SER_BUNDLE", str(mine))
    assert first_bundle() == mine
    page = visit()
    assert f"Answers by the models in `{mine}`" in text(page)
    assert [button.key for button in page.button] == ["use-models"], "there is nowhere to go back"


def test_bundles_are_found_by_their_manifest(mine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (mine.parent / "half-way").mkdir()
    monkeypatch.setenv("SER_BUNDLES", str(mine.parent))
    assert find_bundles() == [mine]


@pytest.mark.parametrize("manifest", [{}, {"clips": [1], "speakers": 2}, {"clips": {}}])
def test_a_manifest_that_does_not_tell_is_no_fault(manifest: dict[str, object]) -> None:
    assert trained_on(manifest) == "recordings that it does not name"


def test_names_in_a_manifest_are_no_markdown() -> None:
    told = trained_on({"clips": {"![x](http://evil)" + "y" * 99: 3}, "speakers": 1})
    assert not re.search(r"[!\[\]/:<>`*]", told)
    assert len(told) < 100
