"""What a training frees, it keeps for what it asks next."""

from __future__ import annotations

import ctypes
import platform

# From <malloc.h>.
_M_TRIM_THRESHOLD = -1
_M_MMAP_MAX = -4
_M_ARENA_MAX = -8


def keep_memory() -> None:
    """Have the C library keep freed memory instead of giving it back to the system.

    Each step of a training takes large blocks and frees them again. By default glibc
    fetches every one anew from the system, which first clears its pages: up to half of a
    step's time. Where there is no glibc nothing is changed. Method: mallopt(3).
    """
    if platform.libc_ver()[0] != "glibc":
        return
    mallopt = ctypes.CDLL(None).mallopt
    mallopt(_M_ARENA_MAX, 1)
    mallopt(_M_MMAP_MAX, 0)
    mallopt(_M_TRIM_THRESHOLD, -1)
