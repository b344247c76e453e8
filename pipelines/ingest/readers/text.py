"""CSV and JSON lines, streamed: unpacked, decoded and checked block by block before a parser sees them."""

from __future__ import annotations

import codecs
import gzip
import io
import json
import re
import zlib
from array import array
from collections.abc import Iterator
from contextlib import suppress
from typing import IO, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv as arrow_csv

from pipelines.ingest.readers import base as readers
from pipelines.ingest.readers import csv_dialect, json_rows, json_shape
from pipelines.ingest.readers.base import FileRefused, Spool
from schemas.layouts import layouts

MAX_FIRSTS = 20  # names with which rows of one file begin
_DECODER = json.JSONDecoder()


class CheckedText(io.RawIOBase):
    """A readable stream of valid UTF-8 without byte order mark, made of a file in the layout's encoding.

    Raises (from `read`):
        FileRefused: packed data ends early or unpacks beyond the limits, bytes are not of the encoding, NULs, or
            (where `line_limit` is given) a line longer than that.

    `n_unpacked` counts bytes read so far, once unpacked.
    """

    def __init__(self, file: IO[bytes], encoding: str, is_packed: bool, line_limit: int | None) -> None:
        super().__init__()
        self._file, self._encoding, self._line_limit = file, encoding, line_limit
        self._source: Any = gzip.GzipFile(fileobj=file, mode="rb") if is_packed else file
        self._is_packed = is_packed
        self._decoder = codecs.getincrementaldecoder(encoding)("strict")
        self._as_utf8 = codecs.getincrementaldecoder("utf-8")("strict")
        self._might_be_utf8 = encoding not in ("utf-8", "utf-8-sig", "ascii") and not encoding.startswith("utf")
        self._is_ascii = True
        self.n_unpacked = self._n_since_newline = 0
        self._pending = bytearray()
        self._is_first, self._is_done = True, False

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        while not self._is_done and (size < 0 or len(self._pending) < size):
            self._fill()
        n = len(self._pending) if size < 0 else min(size, len(self._pending))
        taken = bytes(self._pending[:n])
        del self._pending[:n]
        return taken

    def peek(self, size: int) -> bytes:
        """The next bytes (at most `size`, fewer at the end), without taking them."""
        while not self._is_done and len(self._pending) < size:
            self._fill()
        return bytes(self._pending[:size])

    def _fill(self) -> None:
        block = self._unpacked()
        self._is_done = not block
        if self._is_first and block:
            self._check_mark(block)
        try:
            text = self._decoder.decode(block, final=self._is_done)
        except UnicodeDecodeError as error:
            raise FileRefused("FILE_ENCODING", f"bytes that are not {self._encoding}") from error
        if self._is_first and text:
            text = text.removeprefix("\ufeff")
            self._is_first = False
            if text.startswith("\ufeff"):
                raise FileRefused("FILE_ENCODING", "two byte order marks")
        if "\0" in text:
            raise FileRefused("FILE_ENCODING", "NUL characters: binary content, or UTF-16 without a mark")
        self._check_other(block)
        encoded = text.encode("utf-8")
        self._check_line(encoded)
        self._pending += encoded

    def _unpacked(self) -> bytes:
        try:
            block: bytes = self._source.read(readers.BLOCK)
        except EOFError as error:
            raise FileRefused("FILE_TRUNCATED", "the compressed file ends early") from error
        except (gzip.BadGzipFile, zlib.error) as error:
            raise FileRefused("FILE_UNREADABLE", "damaged or not gzip") from error
        self.n_unpacked += len(block)
        ratio = self.n_unpacked / max(1, self._file.tell()) if self._is_packed else 1
        if self.n_unpacked > readers.MIN_UNPACKED and ratio > readers.MAX_RATIO:
            raise FileRefused("FILE_TOO_LARGE", f"unpacks to over {readers.MAX_RATIO} times its size")
        if self.n_unpacked > readers.MAX_TEXT:
            raise FileRefused("FILE_TOO_LARGE", f"over {readers.MAX_TEXT >> 30} GiB unpacked")
        return block

    def _check_mark(self, block: bytes) -> None:
        """Refuses a byte order mark of another encoding than the layout's."""
        wide = block.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
        if wide and not self._encoding.startswith(("utf-16", "utf-32")):
            raise FileRefused("FILE_ENCODING", f"UTF-16, the layout says {self._encoding}")
        if block.startswith(codecs.BOM_UTF8) and not self._encoding.startswith("utf-8"):
            raise FileRefused("FILE_ENCODING", f"UTF-8, the layout says {self._encoding}")

    def _check_other(self, block: bytes) -> None:
        """Single-byte encodings decode anything: refuse text that is UTF-8 throughout and not plain ASCII."""
        if not self._might_be_utf8:
            return
        self._is_ascii = self._is_ascii and block.isascii()
        try:
            self._as_utf8.decode(block, final=self._is_done)
        except UnicodeDecodeError:
            self._might_be_utf8 = False
            return
        if self._is_done and not self._is_ascii:
            raise FileRefused("FILE_ENCODING", f"UTF-8 throughout, the layout says {self._encoding}")

    def _check_line(self, encoded: bytes) -> None:
        if self._line_limit is None:
            return
        last = max(encoded.rfind(b"\n"), encoded.rfind(b"\r"))
        self._n_since_newline = self._n_since_newline + len(encoded) if last < 0 else len(encoded) - last - 1
        if self._n_since_newline > self._line_limit:
            raise FileRefused("FILE_TOO_LARGE", f"a line of over {self._line_limit >> 20} MiB")


def read_csv(text: CheckedText, feed: layouts.Feed, spool: Spool) -> readers.Columns:
    """Spools every row of a CSV file; returns how its columns differ from the layout's.

    Quoted values may span lines. Rows with another number of values than the header become ROW_MALFORMED with
    their text, and so do rows that swallowed another (see `csv_dialect`). Row numbers count rows from 1,
    without header, blank lines and what stands before the header.
    """
    head = csv_dialect.head(text.peek(readers.BLOCK).decode("utf-8", "ignore"), feed)
    columns = readers.check_columns(head.names, ((name,) for name in head.names), feed)
    text.read(head.n_bytes_before)
    names = [*head.names, *([head.surplus] if head.surplus else [])]
    bad = _BadRows(spool, len(head.names), feed)
    try:
        reader = arrow_csv.open_csv(
            pa.PythonFile(text, mode="r"),
            read_options=arrow_csv.ReadOptions(
                use_threads=False, block_size=readers.MAX_LINE, column_names=names, skip_rows_after_names=1
            ),
            parse_options=csv_dialect.options(feed, bad.take),
            convert_options=arrow_csv.ConvertOptions(
                column_types={name: pa.string() for name in names}, strings_can_be_null=False, check_utf8=False
            ),
        )
        for batch in reader:
            numbers = bad.numbers_of_good(batch.num_rows)
            for start in range(0, batch.num_rows, readers.BATCH):
                rows = slice(start, start + readers.BATCH)
                _spool_csv(numbers[rows], batch.slice(start, readers.BATCH), feed, head, spool)
    except pa.ArrowInvalid as error:  # its message quotes the row: not for a detail
        if text.n_unpacked <= readers.MAX_LINE and not spool.n_rows:
            raise FileRefused("FILE_NO_ROWS", "a header and no rows") from error
        if "straddl" in str(error):
            raise FileRefused("FILE_TOO_LARGE", f"a row of over {readers.MAX_LINE >> 20} MiB") from error
        raise FileRefused("FILE_UNREADABLE", "the parser lost its place, for example at an unclosed quote") from error
    bad.flush()
    return columns


def _spool_csv(numbers: Any, batch: pa.RecordBatch, feed: layouts.Feed, head: csv_dialect.Head, spool: Spool) -> None:
    """Spools rows, less a surplus value that is empty; those of which a value is not where it belongs are refused."""
    is_good = np.ones(len(batch), dtype=bool)
    for detail, is_misplaced in csv_dialect.misplaced(batch, feed, head):
        is_bad = is_misplaced & is_good
        is_good &= ~is_bad
        if is_bad.any():
            json_rows.spool_rows(numbers[is_bad], batch.filter(pa.array(is_bad)), spool, why=("ROW_MALFORMED", detail))
    rows = batch.drop_columns([head.surplus]) if head.surplus else batch
    json_rows.spool_rows(numbers[is_good], rows if is_good.all() else rows.filter(pa.array(is_good)), spool)


class _BadRows:
    """Takes rows that the parser refuses, and numbers the good ones around them."""

    def __init__(self, spool: Spool, n_columns: int, feed: layouts.Feed) -> None:
        self._spool, self._is_doubled = spool, feed.quoting == "doubled"
        self._number_of_values = self._detail = f"another number of values than the header's {n_columns}"
        self._numbers: list[int] = []
        self._texts: list[str] = []
        self._n_characters = 0
        self._skipped = array("q")  # numbers of refused rows not yet passed, in order: a block may hold millions
        self._next = 1

    def take(self, row: Any) -> str:
        number = row.number - 1  # the parser counts the header
        is_backslashed = self._is_doubled and '\\"' in row.text
        detail = csv_dialect.BACKSLASHES if is_backslashed else self._number_of_values
        if detail != self._detail:
            self.flush()
            self._detail = detail
        self._skipped.append(number)
        self._numbers.append(number)
        self._texts.append(row.text[: readers.MAX_LINE])
        self._n_characters += len(self._texts[-1])
        if len(self._numbers) >= readers.BATCH or self._n_characters > readers.MAX_LINE:
            self.flush()
        return "skip"

    def flush(self) -> None:
        self._spool.add(self._numbers, pa.array(self._texts, pa.string()), "ROW_MALFORMED", self._detail)
        self._numbers, self._texts, self._n_characters = [], [], 0

    def numbers_of_good(self, n: int) -> Any:
        """Positions of the next `n` good rows: the parser has always reported the bad rows before them."""
        skipped = np.array(self._skipped, dtype=np.int64)
        n_good_before = skipped - self._next - np.arange(len(skipped))
        numbers = self._next + np.arange(n) + np.searchsorted(n_good_before, np.arange(n), side="right")
        self._next = int(numbers[-1]) + 1 if n else self._next
        self._skipped = array("q", skipped[skipped >= self._next].tobytes())
        return numbers


def read_jsonl(text: CheckedText, feed: layouts.Feed, spool: Spool) -> readers.Columns:
    """Spools every line of a JSON lines file as it is; returns how its columns differ from the layout's.

    Columns are known from the first lines of the file; whether each line parses is judged later, in Spark.
    """
    sampled = _sampled(text.peek(readers.BLOCK))
    columns = json_shape.columns(sampled, feed)
    joint = _joint(sampled)
    n_read = 0
    for lines in _lines(text):
        array = pc.utf8_trim_whitespace(pa.array(lines, pa.binary()).cast(pa.string()))
        array = array.filter(pc.greater(pc.binary_length(array), 0))
        numbers = np.arange(n_read + 1, n_read + 1 + len(array))
        n_read += len(array)
        json_rows.spool_texts(numbers, array, spool, ~_is_several(array, joint), "several objects on a line")
    return columns


def _joint(rows: list[dict[str, Any]]) -> str | None:
    """Expression for where an object that begins as rows do follows another on a line; None without rows."""
    firsts = sorted({re.escape(json.dumps(next(iter(row)), ensure_ascii=False)) for row in rows if row})
    return rf"\}}\s*,?\s*\{{\s*(?:{'|'.join(firsts[:MAX_FIRSTS])})\s*:" if firsts else None


def _is_several(texts: pa.Array, joint: str | None) -> Any:
    """Which lines hold an object after the first: a parser of lines reads one, and no count would miss the others."""
    found = np.zeros(len(texts), dtype=bool)
    if joint is None:
        return found
    for n in np.flatnonzero(pc.match_substring_regex(texts, joint).to_numpy(zero_copy_only=False)):
        text = texts[int(n)].as_py()
        with suppress(ValueError, RecursionError):  # judged later
            _, end = _DECODER.raw_decode(text)
            found[n] = text[end:].lstrip(" \t,").startswith("{")
    return found


def _lines(text: CheckedText) -> Iterator[list[bytes]]:
    """Blocks of whole lines. A line over the limit is cut just over it, so that memory is bounded."""
    rest = b""
    while block := text.read(readers.BLOCK):
        head, newline, tail = block.rpartition(b"\n")
        if newline:
            yield (rest + head).split(b"\n")
            rest = tail
        elif len(rest) <= readers.MAX_LINE:
            rest += tail
            rest = rest if len(rest) <= readers.MAX_LINE else b"x" * (readers.MAX_LINE + 1)  # stays too long
    if rest.strip():
        yield [rest]


def _sampled(head: bytes) -> list[dict[str, Any]]:
    """Rows of the file's first lines."""
    lines = [line.strip() for line in head.decode("utf-8", "ignore").split("\n")[: json_shape.SAMPLED]]
    lines = [line for line in lines if line]
    if lines and not any(line.startswith("{") for line in lines):
        raise FileRefused("FILE_TYPE_MISMATCH", "no line is a JSON object")
    return list(_objects(lines))


def _objects(lines: list[str]) -> Iterator[dict[str, Any]]:
    for line in lines:
        with suppress(ValueError, RecursionError):  # judged line by line later
            value, _ = _DECODER.raw_decode(line)
            if isinstance(value, dict):
                yield value
