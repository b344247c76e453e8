"""What every file reader shares: limits, refusal with a reason, safe opening, sniffing, header checks and the spool.

Nothing a file holds may stop the night, so a reader either yields every row or raises `FileRefused`. Rows are spooled
(in memory, then in an unlinked temporary file) and leave only when the whole file was read: no file is loaded in part.
Details of refusals never quote content: they reach logs and check results.
"""

from __future__ import annotations

import os
import re
import stat
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from types import TracebackType
from typing import IO, Any, NamedTuple

import pyarrow as pa

from pipelines.ingest import look_alikes
from schemas import codes
from schemas.layouts import layouts

MAX_LINE = 2 << 20  # bytes of one row: reports are long, but not this long; CSV is read ahead 32 times as far
MAX_COLUMNS = 500
MAX_DEPTH = 64  # nested JSON levels; the layouts need four
MAX_TEXT = 16 << 30  # bytes that one file may unpack to
MAX_RATIO = 200  # unpacked / packed beyond MIN_UNPACKED; text of one layout packs about 20 times
MIN_UNPACKED = 32 << 20
BLOCK = 2 << 20  # bytes read at once
BATCH = 2_000  # rows at once where a reader counts rows
ROW_COST = 16  # bytes that a row is counted with beyond its text: a file may be nothing but rows
KEPT_RAW = 100_000  # characters of a refused row that are kept
SPOOLED = 32 << 20  # bytes kept in memory before the spool goes to disk

PARTS = pa.schema([("row_number", pa.int64()), ("raw", pa.string()), ("reason", pa.string()), ("detail", pa.string())])

EXTENSIONS = {
    "csv": (".csv", ".psv", ".tsv", ".txt", ".dat"),
    "jsonl": (".jsonl", ".ndjson", ".json"),
    "json": (".json",),
    "xlsx": (".xlsx",),
    "parquet": (".parquet", ".pq"),
}
PACKED = ".gz"  # accepted for text: csv, jsonl and json
ZIP, GZIP, OLE = b"PK\x03\x04", b"\x1f\x8b", b"\xd0\xcf\x11\xe0"
FOREIGN = (b"%PDF", b"{\\rtf", b"<?xml", b"<!DOCTYPE", b"<html", b"PAR1", b"ORC", b"Obj\x01", b"7z\xbc\xaf", b"Rar!")


class FileRefused(Exception):  # noqa: N818 - a verdict on a file, not a fault
    """A file that is quarantined whole: `reason` is a key of `codes.QUARANTINE_REASONS`, `detail` is for people."""

    def __init__(self, reason: str, detail: str, paths: frozenset[tuple[str, ...]] = frozenset()) -> None:
        super().__init__(reason, detail)  # both, so that it survives pickling
        self.reason, self.detail = reason, detail
        self.paths = paths  # columns of a file whose layout is unknown


def open_plain(path: str, n_bytes: int | None) -> IO[bytes]:
    """The file opened for reading, if it still is the plain file of that size that was listed.

    Raises:
        FileRefused: it is a link, pipe, folder or device now, or its size changed.
        OSError: it cannot be opened.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    stream = open(descriptor, "rb")  # noqa: SIM115 - the caller closes it
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode) or (n_bytes is not None and status.st_size != n_bytes):
        stream.close()
        raise FileRefused("FILE_UNREADABLE", "changed after it was listed")
    return stream


def check_name(file: str, layout: str) -> bool:
    """Whether the file's name says it is packed; refuses a name that says another format than the layout's.

    A name without a known extension says nothing: the content decides.
    """
    name = file.rsplit("/", 1)[-1].lower()
    is_packed = name.endswith(PACKED)
    ending = os.path.splitext(name.removesuffix(PACKED))[1]
    is_own = ending in EXTENSIONS[layout]
    other = [f for f, endings in EXTENSIONS.items() if not is_own and ending in endings]
    if other or (is_packed and layout not in ("csv", "jsonl", "json")):
        raise FileRefused("FILE_TYPE_MISMATCH", f"the name says {other[0] if other else 'gzip'}, the layout {layout}")
    return is_packed


def check_head(head: bytes, layout: str) -> None:
    """Refuses content whose first bytes are not of the layout's format."""
    if head.startswith(ZIP):
        if int.from_bytes(head[6:8], "little") & 1:
            raise FileRefused("FILE_ENCRYPTED", "an encrypted archive")
        if layout != "xlsx":
            raise FileRefused("FILE_TYPE_MISMATCH", f"a zip archive, the layout says {layout}")
    elif head.startswith(OLE):  # an encrypted workbook is an OLE container with a stream of this name
        is_encrypted = "EncryptedPackage".encode("utf-16-le") in head
        raise FileRefused(
            "FILE_ENCRYPTED" if is_encrypted else "FILE_TYPE_MISMATCH",
            "an encrypted workbook" if is_encrypted else "an old Office document",
        )
    elif head.startswith(b"PARE"):
        raise FileRefused("FILE_ENCRYPTED", "encrypted Parquet")
    elif layout == "xlsx":
        raise FileRefused("FILE_TYPE_MISMATCH", "not a workbook")
    elif layout == "parquet":
        if not head.startswith(b"PAR1"):
            raise FileRefused("FILE_TYPE_MISMATCH", "not Parquet")
    elif head.startswith((*FOREIGN, GZIP)):
        raise FileRefused("FILE_TYPE_MISMATCH", f"not {layout}")


_METADATA_WORDS = frozenset(
    {"type", "kind", "id", "ref", "reference", "count", "length", "size", "bytes", "status", "direction", "time"}
    | {"date", "at", "on", "class", "format", "code", "number"}
)
_CONTENT_WORDS = frozenset(word for name in codes.CONTENT_WORDS for word in name.split("_"))


def looks_like_content(column: str) -> bool:
    """Whether a column's name says that it holds what was communicated, rather than that something was.

    Any word of the name being a content word is enough, unless the last word names metadata (`message_type`).
    """
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", column)
    words = re.findall(r"[a-z]+", spaced.lower())
    return bool(_CONTENT_WORDS.intersection(words)) and words[-1] not in _METADATA_WORDS


def as_named(names: Sequence[str], feed: layouts.Feed) -> list[str]:
    """A header's names as the layout spells them: case, blanks and characters that nobody sees do not count.

    A name that would then stand twice, or that fits several of the layout's, stays as it is.
    """
    mapped = layouts.mapped_columns(feed)
    spelt = [_spelt(name) for name in mapped]
    own = {_spelt(name): name for name in mapped if spelt.count(_spelt(name)) == 1}
    made = [name if name in mapped else own.get(_spelt(name), name) for name in names]
    return [new if made.count(new) == 1 else old for new, old in zip(made, names, strict=True)]


def _spelt(name: str) -> str:
    return " ".join(look_alikes.plain(name).casefold().split())


class Columns(NamedTuple):
    """A file's columns, compared with its layout's: those that no mapping names, and those of a mapping that are not
    there."""

    rescued: list[str]
    absent: list[str]


def check_columns(names: Sequence[str], paths: Iterable[Sequence[str]], feed: layouts.Feed) -> Columns:
    """How a file's columns differ from the layout's, after refusing a header that cannot be used.

    Args:
        names: top-level columns of the file.
        paths: every column of the file as a path, nested ones too.
        feed: the sender's layout.

    Raises:
        FileRefused: too many columns, two of one name, a required one absent, or one that looks like content.
    """
    if len(names) > MAX_COLUMNS:
        raise FileRefused("FILE_TOO_WIDE", f"{len(names)} columns, limit {MAX_COLUMNS}")
    if len(set(names)) < len(names):
        raise FileRefused("FILE_DUPLICATE_COLUMNS", f"{len(names) - len(set(names))} columns repeat a name")
    present = {tuple(path) for path in paths}
    missing = [c for c in feed.required_columns() if tuple(layouts.split_path(feed, c)) not in present]
    if missing:
        detail = f"required columns absent: {', '.join(missing)}"
        raise FileRefused("FILE_LAYOUT_UNKNOWN", detail, frozenset(present))
    if feed.name.startswith("comms_"):
        mapped = {tuple(layouts.split_path(feed, c)) for c in feed.columns.values()}
        content = sorted({path[-1] for path in present - mapped if looks_like_content(path[-1])})
        if content:
            raise FileRefused("FILE_CONTENT_COLUMN", f"columns that look like content: {', '.join(content)[:200]}")
    named = layouts.mapped_columns(feed)
    return Columns([name for name in names if name not in named], sorted(named - {*feed.ignore, *names}))


def scratch() -> str | None:
    """Folder for temporary files: Spark's own, where there is one."""
    folder = os.environ.get("SPARK_LOCAL_DIRS", "").split(",")[0]
    return folder if folder and os.path.isdir(folder) else None


class Spool:
    """Rows of one file on their way: kept until the file is known to be whole. Use as a context manager.

    What a file becomes is summed up here, whatever its format and however it is packed.
    """

    def __init__(self, n_bytes: int) -> None:
        """`n_bytes`: size of the file as it landed."""
        self._file: IO[bytes] = tempfile.SpooledTemporaryFile(max_size=SPOOLED, dir=scratch())  # noqa: SIM115
        self._writer = pa.ipc.new_stream(self._file, PARTS)
        self.n_rows = 0
        self._n_landed, self._n_spooled = n_bytes, 0

    def __enter__(self) -> Spool:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._file.close()

    def add(self, numbers: Any, raw: pa.Array, reason: str | None = None, detail: str | None = None) -> None:
        """Adds rows: `numbers` int64 positions from 1, `raw` JSON texts; with a reason, refused rows."""
        n = len(raw)
        if n == 0:
            return
        columns = [
            pa.array(numbers, pa.int64()),
            raw.cast(pa.string()),
            pa.repeat(pa.scalar(reason, pa.string()), n),
            pa.repeat(pa.scalar(detail, pa.string()), n),
        ]
        self._writer.write_batch(pa.RecordBatch.from_arrays(columns, schema=PARTS))
        self.n_rows += n
        self._n_spooled += columns[1].nbytes + n * ROW_COST
        self.check(self._n_spooled)

    def check(self, n_bytes: int) -> None:
        """Refuses the file if it becomes `n_bytes` in all, and that is beyond the limits."""
        if n_bytes > MIN_UNPACKED and n_bytes > MAX_RATIO * self._n_landed:
            raise FileRefused("FILE_TOO_LARGE", f"becomes over {MAX_RATIO} times its size")
        if n_bytes > MAX_TEXT:
            raise FileRefused("FILE_TOO_LARGE", f"over {MAX_TEXT >> 30} GiB unpacked")

    def batches(self) -> Iterator[pa.RecordBatch]:
        """What was added, in order. Ends the adding."""
        self._writer.close()
        self._file.seek(0)
        with pa.ipc.open_stream(self._file) as reader:
            yield from reader
