"""Many files: zips, duplicates, broken ones, what is heard once, and the table as CSV."""

from __future__ import annotations

import csv
import io
import struct
import zipfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import soundfile

from ser import LABELS, AudioError, BundleError, Prediction, Recognizer, VoiceProfile, batch
from ser.audio import SAMPLE_RATE, Source
from ser.batch import Batch, Entry
from ser.charts import batch_chart
from ser.recognizer import Heard
from ser.table import Row, summary, tally, to_csv
from ser.unpack import unpack
from tests.stand_in import wav


class Ear(Recognizer):
    """Hears anger where samples are above 0, sadness below, and nobody at 0."""

    def __init__(self) -> None:
        self.heard: list[int] = []
        self.fault: Exception | None = None
        self.faulty_length = 0

    def hear(self, source: Source, *, models: Sequence[str] | None = None) -> Heard:
        assert isinstance(source, tuple)
        samples = source[0]
        self.heard.append(len(samples))
        if self.fault and len(samples) == self.faulty_length:
            raise self.fault
        duration_s, level = (
            len(samples) / SAMPLE_RATE,
            float(np.sum(samples)) / max(len(samples), 1),
        )
        if not level:
            return Heard(duration_s, "no_speech", {})
        return Heard(
            duration_s, "ok", {model: np.array([level]) for model in models or ("hybrid", "cnn")}
        )

    def answers(
        self,
        heard: Sequence[Heard],
        *,
        model: str | None = None,
        profile: VoiceProfile | None = None,
        same_speaker: bool = False,
    ) -> list[Prediction]:
        model = model or "hybrid"
        offset = np.mean([each.values[model][0] for each in heard if each.values] or [0])
        return [self._told(each, model, offset if same_speaker else 0.0) for each in heard]

    def _told(self, heard: Heard, model: str, offset: float) -> Prediction:
        if not heard.values:
            return Prediction(None, 0.0, {}, model, heard.duration_s, "no_speech")
        label = "angry" if heard.values[model][0] > offset else "sad"
        shares = dict.fromkeys(LABELS, 0.05) | {label: 0.7}
        return Prediction(label, 0.7, shares, model, heard.duration_s, "ok", "fear")


def sound(level: float, *, count: int = 16_000) -> bytes:
    return wav(np.full(count, level))


ANGRY, SAD, SILENT = sound(0.5), sound(-0.5), sound(0.0)


def zipped(files: dict[str, bytes], *, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", method) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return target.getvalue()


def heard(*files: Entry, ear: Ear | None = None) -> list[Row]:
    many = Batch()
    assert many.add(files) == []
    ear = ear or Ear()
    many.hear(ear)
    return many.rows(ear)


def unpacked(content: bytes) -> dict[str, bytes | AudioError]:
    files = unpack(content, max_bytes=10_000_000)
    assert files is not None
    return dict(files)


def test_one_broken_file_stops_nothing() -> None:
    rows = heard(
        Entry("a.wav", ANGRY),
        Entry("diary.wav", b"Dear diary"),
        Entry("broken.zip", b"PK\x03\x04 and no more"),
        Entry("empty.wav", b""),
        Entry("silent.wav", SILENT),
        Entry("z.wav", SAD),
    )
    assert [row.kind for row in rows] == [
        "angry", "unreadable", "unreadable", "unreadable", "no speech", "sad",
    ]  # fmt: skip
    assert "not a sound file" in str(rows[1].error)
    assert "not a zip file" in str(rows[2].error)
    assert (rows[0].duration_s, rows[1].duration_s, rows[4].duration_s) == (1.0, None, 1.0)
    assert rows[0].error is None


def test_a_fault_of_ours_is_one_rows_problem_but_broken_models_are_everybodys() -> None:
    ear = Ear()
    ear.fault, ear.faulty_length = ZeroDivisionError("division"), 9_000
    rows = heard(Entry("odd.wav", sound(0.1, count=9_000)), Entry("a.wav", ANGRY), ear=ear)
    assert [row.kind for row in rows] == ["unreadable", "angry"]
    assert "division" not in str(rows[0].error)
    ear.fault = BundleError("The models have gone.")
    with pytest.raises(BundleError):
        heard(Entry("odd.wav", sound(0.1, count=9_000)), ear=ear)


def test_the_same_sound_is_heard_once_in_whatever_format() -> None:
    flac = io.BytesIO()
    soundfile.write(flac, np.full(16_000, 0.5), SAMPLE_RATE, format="FLAC", subtype="PCM_16")
    ear = Ear()
    rows = heard(
        Entry("a.wav", ANGRY),
        Entry("b.wav", ANGRY),
        Entry("c.flac", flac.getvalue()),
        Entry("z.wav", SAD),
        Entry("x.wav", b"broken"),
        Entry("y.wav", b"broken"),
        ear=ear,
    )
    assert len(ear.heard) == 2
    assert [row.duplicate_of for row in rows] == [None, "a.wav", "a.wav", None, None, "x.wav"]
    assert [row.kind for row in rows[:4]] == ["angry", "angry", "angry", "sad"]


def test_a_file_more_is_the_only_one_heard_and_nothing_is_taken_twice() -> None:
    many, ear = Batch(), Ear()
    many.add([Entry("a.wav", ANGRY), Entry("diary.wav", b"Dear diary")])
    many.hear(ear)
    many.add([Entry("a.wav", ANGRY), Entry("longer.wav", sound(-0.5, count=20_000))])
    assert [entry.name for entry in many.unheard()] == ["longer.wav"]
    many.hear(ear)
    assert ear.heard == [16_000, 20_000]
    assert [row.name for row in many.rows(ear)] == ["a.wav", "diary.wav", "longer.wav"]
    assert many.content(many.rows(ear)[0].key) == ANGRY


def test_another_model_or_voice_needs_no_second_hearing() -> None:
    many, ear = Batch(), Ear()
    many.add([Entry("a.wav", ANGRY), Entry("b.wav", sound(0.2, count=9_000))])
    many.hear(ear)
    assert [row.kind for row in many.rows(ear, model="cnn")] == ["angry", "angry"]
    assert [row.kind for row in many.rows(ear, same_speaker=True)] == ["angry", "sad"]
    assert len(ear.heard) == 2
    fresh = many.unanswered()
    assert len(fresh.unheard()) == 2
    assert not many.unheard()


def test_stopping_keeps_what_was_heard_and_the_rest_can_follow() -> None:
    many, ear, shares = Batch(), Ear(), list[float]()
    many.add(Entry(f"{n}.wav", sound(0.5, count=10_000 + n)) for n in range(4))
    many.hear(ear, progress=shares.append, cancelled=lambda: len(ear.heard) >= 2)
    assert [row.name for row in many.rows(ear)] == ["0.wav", "1.wav"]
    assert shares == [0.25, 0.5]
    many.hear(ear, progress=shares.append)
    assert len(many.rows(ear)) == len(ear.heard) == 4
    assert shares == [0.25, 0.5, 0.5, 1.0]


def test_a_path_is_read_where_it_lies(tmp_path: Path) -> None:
    (tmp_path / "a.wav").write_bytes(ANGRY)
    rows = heard(
        Entry("a", tmp_path / "a.wav"), Entry("b", ANGRY), Entry("gone", tmp_path / "gone.wav")
    )
    assert [row.duplicate_of for row in rows] == [None, "a", None]
    assert "no such file" in str(rows[2].error)


def test_a_zip_keeps_its_paths_and_leaves_out_what_nobody_meant() -> None:
    content = zipped(
        {
            "calls/": b"",
            "calls/monday/a.wav": ANGRY,
            "calls\\tuesday\\b.wav": SAD,
            "__MACOSX/calls/._a.wav": b"x",
            ".DS_Store": b"x",
            "calls/.hidden/c.wav": b"x",
            "../../etc/passwd.wav": b"x",
            "more.zip": zipped({"d.wav": ANGRY}),
        }
    )
    rows = heard(Entry("week.zip", content), Entry("plain.ZIP", zipped({"a.wav": ANGRY})))
    kinds = {row.name: row.kind for row in rows}
    assert kinds == {
        "week.zip/calls/monday/a.wav": "angry",
        "week.zip/calls/tuesday/b.wav": "sad",
        "week.zip/../../etc/passwd.wav": "unreadable",
        "week.zip/more.zip": "unreadable",
        "plain.ZIP/a.wav": "angry",
    }
    assert "zip inside a zip" in next(str(row.error) for row in rows if "more.zip" in row.name)


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_unusual_packing_is_refused_and_so_are_locks(method: int) -> None:
    (problem,) = unpacked(zipped({"a.wav": ANGRY}, method=method)).values()
    assert "unusual way" in str(problem)
    locked = bytearray(zipped({"a.wav": ANGRY}))
    for start, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        locked[locked.index(start) + at] |= 1
    (problem,) = unpacked(bytes(locked)).values()
    assert "password" in str(problem)


def test_names_come_as_they_were_meant_or_somehow() -> None:
    def renamed(raw: bytes, flag: int) -> bytes:
        content = bytearray(zipped({"x" * len(raw): ANGRY}))
        for start, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
            struct.pack_into("<H", content, content.index(start) + at, flag)
        return bytes(content).replace(b"x" * len(raw), raw)

    assert list(unpacked(renamed("größer.wav".encode(), 0))) == ["größer.wav"], "a Mac's"
    assert list(unpacked(renamed("größer.wav".encode(), 0x800))) == ["größer.wav"]
    assert list(unpacked(renamed("größer.wav".encode("cp437"), 0))) == ["größer.wav"]
    assert len(unpacked(renamed(b"\xff\xfe\x00\x1b.wav", 0))) == 1
    with pytest.raises(AudioError, match="zip the files anew"):
        unpacked(renamed(b"\xff\xfe.wav", 0x800))


def test_a_small_zip_cannot_unpack_to_much() -> None:
    bomb = zipped({f"{n}.wav": bytes(1_000_000) for n in range(12)})
    assert len(bomb) < 20_000
    assert unpack(bomb, max_bytes=10_000_000) is None
    lying = bytearray(zipped({"a.wav": bytes(1_000_000)}))
    struct.pack_into("<I", lying, lying.index(b"PK\x01\x02") + 24, 1_000)
    (content,) = unpacked(bytes(lying)).values()
    assert isinstance(content, AudioError) or len(content) <= 1_000
    damaged = bytearray(zipped({"a.wav": ANGRY, "b.wav": SAD}, method=zipfile.ZIP_STORED))
    damaged[5_000] ^= 0xFF
    one, other = unpacked(bytes(damaged)).values()
    assert "damaged" in str(one)
    assert other == SAD


def test_a_zip_of_endless_records_is_not_even_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ser.unpack.ZipFile", lambda _: pytest.fail("it was opened"))
    assert unpack(b"PK\x01\x02" * 30_000, max_bytes=10) is None


def test_what_does_not_fit_is_named_and_the_rest_is_taken(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    many = Batch(max_files=3)
    pair = zipped({"1.wav": ANGRY, "2.wav": SAD})
    files = [Entry("a.wav", ANGRY), Entry("b.wav", SAD), Entry("two.zip", pair)]
    assert many.add([*files, Entry("c.wav", SILENT), Entry("d.wav", ANGRY)]) == [
        "two.zip",
        "d.wav",
    ]
    assert len(many) == 3
    monkeypatch.setattr(batch, "MAX_BYTES", len(ANGRY) + 10)
    assert Batch().add(files) == ["b.wav", "two.zip"]


def test_notes_beside_the_sounds_of_a_zip_take_no_room() -> None:
    many = Batch(max_files=2)
    notes = {f"{number}.txt": b"a note" for number in range(5)}
    assert many.add([Entry("corpus.zip", zipped(notes | {"a.wav": ANGRY, "b.wav": SAD}))]) == []
    assert (len(many), many.no_sounds) == (2, 5)


def test_a_file_without_samples_is_not_taken_for_an_empty_one() -> None:
    empty, header = heard(Entry("empty.wav", b""), Entry("header.wav", sound(0.0, count=0)))
    assert (empty.kind, empty.duplicate_of, empty.prediction) == ("unreadable", None, None)
    assert (header.duration_s, header.duplicate_of) == (0.0, None)


def test_a_zip_of_a_corpus_is_its_sounds() -> None:
    corpus = {
        "readme.txt": b"Sounds of ours.",
        "table.csv": b"a.wav,angry",
        "a.wav": ANGRY,
        "take-2.b": SAD,
        "broken.mp3": b"nothing",
    }
    many, ear = Batch(), Ear()
    for _ in range(2):
        assert many.add([Entry("corpus.zip", zipped(corpus))]) == []
    many.hear(ear)
    assert [(row.name, row.kind) for row in many.rows(ear)] == [
        ("corpus.zip/a.wav", "angry"),
        ("corpus.zip/take-2.b", "sad"),
        ("corpus.zip/broken.mp3", "unreadable"),
    ]
    assert many.no_sounds == many.unanswered().no_sounds == 2
    (notes,) = heard(Entry("notes.zip", zipped({"readme.txt": b"Soon."})))
    assert notes.error == "There are no sounds in this zip."


def test_what_lasts_over_a_minute_is_said_to_have_no_one_answer() -> None:
    ear = Ear()
    talk, minute = sound(0.5, count=61 * SAMPLE_RATE), sound(0.5, count=60 * SAMPLE_RATE)
    rows = heard(
        Entry("talk.wav", talk), Entry("minute.wav", minute), Entry("a.wav", ANGRY), ear=ear
    )
    assert [row.kind for row in rows] == ["over a minute", "angry", "angry"]
    assert ear.heard == [16_000, 60 * SAMPLE_RATE], "the longest last, and minutes not at all"
    assert summary(rows) == "3 files: 2 sound angry, 1 over a minute."
    row = next(csv.DictReader(io.StringIO(to_csv(rows))))
    assert (row["status"], row["label"], row["duration_s"]) == ("too_long", "", "61.000")
    assert "page Analyse" in row["problem"]


def test_the_summary_counts_each_sound_once() -> None:
    def told(label: str, share: float = 0.7) -> Prediction:
        return Prediction(label, share, {label: share}, "cnn", 1.0, "ok", "happy")

    doubtful = Prediction("sad", 0.5, {"sad": 0.5, "fear": 0.45}, "cnn", 1.0, "uncertain", "fear")
    rows = [
        Row("a", told("sad")),
        Row("b", told("sad"), duplicate_of="a"),
        Row("c", told("sad")),
        Row("d", told("fear")),
        Row("e", doubtful),
        Row("f", None, "Broken."),
        Row("g", Prediction(None, 0.0, {}, "cnn", 0.2, "too_short")),
    ]
    assert tally(rows) == {
        "sad": 2, "fear": 1, "not sure": 1, "too short": 1, "unreadable": 1,
    }  # fmt: skip
    assert summary(rows) == (
        "7 files, 1 of them a duplicate: 2 sound sad, 1 sounds like fear, 1 not sure, "
        "1 too short, 1 could not be read."
    )
    assert [row.remark for row in rows[3:]] == [
        "Fairly sure.", "Between sad and fear.", "Broken.", "Too short to say.",
    ]  # fmt: skip


def test_csv_holds_everything_and_no_formula() -> None:
    rows = heard(
        Entry("=cmd.wav", ANGRY),
        Entry("plain, or not.wav", ANGRY),
        Entry("@sum.wav", b"broken"),
        Entry("silent.wav", SILENT),
    )
    table = list(csv.DictReader(io.StringIO(to_csv(rows))))
    assert [row["file"] for row in table] == [
        "'=cmd.wav", "plain, or not.wav", "'@sum.wav", "silent.wav",
    ]  # fmt: skip
    assert table[1]["duplicate_of"] == "'=cmd.wav"
    answer = {name: table[0][name] for name in ("status", "label", "confidence", "second", "fear")}
    assert list(answer.values()) == ["ok", "angry", "0.7000", "fear", "0.0500"]
    assert set(LABELS) < set(table[0])
    assert (table[2]["status"], table[2]["label"]) == ("unreadable", "")
    assert "not a sound file" in table[2]["problem"]
    assert (table[3]["status"], table[3]["duration_s"]) == ("no_speech", "1.000")


def test_the_chart_has_a_place_for_each_emotion_and_marks_what_has_no_answer() -> None:
    (bars,) = batch_chart({"sad": 2, "not sure": 3, "unreadable": 1}).data
    assert list(bars.y) == [*LABELS, "not sure", "unreadable"]
    assert list(bars.x) == [0, 0, 2, 0, 0, 0, 0, 3, 1]
    assert list(bars.marker.pattern.shape) == [""] * 7 + ["/"] * 2
    assert batch_chart({}).data[0].y[0] == "neutral"


def test_the_shipped_models_answer_as_they_do_one_by_one(voices: dict[str, np.ndarray]) -> None:
    recognizer, many = Recognizer.load(), Batch()
    many.add(Entry(name, wav(samples)) for name, samples in voices.items())
    many.hear(recognizer)
    files = [wav(samples) for samples in voices.values()]
    for model in ("hybrid", "cnn"):
        alone = [recognizer.predict(file, model=model) for file in files]
        assert [row.prediction for row in many.rows(recognizer, model=model)] == alone
    together = recognizer.predict_many(files, model="cnn", same_speaker=True)
    rows = many.rows(recognizer, model="cnn", same_speaker=True)
    assert [row.prediction for row in rows] == together
