"""The command line: with a stand-in for the models, and once with the shipped ones."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any, NoReturn

import numpy as np
import pytest

from ser import cli, microphone
from ser.audio import load
from ser.cleaning import denoise
from ser.errors import AudioError, BundleError, MicrophoneError
from ser.labels import LABELS
from ser.prediction import Prediction, Status
from ser.profile import VoiceProfile
from ser.recognizer import Heard
from tests.stand_in import Models, wav

ROOT = Path(__file__).parent.parent
SHARES = dict(zip(LABELS, (0.055, 0.0, 0.622, 0.0, 0.217, 0.1, 0.006), strict=True))


class FakeRecognizer:
    """Hears sadness everywhere, except in files called bad."""

    models = ("hybrid", "cnn")
    loaded_from: object = "never"
    heard: Any = None

    @classmethod
    def load(cls, bundle: Path | None = None) -> FakeRecognizer:
        FakeRecognizer.loaded_from = bundle
        if bundle and "broken" in str(bundle):
            raise BundleError(f"{bundle} has no manifest.")
        return cls()

    def predict(
        self, source: object, *, model: str = "hybrid", profile: VoiceProfile | None = None
    ) -> Prediction:
        FakeRecognizer.heard = source
        if "rotten" in str(FakeRecognizer.loaded_from):
            raise BundleError("The hybrid model answers otherwise than when it was made.")
        if str(source).startswith("bad"):
            raise AudioError("This is not a sound file.")
        if str(source).startswith("slow"):
            raise KeyboardInterrupt
        if str(source).startswith("rain"):
            return Prediction(None, 0.0, {}, model, 1.5, "no_speech")
        if str(source).startswith("crumb"):
            return Prediction(None, 0.0, {}, model, 0.2, "too_short")
        if profile is not None:
            return Prediction("happy", 0.5, SHARES, model, 1.5, "ok", "fear")
        status: Status = "uncertain" if str(source).startswith("doubt") else "ok"
        return Prediction("sad", 0.622, SHARES, model, 1.5, status, "fear")

    def predict_many(
        self, sources: list[str], *, model: str = "hybrid", same_speaker: bool = False
    ) -> list[Prediction | AudioError]:
        assert same_speaker
        known = VoiceProfile("f", 3.0, {})
        return [
            AudioError("This is not a sound file.")
            if source.startswith("bad")
            else self.predict(source, model=model, profile=known)
            for source in sources
        ]

    def enrol(self, neutral: list[str]) -> VoiceProfile:
        FakeRecognizer.heard = neutral
        return VoiceProfile("f", 9.6, {"cnn": (0.5,) * 9, "hybrid": (0.25,) * 9})


@pytest.fixture(autouse=True)
def _fake_recognizer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cli, "Recognizer", FakeRecognizer)


@pytest.fixture
def fake_microphone(monkeypatch: pytest.MonkeyPatch) -> np.ndarray:
    """A quarter of a second of noise at a rate that is not ours."""
    samples = np.random.default_rng(0).uniform(-0.5, 0.5, 12000).astype(np.float32)

    def record(seconds: float, *, on_start: Callable[[], None]) -> tuple[np.ndarray, int]:
        on_start()
        return samples, 48000

    monkeypatch.setattr(microphone, "record", record)
    return samples


def test_text_names_the_label_then_the_others_from_likely_to_unlikely(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert cli.main(["predict", "a.wav", "b.wav"]) == 0

    out, err = capsys.readouterr()
    shares = "fear 22, disgust 10, neutral 6, surprised < 1, happy < 1, angry < 1"
    assert out.splitlines() == [f"a.wav: sad 62 % ({shares})", f"b.wav: sad 62 % ({shares})"]
    assert err == ""


def test_patterns_that_a_terminal_leaves_alone_are_matched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("b.wav", "a.wav", "c.txt", "[1].wav"):
        (tmp_path / name).touch()
    monkeypatch.chdir(tmp_path)
    assert cli.main(["predict", "?.wav", "[1].wav", "no*.wav"]) == 0
    heard = [line.partition(":")[0] for line in capsys.readouterr().out.splitlines()]
    assert heard == ["a.wav", "b.wav", "[1].wav", "no*.wav"]


def test_json_is_one_object_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["predict", "a.wav", "b.wav", "--json", "--model", "cnn"]) == 0

    answers = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert answers[0] == {
        "file": "a.wav",
        "label": "sad",
        "confidence": 0.622,
        "probabilities": SHARES,
        "model": "cnn",
        "duration_s": 1.5,
        "status": "ok",
        "second": "fear",
        "voice_known": False,
    }
    assert list(answers[0]["probabilities"]) == list(LABELS)
    assert [answer["file"] for answer in answers] == ["a.wav", "b.wav"]


def test_each_status_is_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["predict", "doubt.wav", "rain.wav", "crumb.wav"]) == 0

    doubt, rain, crumb = capsys.readouterr().out.splitlines()
    assert doubt.startswith("doubt.wav: not sure, perhaps sad 62 % (fear 22, ")
    assert rain == "rain.wav: no speech was heard"
    assert crumb == "crumb.wav: too little speech to judge: at least 0.4 s is needed"


def test_csv_is_one_table_with_problems_and_duplicates(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    speech_wav: Path,
) -> None:
    monkeypatch.setattr(cli, "Recognizer", Models())
    copy = tmp_path / "copy.wav"
    copy.write_bytes(speech_wav.read_bytes())

    files = [str(speech_wav), "gone.wav", str(copy)]
    assert cli.main(["predict", *files, "--csv", "--model", "cnn"]) == 1

    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert [row["file"] for row in rows] == files
    assert [row["label"] for row in rows] == ["neutral", "", "neutral"]
    assert "no such file" in rows[1]["problem"]
    assert rows[2]["duplicate_of"] == files[0]


def test_json_tells_that_nobody_speaks(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["predict", "rain.wav", "--json"]) == 0

    answer = json.loads(capsys.readouterr().out)
    assert (answer["status"], answer["label"], answer["second"]) == ("no_speech", None, None)
    assert (answer["confidence"], answer["probabilities"]) == (0.0, {})


def test_bad_files_are_named_once_and_the_others_answered(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert cli.main(["predict", "a.wav", "bad.wav", "b.wav"]) == 1

    out, err = capsys.readouterr()
    assert [line.split(":")[0] for line in out.splitlines()] == ["a.wav", "b.wav"]
    assert err == "error: bad.wav: This is not a sound file.\n"


def test_a_broken_bundle_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["predict", "a.wav", "--bundle", "broken"]) == 1

    out, err = capsys.readouterr()
    assert out == ""
    assert err == "error: broken has no manifest.\n"


def test_a_model_that_fails_when_it_is_first_asked_is_not_blamed_on_each_file(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert cli.main(["predict", "a.wav", "b.wav", "--bundle", "rotten"]) == 1

    out, err = capsys.readouterr()
    assert out == ""
    assert err == "error: The hybrid model answers otherwise than when it was made.\n"


@pytest.mark.parametrize(("options", "bundle"), [([], None), (["--bundle", "b"], Path("b"))])
def test_the_bundle_is_passed_on(options: list[str], bundle: Path | None) -> None:
    assert cli.main(["predict", "a.wav", *options]) == 0
    assert FakeRecognizer.loaded_from == bundle


@pytest.mark.parametrize("name", ["two\nlines.wav", "red\x1b[31m.wav", "bytes\udcff.wav"])
def test_odd_file_names_cannot_break_the_line_or_the_terminal(
    capsys: pytest.CaptureFixture[str], name: str
) -> None:
    assert cli.main(["predict", name, f"bad{name}"]) == 1

    out, err = capsys.readouterr()
    assert out.startswith(ascii(name)[1:-1])
    assert err.startswith("error: bad" + ascii(name)[1:-1])
    assert (out.count("\n"), err.count("\n")) == (1, 1)


def test_a_terminal_that_lacks_a_letter_still_gets_its_answer() -> None:
    done = run_with_fake_recognizer("предчувствие.wav", PYTHONIOENCODING="ascii")

    assert done.returncode == 0
    assert "sad 62 %" in done.stdout
    assert done.stderr == ""


def test_ctrl_c_ends_quietly(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["predict", "a.wav", "slow.wav"]) == 130

    out, err = capsys.readouterr()
    assert out.startswith("a.wav: sad")
    assert err == ""


@pytest.mark.skipif(os.name == "nt", reason="Windows has no broken pipe")
def test_a_reader_who_leaves_is_no_error() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "wb") as nobody:
        done = run_with_fake_recognizer("a.wav", "b.wav", stdout=nobody)

    assert done.returncode == 141
    assert done.stderr == ""


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["predict"],
        ["predict", "a.wav", "--model", "oracle"],
        ["record", "--seconds", "0"],
        ["record", "--seconds", "nan"],
        ["record", "--seconds", "soon"],
        ["record", "--seconds", "86400"],
    ],
)
def test_a_command_that_makes_no_sense_is_status_2(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        cli.main(arguments)
    assert stopped.value.code == 2


def test_record_answers_about_what_the_microphone_heard(
    capsys: pytest.CaptureFixture[str], fake_microphone: np.ndarray
) -> None:
    assert cli.main(["record", "--seconds", "0.25", "--json"]) == 0

    samples, sample_rate = FakeRecognizer.heard
    assert samples is fake_microphone
    assert sample_rate == 48000
    out, err = capsys.readouterr()
    assert json.loads(out)["file"] == "microphone"
    assert err == "recording for 0.25 s, please speak\n"


def test_record_can_keep_the_recording(
    capsys: pytest.CaptureFixture[str], fake_microphone: np.ndarray, tmp_path: Path
) -> None:
    import soundfile

    path = tmp_path / "me.wav"
    assert cli.main(["record", "--save", str(path)]) == 0

    kept, sample_rate = soundfile.read(path, dtype="float32")
    assert sample_rate == 48000
    np.testing.assert_allclose(kept, fake_microphone, atol=1 / 32768)
    assert capsys.readouterr().out.startswith(f"{path}: sad")


def test_a_recording_that_cannot_be_kept_is_one_line(
    capsys: pytest.CaptureFixture[str], fake_microphone: np.ndarray, tmp_path: Path
) -> None:
    path = tmp_path / "nowhere" / "me.wav"
    assert cli.main(["record", "--save", str(path)]) == 1

    last = capsys.readouterr().err.splitlines()[-1]
    assert last.startswith(f"error: {path}: The recording cannot be saved")


def test_a_computer_without_microphone_is_one_line(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def record(seconds: float, *, on_start: Callable[[], None]) -> NoReturn:
        raise MicrophoneError("No microphone was found.")

    monkeypatch.setattr(microphone, "record", record)
    assert cli.main(["record"]) == 1

    out, err = capsys.readouterr()
    assert out == ""
    assert err == "error: No microphone was found.\n"


def test_the_shipped_models_answer_with_nothing_but_our_lines(tmp_path: Path) -> None:
    import soundfile

    from ser.synthesis import sample_voice

    voice, notes = tmp_path / "voice.wav", tmp_path / "notes.wav"
    soundfile.write(voice, sample_voice("plain", duration_s=2.0, sample_rate=22050), 22050)
    notes.write_text("Remember the milk.", encoding="utf-8")

    # Who has set it wants to see TensorFlow's messages; training sets it for its own process.
    environment = {k: v for k, v in os.environ.items() if k != "TF_CPP_MIN_LOG_LEVEL"}

    done = subprocess.run(
        [sys.executable, "-m", "ser", "predict", str(notes), str(voice), "--json"],
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        cwd=ROOT,
    )

    errors = done.stderr.splitlines()
    assert len(errors) == 1, done.stderr
    assert errors[0].startswith(f"error: {notes}: ")
    assert errors[0].count("notes.wav") == 1
    assert done.returncode == 1
    answer = json.loads(done.stdout)
    assert answer["file"] == str(voice)
    assert answer["label"] == max(answer["probabilities"], key=answer["probabilities"].get)
    assert answer["confidence"] == answer["probabilities"][answer["label"]]
    assert list(answer["probabilities"]) == list(LABELS)
    assert sum(answer["probabilities"].values()) == pytest.approx(1)
    assert answer["model"] == "hybrid"
    assert answer["duration_s"] == pytest.approx(2, abs=0.001)


def test_a_voice_is_enrolled_and_its_profile_used(
    capsys: pytest.CaptureFixture[str], speech_wav: Path, tmp_path: Path
) -> None:
    profile = tmp_path / "me.json"
    assert cli.main(["enrol", str(speech_wav), str(speech_wav), "--out", str(profile)]) == 0
    assert FakeRecognizer.heard == [str(speech_wav)] * 2
    assert capsys.readouterr().out == f"{profile}: learnt from 10 s of speech\n"
    assert cli.main(["predict", "a.wav", "--profile", str(profile)]) == 0
    assert capsys.readouterr().out.startswith("a.wav: happy 50 %")


def test_nothing_is_learnt_where_one_recording_is_bad(
    capsys: pytest.CaptureFixture[str], speech_wav: Path, tmp_path: Path
) -> None:
    profile = tmp_path / "me.json"
    assert cli.main(["enrol", str(speech_wav), "missing.wav", "--out", str(profile)]) == 1
    assert capsys.readouterr().err == "error: missing.wav: There is no such file.\n"
    assert not profile.exists()


@pytest.mark.parametrize(("content", "reason"), [("", "not a voice profile"), (None, "opened")])
def test_an_unusable_profile_is_said_in_one_line(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, content: str | None, reason: str
) -> None:
    profile = tmp_path / "me.json"
    if content is not None:
        profile.write_text(content)
    assert cli.main(["predict", "a.wav", "--profile", str(profile)]) == 1
    output = capsys.readouterr()
    assert not output.out
    assert output.err.count("\n") == 1
    assert reason in output.err


def test_files_of_one_speaker_are_heard_together(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["predict", "a.wav", "bad.wav", "b.wav", "--same-speaker"]) == 1
    output = capsys.readouterr()
    assert [line.split(":")[0] for line in output.out.splitlines()] == ["a.wav", "b.wav"]
    assert output.err == "error: bad.wav: This is not a sound file.\n"


def run_with_fake_recognizer(
    *files: str, stdout: int | IO[bytes] = subprocess.PIPE, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run ``predict`` in a process of its own, with this file's stand-in for the models."""
    script = (
        "import sys; sys.path.insert(0, sys.argv[1]); import test_cli; from ser import cli; "
        "cli.Recognizer = test_cli.FakeRecognizer; sys.exit(cli.main(sys.argv[2:]))"
    )
    return subprocess.run(
        [sys.executable, "-c", script, str(Path(__file__).parent), "predict", *files],
        stdout=stdout,
        stderr=subprocess.PIPE,
        text=True,
        timeout=60,
        check=False,
        cwd=ROOT,
        env={**os.environ, **environment},
    )


def timeline_of(
    capsys: pytest.CaptureFixture[str], file: Path, *options: str
) -> tuple[int, str, str]:
    status = cli.main(["timeline", str(file), *options])
    return status, *capsys.readouterr()


def test_a_timeline_is_told_stretch_by_stretch(
    capsys: pytest.CaptureFixture[str], speech_wav: Path
) -> None:
    status, out, err = timeline_of(capsys, speech_wav)
    assert (status, err) == (0, "")
    assert out.startswith("0:00-0:03 sad 62 % (fear 22,")
    assert out.count("\n") == 1


@pytest.mark.parametrize(
    ("option", "begins"),
    [
        ("--vtt", "WEBVTT\n\n00:00:00.000 --> 00:00:03.000\nSounds sad (62 %)"),
        ("--csv", "start_s,end_s,status,label"),
        ("--labels", "0.000000\t3.000000\tSounds sad (62 %)"),
        ("--json", '{\n "model": "hybrid"'),
    ],
)
def test_a_timeline_in_other_programs_forms(
    capsys: pytest.CaptureFixture[str], speech_wav: Path, option: str, begins: str
) -> None:
    status, out, _ = timeline_of(capsys, speech_wav, option)
    assert status == 0
    assert out.startswith(begins)


def test_a_timeline_of_what_is_no_sound_is_refused(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    status, out, err = timeline_of(capsys, tmp_path / "gone.wav")
    assert (status, out) == (1, "")
    assert err.endswith("gone.wav: There is no such file.\n")


@pytest.fixture
def street_wav(speech: np.ndarray, tmp_path: Path) -> Path:
    """A voice in a hiss."""
    hiss = np.random.default_rng(0).normal(0, 0.3 * np.std(speech), len(speech))
    path = tmp_path / "street.wav"
    path.write_bytes(wav(speech + hiss))
    return path


@pytest.mark.parametrize("options", [[], ["--csv"], ["--same-speaker"]])
def test_sounds_are_cleaned_where_that_is_asked_for(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    street_wav: Path,
    options: list[str],
) -> None:
    given: list[tuple[np.ndarray, int]] = []

    class Listener(Models):
        def hear(self, source: Any, **more: Any) -> Heard:
            given.append(source)
            return super().hear(source, **more)

        def predict_many(self, sources: list[Any], **more: Any) -> list[Prediction]:
            return [self.predict(source, model="cnn") for source in sources]

    monkeypatch.setattr(cli, "Recognizer", Listener())
    assert cli.main(["predict", str(street_wav), "--denoise", "--model", "cnn", *options]) == 0
    assert str(street_wav) in capsys.readouterr().out
    samples, rate = given[-1]
    assert rate == 16_000
    np.testing.assert_array_equal(samples, denoise(load(street_wav)).samples)


def test_what_cannot_be_cleaned_is_complained_of_as_ever(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert cli.main(["predict", "bad.wav", "--denoise"]) == 1
    assert capsys.readouterr().err == "error: bad.wav: This is not a sound file.\n"


def test_a_recording_from_the_microphone_and_a_timeline_are_cleaned_too(
    capsys: pytest.CaptureFixture[str], fake_microphone: np.ndarray, street_wav: Path
) -> None:
    assert cli.main(["record", "--seconds", "0.25", "--denoise"]) == 0
    samples, rate = FakeRecognizer.heard
    assert (len(samples), rate) == (4_000, 16_000)
    assert timeline_of(capsys, street_wav, "--denoise")[0] == 0
    piece, _ = FakeRecognizer.heard
    np.testing.assert_array_equal(piece, denoise(load(street_wav)).samples[: len(piece)])
