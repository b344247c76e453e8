"""Zip archives from anybody: which members they have, which of them may be opened, and the rest with its reason.

Nothing is written anywhere. A member is opened as a stream that ends with an error where it holds more than it says.

Limits: the list of members is held in memory, about a kilobyte for each; archives in several volumes, and members
packed otherwise than by deflate, bzip2 or LZMA, are unreadable.
"""

from __future__ import annotations

import io
import lzma
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, BinaryIO, NamedTuple

from pipelines.device.readers.base import Clean, ReadingStopped

_PACKED = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)
_ENCRYPTED = 0x1 | 0x40 | 0x2000  # flag bits: traditional, strong, masked headers (APPNOTE.TXT 4.4.4)
_DAMAGE = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, OSError, ValueError)
_AES = 99  # compression method of WinZip's encryption
_END, _END_64, _LOCATOR_64 = b"PK\x05\x06", b"PK\x06\x06", b"PK\x06\x07"


class Limits(NamedTuple):
    """What an archive may hold."""

    max_directory_bytes: int = 256 << 20  # about two million members
    max_member_bytes: int = 64 << 30
    max_total_bytes: int = 1 << 40
    max_ratio: int = 250  # unpacked to packed; XML of a report packs 20 to 60 times
    free_bytes: int = 16 << 20  # smaller members may have any ratio


@dataclass(frozen=True, slots=True)
class Member:
    """A file of an archive. With a reason of schemas.device.FILE_REASONS it cannot be opened."""

    name: str  # with slashes, relative, without `..`; unlike every other of the archive
    n_bytes: int  # as the archive says
    reason: str | None = None
    detail: str | None = None
    entry: zipfile.ZipInfo | None = None


class Archive:
    """A zip archive that is open for reading."""

    def __init__(self, content: BinaryIO, limits: Limits | None = None) -> None:
        """Read the list of members.

        Raises:
            ReadingStopped: it is cut, damaged, or its list is too large.
        """
        self._limits = limits or Limits()
        try:
            if (size := _directory_bytes(content)) > self._limits.max_directory_bytes:
                raise ReadingStopped("TOO_LARGE", f"a list of members of {size >> 20} MiB")
            self._zip = zipfile.ZipFile(content)
        except (zipfile.BadZipFile, struct.error, ValueError, OSError, NotImplementedError) as error:
            raise ReadingStopped("DAMAGED", f"no zip archive: {type(error).__name__}") from error

    def members(self) -> Iterator[Member]:
        """Its files, in its order, without folders."""
        limits, total, seen = self._limits, 0, set[str]()
        overlapping = _overlapping(self._zip.infolist())
        for entry in self._zip.infolist():
            name, is_safe = safe_name(entry.orig_filename)
            if entry.is_dir() and is_safe and not entry.file_size:
                continue
            total += entry.file_size
            reason: tuple[str, str] | None = None
            if not is_safe:
                reason = ("UNSAFE_NAME", "its name leads out of the archive")
            elif name in seen:
                reason = ("UNSAFE_NAME", "its name stands in the archive twice")
            elif not _is_file(entry):
                reason = ("LINK", "it is a link or a device")
            elif entry.flag_bits & _ENCRYPTED or entry.compress_type == _AES:
                reason = ("PASSWORD", "it is encrypted: a password is needed")
            elif entry.compress_type not in _PACKED:
                reason = ("UNREADABLE", f"it is packed by method {entry.compress_type}")
            elif entry.header_offset in overlapping:
                reason = ("BOMB", "it shares bytes with another member")
            elif entry.file_size > max(limits.free_bytes, entry.compress_size * limits.max_ratio):
                reason = ("BOMB", f"it unpacks to over {limits.max_ratio} times its size")
            elif entry.file_size > limits.max_member_bytes:
                reason = ("TOO_LARGE", f"over {limits.max_member_bytes} bytes")
            elif total > limits.max_total_bytes:
                reason = ("TOO_LARGE", f"the archive unpacks to over {limits.max_total_bytes} bytes")
            unique, n = name, 1
            while unique in seen:
                n += 1
                unique = f"{name}#{n}"
            seen.add(unique)
            if reason:
                yield Member(unique, entry.file_size, *reason)
            else:
                yield Member(unique, entry.file_size, entry=entry)

    def open(self, member: Member) -> BinaryIO:
        """The content of a member without a reason, as a stream that can seek where the archive can.

        Reading raises ReadingStopped where it is cut, damaged, or larger than it says.

        Raises:
            ReadingStopped: it cannot be opened.
        """
        if member.entry is None:
            raise ReadingStopped(member.reason or "UNREADABLE", member.detail or "it cannot be opened")
        try:
            return io.BufferedReader(_Bounded(self._zip.open(member.entry), member.n_bytes), 64 << 10)
        except RuntimeError as error:
            raise ReadingStopped("PASSWORD", "it is encrypted: a password is needed") from error
        except (zipfile.BadZipFile, NotImplementedError, OSError, EOFError) as error:
            raise ReadingStopped("DAMAGED", "its head does not agree with the list of members") from error

    def close(self) -> None:
        self._zip.close()

    def __enter__(self) -> Archive:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class _Bounded(io.RawIOBase):
    """A member's content; what goes wrong with it is told in one way."""

    def __init__(self, content: IO[bytes], n_bytes: int) -> None:
        self._content, self._n_bytes, self._at = content, n_bytes, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return self._content.seekable()

    def readinto(self, buffer: object) -> int:
        view = memoryview(buffer)  # type: ignore[arg-type]
        try:
            block = self._content.read(len(view))
        except _DAMAGE as error:
            raise ReadingStopped("DAMAGED", "it cannot be unpacked, or its checksum is wrong", self._at) from error
        except EOFError as error:
            raise ReadingStopped("CUT", "the archive ends within it", self._at) from error
        view[: len(block)] = block
        self._at += len(block)
        if self._at > self._n_bytes:
            raise ReadingStopped("BOMB", "it holds more than the archive says", self._n_bytes)
        return len(block)

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        try:
            self._at = self._content.seek(offset, whence)
        except (*_DAMAGE, EOFError) as error:
            raise ReadingStopped("DAMAGED", "it cannot be unpacked, or its checksum is wrong", self._at) from error
        return self._at

    def tell(self) -> int:
        return self._at

    def close(self) -> None:
        self._content.close()
        super().close()


def safe_name(name: str) -> tuple[str, bool]:
    """A member's name with slashes, without what leads elsewhere; and whether it was so already."""
    slashed = Clean().text(name).replace("\\", "/")
    parts = slashed.split("/")
    is_safe = (
        bool(slashed.strip("/"))
        and not slashed.startswith("/")
        and ":" not in parts[0]
        and ".." not in parts
        and "\ufffd" not in slashed
        and len(slashed.encode("utf-8", "replace")) < 4096
    )
    kept = [part if part != ".." else "_" for part in parts if part not in ("", ".")]
    return "/".join(kept)[:4096] or "_", is_safe


def _is_file(entry: zipfile.ZipInfo) -> bool:
    """Whether an archive made on a Unix says that it is an ordinary file, or says nothing."""
    kind = stat.S_IFMT(entry.external_attr >> 16)
    return kind in (0, stat.S_IFREG, stat.S_IFDIR)


def _overlapping(entries: list[zipfile.ZipInfo]) -> set[int]:
    """Offsets of members whose packed bytes reach into the next member's."""
    ordered = sorted((entry.header_offset, entry.compress_size) for entry in entries)
    found, reach, holder = set[int](), -1, -1
    for offset, size in ordered:
        if offset < reach:
            found |= {offset, holder}
        if offset + size > reach:
            reach, holder = offset + size, offset
    return found


def _directory_bytes(content: BinaryIO) -> int:
    """The size of the list of members, before it is read.

    Raises:
        ReadingStopped: there is none.
    """
    size = content.seek(0, io.SEEK_END)
    content.seek(max(0, size - (66 << 10)))
    tail = content.read(66 << 10)
    at = tail.rfind(_END)
    content.seek(0)
    if at < 0 or len(tail) - at < 22:
        is_zip = content.read(4) == b"PK\x03\x04"
        raise ReadingStopped("CUT" if is_zip else "DAMAGED", "no list of members at its end", size if is_zip else None)
    n_bytes = int(struct.unpack("<L", tail[at + 12 : at + 16])[0])
    if n_bytes == 0xFFFFFFFF and (locator := tail.rfind(_LOCATOR_64, 0, at)) >= 0:
        content.seek(struct.unpack("<Q", tail[locator + 8 : locator + 16])[0])
        record = content.read(56)
        content.seek(0)
        if record[:4] == _END_64:
            return int(struct.unpack("<Q", record[40:48])[0])
    return n_bytes
