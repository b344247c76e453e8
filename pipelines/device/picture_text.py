"""Text in pictures, where a submission asks for it: read by Tesseract, a program that the operator installs.

A picture goes to the program through a pipe and its text comes back through another: no pixel is written anywhere. What
it reads is a guess: look-alike letters are exchanged later, and only where a checksum proves them. English is read.
"""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
from functools import cache
from typing import BinaryIO

from pipelines.device.readers.base import Clean, ReadingStopped

PROGRAM = "tesseract"
NOT_INSTALLED = "ocr: not installed"
MAX_BYTES = 64 << 20  # of a picture; those of telephones have 2 to 12 MiB
MAX_S = 60  # of one picture; a page of text takes about one
MAX_MEMORY = 4 << 30  # bytes that the program may hold: some pictures unpack without end
_OPTIONS = ("stdin", "stdout", "-l", "eng", "--psm", "3")


@cache
def reader() -> str | None:
    """The program with its version, as rows name what read them; None where it is not installed."""
    path = shutil.which(PROGRAM)
    if path is None:
        return None
    told = subprocess.run([path, "--version"], capture_output=True, text=True, check=False, timeout=MAX_S)
    first = (told.stdout or told.stderr).split("\n", 1)[0].strip()
    return f"picture_text 1 ({first})" if told.returncode == 0 and first else None


def is_taken(kind: str | None) -> bool:
    """Whether a file of this media type is a picture."""
    return bool(kind and kind.startswith("image/"))


def read(content: BinaryIO, clean: Clean) -> str:
    """The text of a picture, without blanks around it; empty where there is none.

    Raises:
        ReadingStopped: it is too large, or the program is not there, cannot read it or does not come to an end.
    """
    if reader() is None:
        raise ReadingStopped("NOT_INSTALLED", NOT_INSTALLED)
    picture = content.read(MAX_BYTES + 1)
    if len(picture) > MAX_BYTES:
        raise ReadingStopped("TOO_LARGE", f"ocr: a picture of over {MAX_BYTES >> 20} MiB")
    environment = {name: os.environ[name] for name in ("PATH", "TESSDATA_PREFIX") if name in os.environ}
    try:
        done = subprocess.run(
            [PROGRAM, *_OPTIONS],
            input=picture,
            capture_output=True,
            check=False,
            timeout=MAX_S,
            env={**environment, "OMP_THREAD_LIMIT": "1", "LC_ALL": "C.UTF-8"},
            preexec_fn=_bounded,  # a worker has one thread
        )
    except subprocess.TimeoutExpired as error:
        raise ReadingStopped("UNREADABLE", f"ocr: not read within {MAX_S} s") from error
    if done.returncode:
        raise ReadingStopped("UNREADABLE", f"ocr: no picture that it can read (code {done.returncode})")
    return clean.line(done.stdout).replace("\f", "").strip()


def _bounded() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY, MAX_MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (MAX_S, MAX_S))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))  # it writes no file
