"""Zip files of sounds, unpacked in memory and with care: a small one may hold gigabytes.

What a zip says of its own sizes is checked before anything is unpacked, and no more
than it says is unpacked afterwards. Nothing is written to disk, so the paths inside
are names and nothing else.
"""

from __future__ import annotations

import io
import struct
import zlib
from contextlib import suppress
from pathlib import PurePosixPath
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from ser.errors import AudioError

_BEGINS = (b"PK\x03\x04", b"PK\x05\x06")
"""The first bytes of a zip with files in it, and of one without."""

_RECORD = b"PK\x01\x02"
_MAX_RECORDS = 20_000
"""Folders and hidden files included: each costs memory as soon as the zip is opened."""

_UTF8_NAME = 0x800
_LOCKED = 0x1
_DAMAGE = (BadZipFile, zlib.error, struct.error, EOFError, OSError, ValueError, OverflowError)
_NOT_SOUNDS = {"__MACOSX", "Thumbs.db", "desktop.ini"}
_SOUND_NAMES = {
    *(".wav", ".flac", ".ogg", ".oga", ".opus", ".mp3", ".aif", ".aiff"),
    *(".m4a", ".mp4", ".aac", ".amr", ".3gp", ".wma", ".webm"),
}
"""Whoever zips one of these wants to hear it, and be told if that does not work."""


def is_zip(name: str, content: bytes) -> bool:
    """Tell whether a file is a zip, or calls itself one."""
    return name.lower().endswith(".zip") or content.startswith(_BEGINS)


def is_sound(path: str, content: bytes) -> bool:
    """Tell whether a file calls itself a sound, or is one under whatever name."""
    import soundfile

    if PurePosixPath(path).suffix.lower() in _SOUND_NAMES:
        return True
    try:
        soundfile.info(io.BytesIO(content))
    except (soundfile.SoundFileError, OSError, TypeError):
        return False
    return True


def unpack(content: bytes, *, max_bytes: int) -> list[tuple[str, bytes | AudioError]] | None:
    """Unpack the files of a zip; folders and hidden files are left out.

    Parameters
    ----------
    content : bytes
        The zip.
    max_bytes : int
        How much may come out of it.

    Returns
    -------
    list of (path, bytes or AudioError), or None
        In the order of the zip; an error stands where one file cannot be unpacked.
        None where more would come out than may.

    Raises
    ------
    AudioError
        It is damaged or no zip, or holds no files.
    """
    if content.count(_RECORD) > _MAX_RECORDS:
        return None
    try:
        archive = ZipFile(io.BytesIO(content))
    except (*_DAMAGE, NotImplementedError) as error:
        raise AudioError("This is not a zip file, or it is damaged: zip the files anew.") from error
    with archive:
        files = [info for info in archive.infolist() if _is_visible_file(info)]
        if not files:
            raise AudioError("There are no files in this zip.")
        if sum(info.file_size for info in files) > max_bytes:
            return None
        return [(_path(info), _read(archive, info)) for info in files]


def _is_visible_file(info: ZipInfo) -> bool:
    path = _path(info)
    parts = path.split("/")
    hidden = any(
        part in _NOT_SOUNDS or (part.startswith(".") and part.strip(".")) for part in parts
    )
    return not (path.endswith("/") or hidden)


def _path(info: ZipInfo) -> str:
    """Give the path inside the zip, with its letters as they were meant."""
    name = info.filename
    if not info.flag_bits & _UTF8_NAME:
        # Macs write UTF-8 without saying so, and it comes out as DOS letters.
        with suppress(UnicodeError):
            name = name.encode("cp437").decode("utf-8")
    return name.replace("\\", "/")


def _read(archive: ZipFile, info: ZipInfo) -> bytes | AudioError:
    if info.flag_bits & _LOCKED:
        return AudioError("It is locked with a password: zip it without one.")
    # Others may want gigabytes of memory before they give a byte.
    if info.compress_type not in (ZIP_STORED, ZIP_DEFLATED):
        return AudioError("It is packed in an unusual way: zip it anew in the ordinary one.")
    try:
        with archive.open(info) as file:
            # Without a number, all would be unpacked before it is cut to what the zip said.
            content = file.read(info.file_size)
    except (*_DAMAGE, NotImplementedError, RuntimeError):
        return AudioError("It is damaged inside the zip: zip it anew.")
    if len(content) < info.file_size:
        return AudioError("It is damaged inside the zip: zip it anew.")
    if content.startswith(_BEGINS):
        return AudioError("It is a zip inside a zip: unpack that one first.")
    return content
