"""The loaders, on generated files in their publishers' layouts."""

from __future__ import annotations

import re
import shutil
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from ser.labels import INNER_LABELS
from tests import corpora_on_disk as disk
from tests.corpora_on_disk import not_utf_8, sound, write_corpus, write_demographics, write_sound
from training.corpora import (
    Clip,
    CorpusError,
    Found,
    find_corpora,
    find_own,
    read_table,
    write_table,
)
from training.corpora.defects import known_defects
from training.corpora.find import CORPORA

SHORT = sound("neutral", seconds=0.2)


def only(root: Path) -> Found:
    (found,) = find_corpora(root).found
    return found


def put(root: Path, *names: str) -> None:
    for name in names:
        write_sound(root / name, SHORT)


def clip_of(root: Path, name: str) -> Clip:
    put(root, name)
    (clip,) = only(root).clips
    return clip


def reasons(found: Found) -> Counter[str]:
    return Counter(file.reason for file in found.left_out)


# --- each corpus in its publisher's layout ---------------------------------------------


@pytest.mark.parametrize(
    ("name", "emotions", "speakers"),
    [
        ("ravdess", disk.RAVDESS, {"ravdess-1", "ravdess-2"}),
        ("ravdess_song", disk.SONG, {"ravdess-1", "ravdess-2"}),
        ("cremad", disk.CREMAD, {"cremad-1001", "cremad-1002"}),
        ("tess", disk.TESS, {"tess-OAF", "tess-YAF"}),
        ("emodb", disk.EMODB, {"emodb-3", "emodb-8"}),
        ("iesc", disk.IESC, {"iesc-1", "iesc-2"}),
    ],
)
def test_a_corpus_is_found_whole_under_any_folder_name(
    tmp_path: Path, name: str, emotions: dict[str, str], speakers: set[str]
) -> None:
    files = write_corpus(tmp_path / "some folder", name, speakers=2, takes=2, seconds=0.2)
    found = only(tmp_path)
    assert (found.name, found.left_out) == (name, ())
    assert [clip.path for clip in found.clips] == sorted(files)
    assert {clip.speaker for clip in found.clips} == speakers
    assert Counter(clip.emotion for clip in found.clips) == dict.fromkeys(emotions.values(), 4)
    assert {clip.corpus for clip in found.clips} == {name}
    assert all(clip.duration_s == 0.2 for clip in found.clips)
    assert set(emotions.values()) <= set(INNER_LABELS)


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        (
            "Actor_07/03-01-06-02-01-02-07.wav",
            ("ravdess", "fear", "fearful", "ravdess-7", "male", None, "01", "strong"),
        ),
        (
            "Actor_12/03-02-02-01-02-01-12.wav",
            ("ravdess_song", "calm", "calm", "ravdess-12", "female", None, "02", "normal"),
        ),
        (
            "AudioWAV/1004_IEO_HAP_MD.wav",
            ("cremad", "happy", "HAP", "cremad-1004", "", None, "IEO", "medium"),
        ),
        (
            "YAF_pleasant_surprised/YAF_back_ps.wav",
            ("tess", "surprised", "ps", "tess-YAF", "female", 26.0, "back", ""),
        ),
        ("wav/03b09La.wav", ("emodb", "boredom", "L", "emodb-3", "male", 31.0, "b09", "")),
        ("wav/16a01Wb.wav", ("emodb", "angry", "W", "emodb-16", "female", 31.0, "a01", "")),
        ("Speaker-8/Sad/S-10-8-2.wav", ("iesc", "sad", "sad", "iesc-8", "", None, "10", "")),
    ],
)
def test_a_file_name_is_read_to_its_last_part(
    tmp_path: Path, file: str, expected: tuple[str | float | None, ...]
) -> None:
    clip = clip_of(tmp_path, file)
    assert (
        clip.corpus,
        clip.emotion,
        clip.original_label,
        clip.speaker,
        clip.sex,
        clip.age,
        clip.sentence,
        clip.intensity,
    ) == expected


@pytest.mark.parametrize("folder", ["OAF_Fear", "oaf_fear", "fear", "TESS/everything"])
def test_tess_folders_may_be_spelt_in_any_way(tmp_path: Path, folder: str) -> None:
    assert clip_of(tmp_path, f"{folder}/OAF_food_fear.wav").emotion == "fear"


def test_tess_name_that_lacks_a_letter_is_the_older_actress(tmp_path: Path) -> None:
    clip = clip_of(tmp_path, "OAF_neutral/OA_bite_neutral.wav")
    assert (clip.speaker, clip.age, clip.sentence) == ("tess-OAF", 64.0, "bite")


@pytest.mark.parametrize("folder", ["Speaker-3/Anger", "3/Anger", "3/ANGRY"])
def test_iesc_folders_of_both_releases(tmp_path: Path, folder: str) -> None:
    clip = clip_of(tmp_path, f"{folder}/A-1-3-1.wav")
    assert (clip.speaker, clip.emotion) == ("iesc-3", "angry")


def test_iesc_file_in_the_folder_of_another_emotion_is_left_out(tmp_path: Path) -> None:
    put(tmp_path, "Speaker-3/Fear/A-1-3-1.wav", "Speaker-3/Fear/F-1-3-1.wav")
    found = only(tmp_path)
    assert [clip.emotion for clip in found.clips] == ["fear"]
    assert reasons(found) == {"the file name says anger, its folder fear": 1}


@pytest.mark.parametrize("place", ["AudioWAV", "."])
def test_cremad_actors_are_known_from_the_publishers_table(tmp_path: Path, place: str) -> None:
    write_corpus(tmp_path, "cremad", speakers=2, takes=1, seconds=0.2)
    write_demographics(tmp_path / place, "1001,51,Male 1003,20,Female")
    people = {clip.speaker: (clip.sex, clip.age) for clip in only(tmp_path).clips}
    assert people == {"cremad-1001": ("male", 51.0), "cremad-1002": ("", None)}


@pytest.mark.parametrize("suffix", [".flac", ".ogg", ".mp3", ".aiff", ".WAV"])
def test_any_sound_format_will_do(tmp_path: Path, suffix: str) -> None:
    assert clip_of(tmp_path, f"wav/03a01Fa{suffix}").emotion == "happy"


def test_a_format_under_a_false_suffix_is_read(tmp_path: Path) -> None:
    put(tmp_path, "germ.aiff")
    (tmp_path / "germ.aiff").rename(tmp_path / "YAF_germ_angry.wav")
    assert [clip.emotion for clip in only(tmp_path).clips] == ["angry"]


# --- several corpora, and what is none -------------------------------------------------


def test_corpora_stand_side_by_side_in_a_fixed_order(tmp_path: Path) -> None:
    for name in reversed(disk.NAMES):
        write_corpus(tmp_path / "data" / name[::-1], name, speakers=1, takes=1, seconds=0.2)
    assert [found.name for found in find_corpora(tmp_path).found] == list(disk.NAMES)


def test_speech_and_song_may_share_a_folder_and_their_speakers(tmp_path: Path) -> None:
    for name in ("ravdess", "ravdess_song"):
        write_corpus(tmp_path, name, speakers=2, takes=1, seconds=0.2)
    speech, song = find_corpora(tmp_path).found
    assert {clip.speaker for clip in speech.clips} == {clip.speaker for clip in song.clips}


def test_noise_belongs_to_no_corpus(tmp_path: Path) -> None:
    write_corpus(tmp_path / "emodb", "emodb", speakers=1, takes=1, seconds=0.2)
    noises = ["noise/rain/4-125929-A.wav", "noise/A-1-1-1.wav", "noise/12a34Bc.wav"]
    put(tmp_path, *noises)
    search = find_corpora(tmp_path)
    assert [found.name for found in search.found] == ["emodb"]
    assert {path.name for path in search.others} == {Path(name).name for name in noises}


def test_hidden_twins_that_macos_leaves_are_passed_over(tmp_path: Path) -> None:
    put(tmp_path, "wav/03a01Fa.wav")
    (tmp_path / "wav" / "._03a01Fa.wav").write_bytes(b"no sound")
    (tmp_path / "__MACOSX").mkdir()
    shutil.copy(tmp_path / "wav" / "03a01Fa.wav", tmp_path / "__MACOSX")
    assert only(tmp_path).total == 1


def test_a_linked_corpus_is_found_and_a_circle_of_links_ends(tmp_path: Path) -> None:
    write_corpus(tmp_path / "elsewhere", "emodb", speakers=1, takes=1, seconds=0.2)
    data = tmp_path / "data"
    data.mkdir()
    try:
        (data / "emodb").symlink_to(tmp_path / "elsewhere")
        (tmp_path / "elsewhere" / "back").symlink_to(data)
    except OSError:
        pytest.skip("no right to make links here")
    assert only(data).total == len(disk.EMODB)


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="nowhere"):
        find_corpora(tmp_path / "nowhere")


# --- files that cannot be used ---------------------------------------------------------


@pytest.mark.parametrize(
    ("file", "reason"),
    [
        ("03-01-09-01-01-01-01.wav", "unknown emotion '09' in the file name"),
        ("03-01-03-01-01-01-25.wav", "unknown actor '25' in the file name"),
        ("03-01-03-01-01-01-01 (1).wav", "the file name does not fit the corpus's scheme"),
        ("notes.wav", "the file name does not fit the corpus's scheme"),
    ],
)
def test_a_name_outside_the_scheme_is_counted_and_named(
    tmp_path: Path, file: str, reason: str
) -> None:
    put(tmp_path, "Actor_01/03-01-03-01-01-01-01.wav", f"Actor_01/{file}")
    found = only(tmp_path)
    assert len(found.clips) == 1
    assert [(left.path.name, left.reason) for left in found.left_out] == [(file, reason)]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "an empty file"),
        (b"RIFF and then nothing of use", "not a sound that libsndfile can read"),
        (
            b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n",
            "a Git LFS pointer instead of sound: run `git lfs pull` in its folder",
        ),
    ],
)
def test_an_unreadable_file_is_counted_and_named(
    tmp_path: Path, content: bytes, reason: str
) -> None:
    put(tmp_path, "AudioWAV/1001_IEO_ANG_HI.wav")
    (tmp_path / "AudioWAV" / "1001_IEO_SAD_HI.wav").write_bytes(content)
    found = only(tmp_path)
    assert [clip.emotion for clip in found.clips] == ["angry"]
    assert [(left.path.stem, left.reason) for left in found.left_out] == [
        ("1001_IEO_SAD_HI", reason)
    ]


@pytest.mark.parametrize(("samples", "reason"), [(0, "no sound in it"), (99, "shorter than 0.1 s")])
def test_a_clip_without_length_is_left_out(tmp_path: Path, samples: int, reason: str) -> None:
    write_sound(tmp_path / "03a01Fa.wav", np.zeros(samples, np.float32))
    found = only(tmp_path)
    assert (found.clips, reasons(found)) == ((), {reason: 1})


def test_a_header_that_claims_days_is_not_believed(tmp_path: Path) -> None:
    write_sound(tmp_path / "03a01Fa.wav", np.zeros(5000, np.float32), rate=1)
    assert reasons(only(tmp_path)) == {"longer than an hour: cut it into clips": 1}


def test_a_release_that_holds_everything_twice_counts_once(tmp_path: Path) -> None:
    files = write_corpus(tmp_path / "ravdess", "ravdess", speakers=2, takes=1, seconds=0.2)
    inner = tmp_path / "ravdess" / "audio_speech_actors_01-24"
    for actor in ("Actor_01", "Actor_02"):
        shutil.copytree(tmp_path / "ravdess" / actor, inner / actor)
    found = only(tmp_path)
    assert [clip.path for clip in found.clips] == sorted(files)
    assert reasons(found) == {"the same file is there twice": len(files)}


def test_of_two_formats_of_one_clip_the_lossless_stays_if_it_can_be_read(tmp_path: Path) -> None:
    put(tmp_path, "AudioMP3/1001_IEO_ANG_HI.mp3", "AudioWAV/1001_IEO_ANG_HI.wav")
    put(tmp_path, "AudioMP3/1001_IEO_SAD_HI.mp3")
    (tmp_path / "AudioWAV" / "1001_IEO_SAD_HI.wav").write_bytes(b"")
    used = {clip.emotion: clip.path.suffix for clip in only(tmp_path).clips}
    assert used == {"angry": ".wav", "sad": ".mp3"}


# --- official defects ------------------------------------------------------------------


def test_known_defects_are_left_out_with_their_reason(tmp_path: Path) -> None:
    pairs = {"1013_WSI_SAD_XX", "1013_WSI_DIS_XX", "1017_IWW_ANG_XX", "1017_IWW_FEA_XX"}
    pairs |= {"1006_TIE_HAP_XX", "1006_TIE_NEU_XX"}
    put(tmp_path, *(f"AudioWAV/{name}.flac" for name in [*pairs, "1076_MTI_SAD_XX"]))
    put(tmp_path, "AudioWAV/1013_WSI_ANG_XX.flac")
    found = only(tmp_path)
    assert [clip.path.stem for clip in found.clips] == ["1013_WSI_ANG_XX"]
    assert reasons(found) == {"the same samples stand under two labels": 6, "digital silence": 1}


def test_of_identical_copies_with_one_label_one_stays(tmp_path: Path) -> None:
    put(tmp_path, "Actor_07/03-01-03-01-02-01-07.wav", "Actor_07/03-01-03-01-02-02-07.wav")
    put(tmp_path, "Speaker-3/Sad/S-1-3-1.wav", "Speaker-3/Sad/S-3-3-1.wav")
    put(tmp_path, "Speaker-8/Anger/A-7-8-2.wav", "Speaker-8/Anger/A-10-8-2.wav")
    used = [clip.path.stem for found in find_corpora(tmp_path).found for clip in found.clips]
    assert used == ["03-01-03-01-02-01-07", "S-1-3-1", "A-7-8-2"]


def test_every_defect_names_a_file_of_its_corpus() -> None:
    patterns = {corpus.name: corpus.pattern for corpus in CORPORA}
    misspelt = [key for key in known_defects() if not _matches(patterns[key[0]], key[1])]
    assert not misspelt


def _matches(pattern: re.Pattern[str], stem: str) -> bool:
    return pattern.fullmatch(stem.upper()) is not None


# --- people's own recordings -----------------------------------------------------------


def test_own_folders_in_any_spelling(tmp_path: Path) -> None:
    mine = tmp_path / "kitchen"
    put(mine, "ANGER/1.wav", "Fearful/1.wav", "pleasant surprise/1.wav", "bored/1.wav")
    found = find_own(mine)
    assert {clip.path.parent.name: clip.emotion for clip in found.clips} == {
        "ANGER": "angry",
        "Fearful": "fear",
        "pleasant surprise": "surprised",
        "bored": "boredom",
    }
    assert {(clip.corpus, clip.speaker) for clip in found.clips} == {("kitchen", "kitchen-unknown")}


def test_own_folders_may_name_the_speaker_on_either_side(tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    put(mine, "happy/ann/1.wav", "ben/sad/1.wav", "happy/2.wav")
    speakers = {clip.path.relative_to(mine).parts[0]: clip.speaker for clip in find_own(mine).clips}
    assert speakers["ben"] == "mine-ben"
    assert {clip.speaker for clip in find_own(mine).clips if clip.emotion == "happy"} == {
        "mine-ann",
        "mine-unknown",
    }


def test_own_folder_of_an_unknown_emotion_is_counted_and_named(tmp_path: Path) -> None:
    put(tmp_path, "happy/1.wav", "hungry/1.wav", "loose.wav")
    found = find_own(tmp_path)
    assert len(found.clips) == 1
    assert reasons(found) == {
        "in a folder that is not named after an emotion: 'hungry'": 1,
        "in a folder that is not named after an emotion": 1,
    }


def test_own_recordings_may_have_any_name(tmp_path: Path) -> None:
    put(tmp_path, "mine/sad/1.wav")
    path = not_utf_8(tmp_path / "mine/sad/1.wav")
    (clip,) = find_own(tmp_path / "mine").clips
    assert clip.path == path
    write_table([clip], tmp_path / "table.csv")
    assert read_table(tmp_path / "table.csv") == [clip]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_own_csv_with_paths_relative_to_itself(tmp_path: Path, delimiter: str) -> None:
    table = tmp_path / "mine" / "labels.csv"
    put(tmp_path / "mine", "takes/1.wav", "takes/2.wav", "takes/3.wav")
    rows = [
        ("Speaker", "Path", "Emotion", "sex", "age"),
        ("ann", "takes/1.wav", "Joy", "f", "41"),
        ("ben", "takes/2.wav", "sadness", "", ""),
        ("ben", "takes/3.wav", "peckish", "", ""),
        ("ben", "takes/4.wav", "sad", "", ""),
        ("ann", "takes/1.wav", "sad", "", ""),
    ]
    text = "\n".join(delimiter.join(row) for row in rows)
    table.write_text("\ufeff" + text, encoding="utf-8")
    found = find_own(table)
    ann, ben = found.clips
    assert (ann.emotion, ann.speaker, ann.sex, ann.age) == ("happy", "mine-ann", "female", 41.0)
    assert (ben.emotion, ben.speaker, ben.original_label) == ("sad", "mine-ben", "sadness")
    assert ben.path == tmp_path / "mine" / "takes" / "2.wav"
    assert reasons(found) == {"unknown emotion 'peckish'": 1, "no such file": 1, "listed twice": 1}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"file,mood\n1.wav,sad\n", "path, emotion and speaker; it has file, mood"),
        (b"", "it has nothing"),
        (b"path,emotion\n\xff\xfe.wav,sad\n", "UTF-8"),
    ],
)
def test_own_csv_that_is_none_is_refused_with_a_sentence(
    tmp_path: Path, content: bytes, said: str
) -> None:
    table = tmp_path / "labels.csv"
    table.write_bytes(content)
    with pytest.raises(CorpusError, match=said) as caught:
        find_own(table)
    assert str(table) in str(caught.value)
