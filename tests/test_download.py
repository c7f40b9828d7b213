"""Fetching and unpacking corpora, against a real web server on this computer."""

from __future__ import annotations

import hashlib
import io
import re
import tarfile
import threading
import zipfile
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from training import download
from training.download import Source, obtain, read_sources
from training.fetching.archives import ArchiveError, unpack
from training.fetching.transfer import CHUNK_BYTES, DownloadError, fetch

FILE = bytes(range(256)) * 4000  # about 1 MB: more than the sockets hold in their buffers
CUT = 20 * CHUNK_BYTES  # whole chunks survive a cut
SOUND = b"RIFF" + bytes(1000)


class Server(ThreadingHTTPServer):
    """Serves one file; what is set here makes it misbehave."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.file = FILE
        self.etag: str | None = '"v1"'
        self.ranges = True
        self.tells_length = True
        self.content_type = "application/zip"
        self.first_byte_shift = 0
        self.cuts: list[int] = []  # where the next bodies break off; empty: they are whole
        self.statuses: list[int] = []  # the next answers; empty: as it should be
        self.asked: list[str | None] = []  # the Range of each request

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/corpus.zip"


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        wanted = self.headers["Range"]
        self.server.asked.append(wanted)
        if self.server.statuses:
            self.send_error(self.server.statuses.pop(0))
            return
        start = int(re.sub(r"\D", "", wanted)) if wanted and self.server.ranges else 0
        if self.headers["If-Range"] not in (None, self.server.etag):
            start = 0
        if start >= len(self.server.file):
            self.send_response(416)
            self.send_header("Content-Range", f"bytes */{len(self.server.file)}")
            self.end_headers()
            return
        self._send(start)

    def _send(self, start: int) -> None:
        whole = self.server.file
        body = whole[start:]
        self.send_response(206 if start else 200)
        self.send_header("Content-Type", self.server.content_type)
        if self.server.etag:
            self.send_header("ETag", self.server.etag)
        if start:
            shown = start + self.server.first_byte_shift
            self.send_header("Content-Range", f"bytes {shown}-{len(whole) - 1}/{len(whole)}")
        if self.server.tells_length:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[: self.server.cuts.pop(0)] if self.server.cuts else body)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with Server() as running:
        # Stopping waits for the loop's next look around, so let it look often.
        threading.Thread(target=running.serve_forever, args=(0.01,), daemon=True).start()
        yield running
        running.shutdown()


def md5(data: bytes) -> str:
    return hashlib.md5(data).hexdigest()


def get(server: Server, target: Path, *, attempts: int = 3, size: int | None = None) -> None:
    fetch(server.url, target, md5=md5(FILE), size=size, attempts=attempts, pause_s=0)


def names(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))


# Fetching ----------------------------------------------------------------------------


def test_a_file_arrives_whole_and_alone(server: Server, tmp_path: Path) -> None:
    target = tmp_path / "new" / "corpus.zip"
    get(server, target)
    assert target.read_bytes() == FILE
    assert names(target.parent) == ["corpus.zip"]


def test_a_file_that_is_there_is_verified_and_not_fetched(server: Server, tmp_path: Path) -> None:
    target = tmp_path / "corpus.zip"
    target.write_bytes(FILE)
    get(server, target)
    assert server.asked == []


def test_a_broken_transfer_goes_on_where_it_broke(server: Server, tmp_path: Path) -> None:
    server.cuts = [CUT, CUT]
    get(server, tmp_path / "corpus.zip")
    assert (tmp_path / "corpus.zip").read_bytes() == FILE
    assert server.asked == [None, f"bytes={CUT}-", f"bytes={2 * CUT}-"]


def test_the_next_run_goes_on_where_the_last_gave_up(server: Server, tmp_path: Path) -> None:
    target = tmp_path / "corpus.zip"
    server.cuts = [CUT]
    with pytest.raises(DownloadError, match=r"\(327,680 bytes\) is kept"):
        get(server, target, attempts=1)
    assert names(tmp_path) == ["corpus.zip.part", "corpus.zip.part.etag"]
    get(server, target)
    assert target.read_bytes() == FILE
    assert server.asked == [None, f"bytes={CUT}-"]


def test_a_server_that_ignores_range_starts_anew(server: Server, tmp_path: Path) -> None:
    server.cuts, server.ranges = [CUT], False
    get(server, tmp_path / "corpus.zip")
    assert (tmp_path / "corpus.zip").read_bytes() == FILE


def test_a_file_changed_in_between_is_not_joined_to_its_old_half(
    server: Server, tmp_path: Path
) -> None:
    part = tmp_path / "corpus.zip.part"
    part.write_bytes(b"the older version")
    part.with_name("corpus.zip.part.etag").write_text('"v0"')
    get(server, tmp_path / "corpus.zip")
    assert (tmp_path / "corpus.zip").read_bytes() == FILE
    assert len(server.asked) == 1


def test_an_answer_that_begins_elsewhere_is_not_joined(server: Server, tmp_path: Path) -> None:
    (tmp_path / "corpus.zip.part").write_bytes(FILE[:CUT])
    server.first_byte_shift = 7
    get(server, tmp_path / "corpus.zip")
    assert (tmp_path / "corpus.zip").read_bytes() == FILE
    assert server.asked == [f"bytes={CUT}-", None]


@pytest.mark.parametrize(
    ("part", "requests"),
    [pytest.param(FILE, 1, id="whole"), pytest.param(FILE * 2, 2, id="longer")],
)
def test_a_part_with_nothing_missing(
    server: Server, tmp_path: Path, part: bytes, requests: int
) -> None:
    (tmp_path / "corpus.zip.part").write_bytes(part)
    get(server, tmp_path / "corpus.zip")
    assert (tmp_path / "corpus.zip").read_bytes() == FILE
    assert len(server.asked) == requests


def test_the_known_size_shows_a_cut_that_the_server_hides(server: Server, tmp_path: Path) -> None:
    server.tells_length, server.cuts = False, [CUT]
    get(server, tmp_path / "corpus.zip", size=len(FILE))
    assert (tmp_path / "corpus.zip").read_bytes() == FILE


def test_attempts_are_bounded(server: Server, tmp_path: Path) -> None:
    server.cuts = [CHUNK_BYTES] * 20
    with pytest.raises(DownloadError, match=r"in 4 attempts: the connection was cut.*run the same"):
        get(server, tmp_path / "corpus.zip", attempts=4)
    assert len(server.asked) == 4
    assert (tmp_path / "corpus.zip.part").read_bytes() == FILE[: 4 * CHUNK_BYTES]


def test_a_busy_server_is_asked_again(server: Server, tmp_path: Path) -> None:
    server.statuses = [503, 429]
    get(server, tmp_path / "corpus.zip")
    assert (tmp_path / "corpus.zip").read_bytes() == FILE


def test_a_missing_file_is_asked_for_once(server: Server, tmp_path: Path) -> None:
    server.statuses = [404]
    with pytest.raises(DownloadError, match=r"corpus\.zip cannot be fetched.*404 Not Found"):
        get(server, tmp_path / "corpus.zip")
    assert len(server.asked) == 1


def test_no_server_at_all_is_said_in_words(server: Server, tmp_path: Path) -> None:
    url = "http://127.0.0.1:9/corpus.zip"  # the discard port: nothing listens
    with pytest.raises(DownloadError, match=r"no connection to the server\. Nothing came"):
        fetch(url, tmp_path / "corpus.zip", md5=md5(FILE), attempts=2, pause_s=0)


def test_a_log_in_page_does_not_replace_what_has_come(server: Server, tmp_path: Path) -> None:
    part = tmp_path / "corpus.zip.part"
    part.write_bytes(FILE[:CUT])
    server.ranges, server.content_type = False, "text/html; charset=utf-8"
    with pytest.raises(DownloadError, match="a web page instead of a file"):
        get(server, tmp_path / "corpus.zip")
    assert part.read_bytes() == FILE[:CUT]


def test_a_wrong_checksum_keeps_the_file_aside(server: Server, tmp_path: Path) -> None:
    server.file = b"x" + FILE[1:]
    with pytest.raises(DownloadError) as caught:
        get(server, tmp_path / "corpus.zip")
    for said in (md5(FILE), md5(server.file), "corpus.zip.mismatch", "Run the same command again"):
        assert said in str(caught.value)
    assert names(tmp_path) == ["corpus.zip.mismatch"]
    assert (tmp_path / "corpus.zip.mismatch").read_bytes() == server.file
    server.file = FILE
    get(server, tmp_path / "corpus.zip")
    assert (tmp_path / "corpus.zip").read_bytes() == FILE


# Unpacking ---------------------------------------------------------------------------


def zip_of(path: Path, files: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return path


def zip_of_link(path: Path) -> Path:
    link = zipfile.ZipInfo("link.wav")
    link.external_attr = 0o120777 << 16
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(link, "../../outside.wav")
    return path


def tar_of(path: Path, member: str, *, kind: bytes = tarfile.REGTYPE, link: str = "") -> Path:
    info = tarfile.TarInfo(member)
    info.type, info.linkname = kind, link
    data = SOUND if kind == tarfile.REGTYPE else b""
    info.size = len(data)
    with tarfile.open(path, "w:gz") as archive:
        archive.addfile(info, io.BytesIO(data))
    return path


EVIL: dict[str, Callable[[Path], Path]] = {
    "zip: parent": lambda p: zip_of(p, {"a/../../outside.wav": SOUND}),
    "zip: absolute": lambda p: zip_of(p, {f"{p.parent}/outside.wav": SOUND}),
    "zip: drive": lambda p: zip_of(p, {"C:/outside.wav": SOUND}),
    "zip: drive-relative": lambda p: zip_of(p, {"C:outside.wav": SOUND}),
    "zip: network": lambda p: zip_of(p, {"//host/share/outside.wav": SOUND}),
    "zip: backslash": lambda p: zip_of(p, {"..\\outside.wav": SOUND}),
    "zip: link": zip_of_link,
    "tar: parent": lambda p: tar_of(p, "../outside.wav"),
    "tar: absolute": lambda p: tar_of(p, f"{p.parent}/outside.wav"),
    "tar: drive": lambda p: tar_of(p, "C:\\outside.wav"),
    "tar: symlink": lambda p: tar_of(p, "link.wav", kind=tarfile.SYMTYPE, link="../outside.wav"),
    "tar: hard link": lambda p: tar_of(p, "link.wav", kind=tarfile.LNKTYPE, link="../secret"),
    "tar: device": lambda p: tar_of(p, "link.wav", kind=tarfile.CHRTYPE),
    "tar: pipe": lambda p: tar_of(p, "link.wav", kind=tarfile.FIFOTYPE),
}


@pytest.mark.parametrize("make", EVIL.values(), ids=EVIL.keys())
def test_members_cannot_leave_the_folder(make: Callable[[Path], Path], tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b"not yours")
    archive = make(tmp_path / "archive")
    with pytest.raises(
        ArchiveError, match=r"not unpacked, because of its member '.*(outside|link)"
    ):
        unpack(archive, tmp_path / "corpora" / "corpus")
    assert names(tmp_path) == ["archive", "corpora", "secret"]


@pytest.mark.parametrize("mode", ["w", "w:gz", "w:bz2", "w:xz"])
def test_ordinary_tars_unpack(mode: str, tmp_path: Path) -> None:
    (tmp_path / "made" / "Actor_01").mkdir(parents=True)
    (tmp_path / "made" / "Actor_01" / "a.wav").write_bytes(SOUND)
    with tarfile.open(tmp_path / "corpus.tar", mode) as archive:  # type: ignore[call-overload]
        archive.add(tmp_path / "made", ".")
    assert unpack(tmp_path / "corpus.tar", tmp_path / "corpus") == 1
    assert (tmp_path / "corpus" / "Actor_01" / "a.wav").read_bytes() == SOUND


def test_more_data_than_a_corpus_holds_is_refused(tmp_path: Path) -> None:
    archive = zip_of(tmp_path / "bomb.zip", {"a.wav": bytes(600_000), "b.wav": bytes(600_000)})
    assert archive.stat().st_size < 2000
    with pytest.raises(ArchiveError, match=r"'b\.wav': with it the contents are larger"):
        unpack(archive, tmp_path / "corpus", most_bytes=1_000_000)
    assert names(tmp_path) == ["bomb.zip"]


def test_a_damaged_archive_leaves_nothing_half_done(tmp_path: Path) -> None:
    archive = zip_of(tmp_path / "corpus.zip", {"a.wav": SOUND, "b.wav": bytes(range(256)) * 50})
    data = bytearray(archive.read_bytes())
    data[data.index(b"b.wav") + 40] ^= 0xFF
    archive.write_bytes(data)
    with pytest.raises(ArchiveError, match=r"corpus\.zip cannot be unpacked"):
        unpack(archive, tmp_path / "corpus")
    assert names(tmp_path) == ["corpus.zip"]


def test_what_is_no_archive_is_named(tmp_path: Path) -> None:
    (tmp_path / "corpus.zip").write_bytes(SOUND)
    with pytest.raises(ArchiveError, match=r"corpus\.zip is neither a zip nor a tar"):
        unpack(tmp_path / "corpus.zip", tmp_path / "corpus")


def test_unpacking_again_after_an_interruption(tmp_path: Path) -> None:
    left_behind = tmp_path / ".corpus.unpacking" / "half.wav"
    left_behind.parent.mkdir()
    left_behind.write_bytes(b"RI")
    unpack(zip_of(tmp_path / "corpus.zip", {"whole.wav": SOUND}), tmp_path / "corpus")
    assert names(tmp_path) == ["corpus", "corpus.zip", "corpus/whole.wav"]


# The command -------------------------------------------------------------------------


@pytest.fixture
def open_source(server: Server, tmp_path: Path) -> Source:
    """Describe a corpus of two recordings that the server offers."""
    files = {"Actor_01/a.wav": SOUND, "Actor_01/b.wav": SOUND, "readme.txt": b"hello"}
    server.file = zip_of(tmp_path / "made.zip", files).read_bytes()
    return Source(
        name="toy",
        title="Toy",
        licence="CC0 1.0",
        page="http://publisher/",
        recordings=2,
        archive="toy.zip",
        url=server.url,
        md5=md5(server.file),
    )


BY_HAND = Source(
    name="form",
    title="Form",
    licence="none stated",
    page="http://publisher/form",
    recordings=1,
    archive="form.zip",
    steps=("Click there, save as {archive}, or unpack into {folder}.",),
)


def run(monkeypatch: pytest.MonkeyPatch, sources: list[Source], *arguments: str | Path) -> int:
    table = {source.name: source for source in sources}
    monkeypatch.setattr(download, "read_sources", lambda: table)
    return download.main([str(argument) for argument in arguments])


def test_a_corpus_is_fetched_once(server: Server, open_source: Source, tmp_path: Path) -> None:
    assert "2 of 2 recordings are now in" in obtain(open_source, tmp_path / "data")
    assert names(tmp_path / "data" / "toy") == [
        *("Actor_01", "Actor_01/a.wav", "Actor_01/b.wav", "readme.txt"),
    ]
    (tmp_path / "data" / "toy.zip").unlink()  # people may delete it
    assert "nothing to do, all 2" in obtain(open_source, tmp_path / "data")
    assert len(server.asked) == 1


def test_a_fetched_archive_is_unpacked_without_fetching_it_again(
    server: Server, open_source: Source, tmp_path: Path
) -> None:
    (tmp_path / "toy.zip").write_bytes(server.file)
    obtain(open_source, tmp_path)
    assert (tmp_path / "toy" / "Actor_01" / "b.wav").read_bytes() == SOUND
    assert server.asked == []


def test_an_incomplete_folder_is_not_overwritten(open_source: Source, tmp_path: Path) -> None:
    mine = tmp_path / "toy" / "a.wav"
    mine.parent.mkdir()
    mine.write_bytes(SOUND)
    with pytest.raises(DownloadError, match="holds only 1 of 2 recordings: move that folder away"):
        obtain(open_source, tmp_path)
    assert mine.read_bytes() == SOUND


def test_one_that_fails_does_not_stop_the_others(
    server: Server,
    open_source: Source,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    server.statuses = [404]
    status = run(monkeypatch, [open_source, BY_HAND], "nosuch", "toy", "form", "--to", tmp_path)
    shown = capsys.readouterr()
    assert status == 1
    errors = shown.err.splitlines()
    assert errors[0] == "error: nosuch: there is no such corpus, only toy, form, or all."
    assert errors[1].startswith("error: toy: http://127.0.0.1")
    assert errors[1].endswith("404 Not Found. See http://publisher/")
    assert len(errors) == 2
    assert "Click there" in shown.out


def test_all_means_all_and_the_folder_may_come_from_the_environment(
    open_source: Source,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("SER_DATA", str(tmp_path / "data"))
    assert run(monkeypatch, [open_source, BY_HAND], "all") == 0
    assert (tmp_path / "data" / "toy" / "Actor_01" / "a.wav").is_file()
    shown = capsys.readouterr().out
    assert f"save as {tmp_path / 'data' / 'form.zip'}" in shown
    assert f"unpack into {tmp_path / 'data' / 'form'}." in shown
    assert "1 recordings belong" in shown
    assert "python -m training.prepare --data" in shown


def test_an_archive_saved_by_hand_is_unpacked(tmp_path: Path) -> None:
    zip_of(tmp_path / "form.zip", {"a.wav": SOUND})
    assert "1 of 1 recordings are now in" in obtain(BY_HAND, tmp_path)
    assert (tmp_path / "form" / "a.wav").read_bytes() == SOUND


def test_stand_ins_of_git_lfs_are_not_recordings(tmp_path: Path) -> None:
    (tmp_path / "cremad" / "AudioWAV").mkdir(parents=True)
    stand_in = f"version https://git-lfs.github.com/spec/v1\noid sha256:{'0' * 64}\nsize 71000\n"
    for number in range(3):
        (tmp_path / "cremad" / "AudioWAV" / f"{number}.wav").write_text(stand_in)
    steps = obtain(read_sources()["cremad"], tmp_path)
    assert "clone --depth 1 https://github.com/CheyneyComputerScience/CREMA-D.git" in steps
    assert 'lfs pull --include "AudioWAV/*"' in steps
    assert "0 are there now" in steps


def test_the_list_names_every_corpus_with_licence_and_size(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert download.main([]) == 0
    rows = {line.split()[0]: line for line in capsys.readouterr().out.splitlines() if line}
    assert {"ravdess", "ravdess_song", "cremad", "tess", "emodb", "iesc"} < set(rows)
    assert "208 MB" in rows["ravdess"]
    assert "CC BY-NC-SA 4.0" in rows["ravdess"]
    assert "fetched" in rows["emodb"]
    assert "by hand" in rows["tess"]


def test_the_table_of_sources_is_sound(tmp_path: Path) -> None:
    for source in read_sources().values():
        assert source.page.startswith("https://")
        if source.url:
            assert source.url.startswith("https://zenodo.org/records/")
            assert re.fullmatch(r"[0-9a-f]{32}", source.md5)
            assert source.archive
            assert source.bytes
        else:
            assert str(tmp_path / source.name) in download.instructions(source, tmp_path)
