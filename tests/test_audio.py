"""Reading sound: every form gives the same samples, and what lies is refused."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
import soundfile

from ser import AudioError
from ser.audio import SAMPLE_RATE, load
from tests.corpora_on_disk import not_utf_8


def _wav(samples: np.ndarray, rate: int = SAMPLE_RATE, subtype: str = "PCM_16") -> bytes:
    file = io.BytesIO()
    soundfile.write(file, samples, rate, format="WAV", subtype=subtype)
    return file.getvalue()


def _tone(rate: int = SAMPLE_RATE, seconds: float = 1.0) -> np.ndarray:
    return (0.3 * np.sin(2 * np.pi * 220 * np.arange(int(rate * seconds)) / rate)).astype("f4")


def test_path_bytes_file_and_samples_give_the_same(tmp_path: Path) -> None:
    data = _wav(_tone())
    path = tmp_path / "tone.wav"
    path.write_bytes(data)
    with path.open("rb") as file:
        given = [load(x).samples for x in (path, str(path), data, io.BytesIO(data), file)]
    for samples in given:
        np.testing.assert_array_equal(samples, given[0])
    integers = soundfile.read(io.BytesIO(data), dtype="int16")[0]
    np.testing.assert_allclose(load((integers, SAMPLE_RATE)).samples, given[0], atol=1e-4)


def test_a_file_may_have_any_name(tmp_path: Path) -> None:
    (tmp_path / "tone.wav").write_bytes(_wav(_tone()))
    path = not_utf_8(tmp_path / "tone.wav")
    for given in (path, str(path)):
        assert load(given).duration_s == pytest.approx(1.0)


@pytest.mark.parametrize("kind", ["WAV", "FLAC", "OGG", "MP3", "AIFF"])
def test_formats_that_people_have(kind: str) -> None:
    file = io.BytesIO()
    soundfile.write(file, _tone(), SAMPLE_RATE, format=kind)
    assert load(file.getvalue()).duration_s == pytest.approx(1.0, abs=0.1)


def test_unsigned_bytes_rest_at_half_their_range() -> None:
    given = np.round(128 + 127 * _tone()).astype(np.uint8)
    np.testing.assert_allclose(load((given, SAMPLE_RATE)).samples, _tone(), atol=0.01)


def test_channels_that_cancel_are_heard_by_one() -> None:
    opposed = np.stack([_tone(), -_tone()], axis=1)
    assert np.ptp(load((opposed, SAMPLE_RATE)).samples) > 0.5


@pytest.mark.parametrize("rate", [8_000, 22_050, 44_100, 96_000])
def test_any_rate_and_stereo_become_16_khz_mono(rate: int) -> None:
    stereo = np.stack([_tone(rate), _tone(rate)], axis=1)
    sound = load((stereo, rate))
    assert sound.samples.dtype == np.float32
    assert sound.duration_s == pytest.approx(1.0, abs=0.001)
    spectrum = np.abs(np.fft.rfft(sound.samples))
    assert spectrum.argmax() == pytest.approx(220, abs=1)


@pytest.mark.parametrize(
    ("source", "says"),
    [
        (b"", "not a sound file"),
        (b"this is a text, not a sound" * 100, "not a sound file"),
        ("nowhere/voice.wav", "no such file"),
        ((np.zeros(0, "f4"), SAMPLE_RATE), "0.00 s"),
        ((_tone(seconds=0.05), SAMPLE_RATE), "at least 0.1 s"),
        ((np.zeros(SAMPLE_RATE, "f4"), SAMPLE_RATE), "silent"),
        ((np.full(SAMPLE_RATE, 0.2, "f4"), SAMPLE_RATE), "silent"),
        ((np.full(SAMPLE_RATE, np.nan, "f4"), SAMPLE_RATE), "not numbers"),
        ((np.zeros((2, 2, 2), "f4"), SAMPLE_RATE), "3 dimensions"),
        ((_tone(), 1), "sampling rate is 1 Hz"),
        (_wav(_tone(), rate=1), "sampling rate is 1 Hz"),
        (_wav(_tone(), rate=2_000_000_000), "sampling rate"),
        (_wav(np.tile(_tone()[:, None], 64)), "64 channels"),
        ((np.zeros(4_000 * 60 * 21, "f4"), 4_000), "lasts 21 min; at most 20 min work. Cut"),
        (3.5, "cannot be read from float"),
        ((SAMPLE_RATE, _tone()), "give \\(samples, sample_rate\\)"),
        ((_tone(), float("nan")), "give \\(samples, sample_rate\\)"),
        ((_tone(),), "give \\(samples, sample_rate\\)"),
        (("a.wav", "b.wav"), "give \\(samples, sample_rate\\)"),
        ((np.array(["a", "b"]), SAMPLE_RATE), "give \\(samples, sample_rate\\)"),
        (((_tone() * 32_767).astype("i8"), SAMPLE_RATE), "int64 do not tell how loud"),
    ],
)
def test_what_cannot_be_used_is_told_in_a_sentence(source: object, says: str) -> None:
    with pytest.raises(AudioError, match=says) as error:
        load(source)  # type: ignore[arg-type]
    assert str(error.value).endswith((".", "?"))


@pytest.mark.parametrize("samples", [np.zeros(0, "f4"), np.zeros(44_100, "f4"), _tone()[:500]])
def test_silence_and_crumbs_pass_where_they_are_asked_for(samples: np.ndarray) -> None:
    for source in ((samples, 44_100), _wav(samples, rate=44_100)):
        sound = load(source, empty_too=True)
        assert sound.duration_s == pytest.approx(len(samples) / 44_100, abs=1e-4)


def test_broken_sounds_never_pass() -> None:
    for source in (b"", (np.full(SAMPLE_RATE, np.nan, "f4"), SAMPLE_RATE)):
        with pytest.raises(AudioError):
            load(source, empty_too=True)


@pytest.mark.parametrize(
    ("begin", "kind"),
    [
        (b"\0\0\0\x20ftypM4A \0\0\0\0", "an M4A"),
        (b"\0\0\0\x20ftyp3gp4\0\0\0\0", "a 3GP"),
        (b"#!AMR\n", "an AMR"),
        (b"\xff\xf1\x50\x80", "an AAC"),
        (b"\x30\x26\xb2\x75\x8e\x66", "a WMA"),
    ],
)
def test_what_phones_record_is_named_with_a_way_out(
    begin: bytes, kind: str, tmp_path: Path
) -> None:
    content = begin + bytes(range(256)) * 20
    (tmp_path / "memo.wav").write_bytes(content)
    for source in (content, tmp_path / "memo.wav", io.BytesIO(content)):
        with pytest.raises(AudioError, match=f"This is {kind}.* save it as WAV or MP3"):
            load(source)


def test_a_flac_that_does_not_know_its_length_is_told_so() -> None:
    file = io.BytesIO()
    soundfile.write(file, _tone(), SAMPLE_RATE, format="FLAC")
    content = bytearray(file.getvalue())
    content[21] &= 0xF0  # 36 bits of samples in all: 0 where an encoder wrote into a pipe
    content[22:26] = bytes(4)
    with pytest.raises(AudioError, match="does not say how long it is: save it as WAV"):
        load(bytes(content))


def test_a_folder_is_not_a_sound(tmp_path: Path) -> None:
    with pytest.raises(AudioError, match="folder"):
        load(tmp_path)


def test_a_small_file_that_unpacks_to_hours_is_refused_before_decoding() -> None:
    file = io.BytesIO()
    soundfile.write(file, np.zeros((8_000 * 60 * 30, 1), "i2"), 8_000, format="FLAC")
    assert len(file.getvalue()) < 200_000
    with pytest.raises(AudioError, match="30 min"):
        load(file.getvalue())


def test_a_cut_off_file_is_read_as_far_as_it_goes() -> None:
    data = _wav(_tone())
    assert load(data[: len(data) // 2]).duration_s == pytest.approx(0.5, abs=0.05)


def test_nan_in_a_float_wav_is_refused() -> None:
    samples = _tone()
    samples[100] = np.nan
    with pytest.raises(AudioError, match="not numbers"):
        load(_wav(samples, subtype="FLOAT"))
