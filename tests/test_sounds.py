"""Sounds sorted out of packages: the right files in the right folders."""

from __future__ import annotations

import shutil
import subprocess
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ser.audio import SAMPLE_RATE, load
from training import sounds
from training.dataset import TrainingError
from training.nonspeech import make
from training.sounds import Kind, read_kinds, sort_out


def _sound(path: Path) -> Path:
    import soundfile

    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, make("tone", np.random.default_rng(1), 0.5), SAMPLE_RATE)
    return path


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A package's files: two birds, a spoken name, music in an archive."""
    root = tmp_path / "tree"
    for name in ("crow", "lark", "crow_desc_de"):
        _sound(root / f"usr/share/stamps/birds/{name}.wav")
    inner = _sound(tmp_path / "song.wav")
    with zipfile.ZipFile(root / "usr/share/public.zip", "w") as archive:
        for number in range(7):
            archive.write(inner, f"audio/music/song {number}.wav")
    return root


@pytest.fixture
def wheel(tree: Path, tmp_path: Path) -> Path:
    path = tmp_path / "aviary-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for file in tree.rglob("*.*"):
            archive.write(file, file.relative_to(tree))
    return path


BIRDS = Kind("birds", "aviary", keep=r"birds/.+\.wav$", drop="_desc")
MUSIC = Kind("music", "aviary", keep=r"music/.+\.wav$", inside=r"\.zip$", part="unseen", most=3)


def test_what_is_spoken_stays_out_of_the_kind(wheel: Path, tmp_path: Path) -> None:
    assert sort_out(wheel, [BIRDS], tmp_path / "out") == {"birds": 2}
    names = sorted(path.name for path in (tmp_path / "out/learnt/birds").iterdir())
    assert names == ["000-crow.wav", "001-lark.wav"]


def test_of_many_sounds_in_an_archive_some_are_taken_at_even_steps(
    wheel: Path, tmp_path: Path
) -> None:
    assert sort_out(wheel, [MUSIC], tmp_path / "out") == {"music": 3}
    files = sorted((tmp_path / "out/unseen/music").iterdir())
    assert [file.name for file in files] == [
        f"00{place}-song_{number}.wav" for place, number in enumerate((0, 3, 6))
    ]
    assert load(files[0]).duration_s == pytest.approx(0.5, abs=0.01)


def test_what_was_there_before_is_replaced(wheel: Path, tmp_path: Path) -> None:
    _sound(tmp_path / "out/learnt/birds/old.wav")
    assert sort_out(wheel, [BIRDS], tmp_path / "out") == {"birds": 2}


@pytest.mark.skipif(not shutil.which("dpkg-deb"), reason="dpkg-deb is not there")
def test_a_debian_package_is_unpacked(tree: Path, tmp_path: Path) -> None:
    control = tree / "DEBIAN/control"
    control.parent.mkdir()
    fields = (
        "Package: aviary",
        "Version: 1",
        "Architecture: all",
        "Maintainer: a",
        "Description: a",
    )
    control.write_text("\n".join(fields) + "\n")
    package = tmp_path / "aviary_1_all.deb"
    subprocess.run(["dpkg-deb", "--build", tree, package], check=True, capture_output=True)
    assert sort_out(package, [BIRDS], tmp_path / "out") == {"birds": 2}


def test_an_unknown_package_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert sounds.main([str(tmp_path / "chess_2_all.deb"), "--to", str(tmp_path)]) == 1
    assert "chess_2_all.deb is none of the packages" in capsys.readouterr().err


def test_a_damaged_package_is_said_so(tmp_path: Path) -> None:
    for name in ("aviary-1.whl", "aviary_1_all.deb"):
        (tmp_path / name).write_text("no package")
        with pytest.raises(TrainingError, match="cannot be unpacked"):
            sort_out(tmp_path / name, [BIRDS], tmp_path / "out")


def test_nothing_is_both_learnt_and_unseen() -> None:
    packages: dict[str, set[str]] = {}
    for kind in read_kinds():
        packages.setdefault(kind.part, set()).add(kind.package)
    assert set(packages) == {"learnt", "unseen", "unseen_speech"}
    assert not packages["learnt"] & (packages["unseen"] | packages["unseen_speech"])


def test_the_debian_packages_can_be_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    assert sounds.main(["--debian"]) == 0
    named = capsys.readouterr().out.split()
    assert "sonic-pi-samples" in named
    assert "immich_memories_music" not in named


def test_without_a_package_it_says_what_it_wants(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        sounds.main([])
    assert "--debian" in capsys.readouterr().err


def test_of_a_few_sounds_more_than_wanted_no_more_are_taken(wheel: Path, tmp_path: Path) -> None:
    assert sort_out(wheel, [replace(MUSIC, most=6)], tmp_path / "out") == {"music": 4}


def test_another_release_without_the_sounds_leaves_what_is_there(
    wheel: Path, tmp_path: Path
) -> None:
    kept = _sound(tmp_path / "out/learnt/birds/old.wav")
    with pytest.raises(TrainingError, match="aviary has no birds where they were"):
        sort_out(wheel, [replace(BIRDS, keep="swans/")], tmp_path / "out")
    assert kept.exists()


def test_a_damaged_archive_in_a_package_is_said_so(tmp_path: Path) -> None:
    path = tmp_path / "aviary-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("public.zip", "no archive")
    with pytest.raises(TrainingError, match="cannot be unpacked"):
        sort_out(path, [MUSIC], tmp_path / "out")
