"""Fetch one file over HTTP without ever fetching twice what has already come.

What arrives is kept in ``NAME.part``; a broken transfer goes on from there, in the
same run and in the next (HTTP ``Range``). ``NAME.part.etag`` remembers which version
the server was sending, so that two versions are never joined (``If-Range``). Only a
file whose checksum is right gets its proper name; one whose checksum is wrong is
kept as ``NAME.mismatch``.

pooch fetches and verifies too, but it cannot resume, and deletes what does not match.
"""

from __future__ import annotations

import hashlib
import os
import re
import sys
import time
from functools import partial
from pathlib import Path

import requests
from tqdm import tqdm

from ser.errors import SerError

CHUNK_BYTES = 16384
"""Written at a time; when a connection is cut, no more than this is lost of what came."""

TRANSIENT_STATUSES = {408, 425, 429, 500, 502, 503, 504}


class DownloadError(SerError):
    """A file that could not be fetched, or is not the one that was expected."""


class _BrokenError(Exception):
    """A transfer that is worth another attempt; its text says what happened."""


def fetch(
    url: str,
    target: Path,
    *,
    md5: str,
    size: int | None = None,
    attempts: int = 5,
    pause_s: float = 1.0,
    timeout_s: float = 30.0,
) -> None:
    """Make sure that a file with the right checksum is there, fetching what is missing.

    Parameters
    ----------
    url : str
        Where it is; redirections are followed.
    target : Path
        What it will be called. A file already there is verified, not fetched.
    md5 : str
        Its checksum, 32 hexadecimal digits.
    size : int, optional
        Its length in bytes, for servers that do not tell.
    attempts : int
        How often to connect before giving up.
    pause_s : float
        Seconds to wait after the first broken attempt; doubles after each.
    timeout_s : float
        Seconds of silence after which a connection counts as broken.

    Raises
    ------
    DownloadError
        If the server refuses, all attempts break off, or the checksum is wrong.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f"{target.name}.part")
    if target.exists():
        _verify(target, target, md5=md5, size=size)
        return
    _receive_patiently(
        url, part, size=size, attempts=attempts, pause_s=pause_s, timeout_s=timeout_s
    )
    _etag_file(part).unlink(missing_ok=True)
    _verify(part, target, md5=md5, size=size)
    os.replace(part, target)


def _receive_patiently(
    url: str, part: Path, *, size: int | None, attempts: int, pause_s: float, timeout_s: float
) -> None:
    """Connect again after each broken transfer, at most `attempts` times in all."""
    reason = ""
    for attempt in range(attempts):
        if attempt:
            pause = pause_s * 2 ** (attempt - 1)
            print(f"  {reason}; trying again in {pause:g} s", file=sys.stderr)
            time.sleep(pause)
        try:
            return _receive(url, part, size=size, timeout_s=timeout_s)
        except _BrokenError as error:
            reason = str(error)
        except (requests.ConnectionError, requests.Timeout) as error:
            reason = _in_words(error)
        except requests.exceptions.ChunkedEncodingError:
            reason = "the connection was cut"
        except requests.RequestException as error:
            raise DownloadError(f"{url} cannot be fetched: {error}.") from error
    came = f"What came ({_length(part):,} bytes) is kept" if _length(part) else "Nothing came"
    raise DownloadError(
        f"{url} could not be fetched in {attempts} attempts: {reason}. "
        f"{came}: run the same command again to go on from there."
    )


def _receive(url: str, part: Path, *, size: int | None, timeout_s: float) -> None:
    """Connect once and add to `part` all that comes."""
    have = _length(part)
    with requests.get(
        url, headers=_headers(part, have), stream=True, timeout=timeout_s
    ) as response:
        total = _total(response) or size
        if response.status_code == 416 and have == total:  # nothing was missing
            return
        _refuse_other_answers(response)
        resumed = response.status_code == 206
        if response.status_code == 416 or (resumed and _first_byte(response) != have):
            part.unlink(missing_ok=True)
            raise _BrokenError("the server has another file than before, starting anew")
        if not resumed:  # all of it comes: a new version, or a server without Range
            have = 0
            _remember_version(part, response)
        _write(response, part, have=have, total=total)
    if total is not None and _length(part) < total:
        raise _BrokenError("the connection was cut")


def _write(response: requests.Response, part: Path, *, have: int, total: int | None) -> None:
    """Store the body behind the first `have` bytes of `part`, drawing a progress bar."""
    with (
        part.open("ab" if have else "wb") as file,
        tqdm(
            desc=f"  {part.stem}",
            total=total,
            initial=have,
            unit="B",
            unit_scale=True,
            leave=False,
            disable=None,  # None: only where there is a terminal to draw on
        ) as bar,
    ):
        for chunk in response.iter_content(CHUNK_BYTES):
            file.write(chunk)
            bar.update(len(chunk))


def _headers(part: Path, have: int) -> dict[str, str]:
    headers = {"Accept-Encoding": "identity"}  # bytes on the wire are bytes on disk
    if have:
        headers["Range"] = f"bytes={have}-"
        if _etag_file(part).is_file():
            headers["If-Range"] = _etag_file(part).read_text(encoding="latin-1")
    return headers


def _refuse_other_answers(response: requests.Response) -> None:
    """Let pass the file, a part of it, and "no such part" (200, 206, 416)."""
    status = f"{response.status_code} {response.reason}"
    if response.status_code in TRANSIENT_STATUSES:
        raise _BrokenError(f"the server answered {status}")
    if response.status_code not in (200, 206, 416):
        raise DownloadError(f"{response.url} cannot be fetched: the server answered {status}.")
    # A log-in page or a proxy's notice must not replace the half that has come.
    if response.status_code == 200 and "text/html" in response.headers.get("Content-Type", ""):
        raise DownloadError(f"{response.url} answered with a web page instead of a file.")


def _remember_version(part: Path, response: requests.Response) -> None:
    etag = response.headers.get("ETag", "")
    if etag.startswith('"'):  # weak ones (W/"...") do not promise the same bytes
        _etag_file(part).write_text(etag, encoding="latin-1")
    else:
        _etag_file(part).unlink(missing_ok=True)


def _etag_file(part: Path) -> Path:
    return part.with_name(f"{part.name}.etag")


def _total(response: requests.Response) -> int | None:
    """Length in bytes of the whole file, where the server tells."""
    if match := re.search(r"/(\d+)\s*$", response.headers.get("Content-Range", "")):
        return int(match[1])
    length = response.headers.get("Content-Length", "")
    return int(length) if response.status_code == 200 and length.isdigit() else None


def _first_byte(response: requests.Response) -> int | None:
    match = re.match(r"\s*bytes\s+(\d+)-", response.headers.get("Content-Range", ""))
    return int(match[1]) if match else None


def _verify(path: Path, target: Path, *, md5: str, size: int | None) -> None:
    """Set `path` aside as ``NAME.mismatch`` if it is not the file that was expected."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, partial(hashlib.md5, usedforsecurity=False))
    found = digest.hexdigest()
    if found == md5.lower():
        return
    aside = target.with_name(f"{target.name}.mismatch")
    length = path.stat().st_size
    os.replace(path, aside)
    expected = f"MD5 {md5.lower()}" + (f" and {size:,} bytes" if size else "")
    raise DownloadError(
        f"{target.name} is not the file that was expected: expected {expected}, "
        f"but what came has MD5 {found} and {length:,} bytes. It is kept as {aside}. "
        "Run the same command again to fetch it anew. If the publisher has put out a new "
        f"version with this checksum, write it into training/fetching/sources.json and rename the "
        f"file to {target.name}."
    )


def _length(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _in_words(error: requests.RequestException) -> str:
    if isinstance(error, requests.exceptions.SSLError):
        return "no secure connection could be made"
    if isinstance(error, requests.Timeout):
        return "the server fell silent"
    return "there is no connection to the server"
