"""Unpack a zip or tar archive without trusting it.

The archive says only how files are called and what is in them. Names that point out
of the folder, links, devices and more data than expected are refused, and as nothing
but plain files and folders is ever made, nothing can be written anywhere else.
"""

from __future__ import annotations

import lzma
import os
import shutil
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Generator
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import IO

from ser.errors import SerError

MOST_BYTES = 4_000_000_000
"""More than any corpus holds; less than what a zip bomb would fill the disk with."""

MOST_MEMBERS = 100_000

LINK = "it is a link or a device"

UNREADABLE = (
    *(zipfile.BadZipFile, tarfile.TarError, EOFError, zlib.error, lzma.LZMAError),  # damaged
    *(NotImplementedError, RuntimeError),  # compressed in an unknown way, or encrypted
    *(FileExistsError, IsADirectoryError, NotADirectoryError),  # a file and a folder of one name
)


class ArchiveError(SerError):
    """An archive that is damaged, or that holds what an archive of sounds must not."""


@dataclass(frozen=True)
class _Member:
    """One entry of an archive.

    ``open`` is None for a folder; ``problem`` says why an entry cannot be taken.
    """

    name: str
    size: int
    open: Callable[[], IO[bytes]] | None
    problem: str = ""


def unpack(archive: Path, folder: Path, *, most_bytes: int = MOST_BYTES) -> int:
    """Unpack an archive into a folder that is not there yet, or is empty.

    All goes into a hidden folder beside it first, which gets its name when it is
    complete: after an interruption, simply unpack again.

    Parameters
    ----------
    archive : Path
        A zip, tar, tar.gz, tar.bz2 or tar.xz file.
    folder : Path
        Where its contents go.
    most_bytes : int
        Refuse an archive whose contents are larger, in bytes.

    Returns
    -------
    int
        The number of files.

    Raises
    ------
    ArchiveError
        If the archive is damaged, or a member is refused; `folder` is then untouched.
    OSError
        If the disk is full or may not be written to.
    """
    unfinished = folder.with_name(f".{folder.name}.unpacking")
    if unfinished.exists():
        shutil.rmtree(unfinished)
    unfinished.mkdir(parents=True)
    try:
        count = _extract(archive, unfinished, most_bytes)
        if folder.exists():
            folder.rmdir()  # only ever an empty one
        os.replace(unfinished, folder)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    return count


def _extract(archive: Path, folder: Path, most_bytes: int) -> int:
    files = total = 0
    try:
        with closing(_members(archive)) as members:
            for number, member in enumerate(members, 1):
                total += member.size
                _refuse(archive, member, number=number, too_much=total > most_bytes)
                destination = folder.joinpath(*PurePosixPath(member.name).parts)
                if member.open is None:
                    destination.mkdir(parents=True, exist_ok=True)
                    continue
                destination.parent.mkdir(parents=True, exist_ok=True)
                # Both readers stop at the size that the header declares.
                with member.open() as source, destination.open("wb") as target:
                    shutil.copyfileobj(source, target)
                files += 1
    except UNREADABLE as error:
        raise ArchiveError(f"{archive} cannot be unpacked: {error}.") from error
    return files


def _refuse(archive: Path, member: _Member, *, number: int, too_much: bool) -> None:
    """Raise for a member that has no place in an archive of sounds."""
    problem = member.problem or _problem_with_name(member.name)
    if too_much:
        problem = "with it the contents are larger than any corpus"
    elif number > MOST_MEMBERS:
        problem = f"it holds more than {MOST_MEMBERS:,} files"
    if problem:
        raise ArchiveError(
            f"{archive} was not unpacked, because of its member {member.name!r}: {problem}. "
            "Make sure that it comes from the corpus's own publisher."
        )


def _problem_with_name(name: str) -> str:
    """Say why a name might lead out of the folder; the empty text if it cannot."""
    if not name.strip("/. ") or "\0" in name:
        return "it has no proper name"
    if name.startswith("/") or PureWindowsPath(name).drive:
        return "it is an absolute path"
    if "\\" in name or ":" in name:
        return "its name holds a backslash or colon, which mean folders or drives on Windows"
    if ".." in PurePosixPath(name).parts:
        return "it leads out of the folder"
    return ""


def _members(archive: Path) -> Generator[_Member, None, None]:
    # In this order, because a tar whose last file is a zip looks like a zip as well.
    if tarfile.is_tarfile(archive):
        return _tar_members(archive)
    if zipfile.is_zipfile(archive):
        return _zip_members(archive)
    raise ArchiveError(f"{archive} is neither a zip nor a tar archive, or it is damaged.")


def _zip_members(archive: Path) -> Generator[_Member, None, None]:
    with zipfile.ZipFile(archive) as contents:
        for info in contents.infolist():
            kind = stat.S_IFMT(info.external_attr >> 16)
            plain = kind in (0, stat.S_IFREG, stat.S_IFDIR)  # 0: made on Windows
            reader = None if info.is_dir() else partial(contents.open, info)
            yield _Member(info.filename, info.file_size, reader, "" if plain else LINK)


def _tar_members(archive: Path) -> Generator[_Member, None, None]:
    with tarfile.open(archive) as contents:
        for info in contents:
            if info.name == ".":  # how `tar -c .` begins
                continue
            plain = info.isreg() or info.isdir()
            reader = partial(_tar_file, contents, info) if info.isreg() else None
            yield _Member(info.name, info.size if plain else 0, reader, "" if plain else LINK)


def _tar_file(contents: tarfile.TarFile, info: tarfile.TarInfo) -> IO[bytes]:
    file = contents.extractfile(info)
    assert file is not None  # only links and folders have none
    return file
