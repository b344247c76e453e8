"""Lists of key words as CSV, XLSX or text: each term taken, or refused with its line and the reason.

Columns are `term`, `language`, `kind` (word, phrase, stem, regex) and `note`; without a heading the first column is the
term. In a text file a line is a term: `word`, `two words`, `stem*`, `/expression/`, `# remark`. What a list refuses is
shown at submission and is never tried at night.
"""

from __future__ import annotations

import csv
import functools
import hashlib
import io
import re
import unicodedata
import zipfile
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

import hyperscan
import openpyxl

from pipelines.common.folding import fold
from schemas.device import TERM_KINDS

WORD, PHRASE, STEM, REGEX = TERM_KINDS
MAX_TERM = 200  # characters of a term, and of an expression
MAX_TERMS = 50_000  # of a list
MAX_BYTES = 10_000_000  # of a file, and of a workbook unpacked fifty times that
_UNPACKED = 50
_HEADINGS = ("term", "language", "kind", "note")
_KINDS = {
    "word": WORD,
    "phrase": PHRASE,
    "stem": STEM,
    "stem*": STEM,
    "prefix": STEM,
    "regex": REGEX,
    "regexp": REGEX,
    "regular expression": REGEX,
}


class Term(NamedTuple):
    """A term as the list has it; of a stem without its asterisk."""

    term: str
    language: str | None
    kind: str
    note: str | None = None


class Refusal(NamedTuple):
    """A term that is not searched for, or with a limit: line of the file from 1, the term, and the reason."""

    line: int
    term: str
    reason: str


class KeywordList(NamedTuple):
    """What a file holds. `version` is the same for the same terms, in whatever order and file."""

    terms: tuple[Term, ...]
    refused: tuple[Refusal, ...]
    limited: tuple[Refusal, ...]
    version: str


class UnreadableError(ValueError):
    """The file is no list at all; the message says why."""


def read(name: str, content: bytes) -> KeywordList:
    """The list in a file of this name.

    Raises:
        UnreadableError: neither CSV, XLSX nor text, too large, or damaged.
    """
    if len(content) > MAX_BYTES:
        raise UnreadableError(f"the file is larger than {MAX_BYTES // 1_000_000} MB")
    ending = name.lower().rpartition(".")[2]
    if ending == "xlsx":
        return _taken(_by_heading(_workbook(content)))
    if ending == "csv":
        return _taken(_by_heading(_separated(_decoded(content))))
    if ending == "txt":
        return _taken(_lines(_decoded(content)))
    raise UnreadableError("a list of key words is a CSV, XLSX or TXT file")


def _decoded(content: bytes) -> str:
    encodings = ("utf-16",) if content[:2] in (b"\xff\xfe", b"\xfe\xff") else ("utf-8-sig", "cp1252")
    for encoding in encodings:
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise UnreadableError("the file's characters are neither UTF-8, UTF-16 nor Windows-1252")


def _separated(text: str) -> Iterator[tuple[int, list[str]]]:
    first = text.partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        for row in rows:
            yield rows.line_num, row
    except csv.Error as e:
        raise UnreadableError(f"line {rows.line_num} is no CSV: {e}") from None


def _workbook(content: bytes) -> Iterator[tuple[int, list[str]]]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            if sum(part.file_size for part in archive.infolist()) > MAX_BYTES * _UNPACKED:
                raise UnreadableError("the workbook unpacks to more than 500 MB")
        book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True)
        try:
            for number, row in enumerate(book.worksheets[0].iter_rows(values_only=True), start=1):
                yield number, ["" if cell is None else str(cell) for cell in row]
        finally:
            book.close()
    except (zipfile.BadZipFile, KeyError, IndexError, OSError, SyntaxError) as e:
        raise UnreadableError(f"the workbook cannot be read: {type(e).__name__}") from None


def _by_heading(rows: Iterable[tuple[int, list[str]]]) -> Iterator[tuple[int, str, str, str, str]]:
    """Line, term, language, kind, note of each row."""
    places: list[int] | None = None
    for line, row in rows:
        cells = [cell.strip() for cell in row]
        if places is None:
            names = [cell.lower() for cell in cells]
            places = [names.index(h) if h in names else -1 for h in _HEADINGS] if "term" in names else [0, 1, 2, 3]
            if "term" in names:
                continue
        term, language, kind, note = (cells[p] if 0 <= p < len(cells) else "" for p in places)
        if any(cells):
            yield line, term, language, kind, note


def _lines(text: str) -> Iterator[tuple[int, str, str, str, str]]:
    for line, raw in enumerate(text.splitlines(), start=1):
        term = raw.strip()
        if not term or term.startswith("#"):
            continue
        is_expression = len(term) > 2 and term.startswith("/") and term.endswith("/")
        yield line, term[1:-1] if is_expression else term, "", "regex" if is_expression else "", ""


def _taken(rows: Iterable[tuple[int, str, str, str, str]]) -> KeywordList:
    terms: dict[tuple[str, str], Term] = {}
    refused, limited = [], []
    for line, written, language, kind, note in rows:
        made = _term(written, language, kind, note)
        reason = made if isinstance(made, str) else refusal(made)
        if isinstance(made, Term) and reason is None:
            key = made.kind, made.term if made.kind == REGEX else fold(made.term).strip()
            if key in terms:
                reason = "the list has this term already"
            elif len(terms) >= MAX_TERMS:
                reason = f"the list has more than {MAX_TERMS} terms"
            else:
                terms[key] = made
                if remark := limit(made):
                    limited.append(Refusal(line, written, remark))
        if reason is not None:
            refused.append(Refusal(line, written, reason))
    return KeywordList(tuple(terms.values()), tuple(refused), tuple(limited), version(terms.values()))


def _term(written: str, language: str, kind: str, note: str) -> Term | str:
    """A term with its kind, or why there is none."""
    chosen = _KINDS.get(kind.lower())
    if kind and chosen is None:
        return f"no such kind: {kind[:20]}; it is word, phrase, stem or regex"
    term = written
    if chosen != REGEX:
        if term.endswith("*"):
            if chosen not in (None, STEM):
                return "an asterisk makes it a stem, and the list says otherwise"
            term, chosen = term.rstrip("*").rstrip(), STEM
        if "*" in term:
            return "an asterisk stands at the end of a stem alone"
        chosen = chosen or (PHRASE if len(term.split()) > 1 else WORD)
    return Term(term, language.lower() or None, chosen, note or None)


def version(terms: Iterable[Term]) -> str:
    """Hash of the terms with their languages and kinds, in whatever order: sixteen hexadecimal figures."""
    lines = sorted({"\x1f".join((t.kind, t.language or "", unicodedata.normalize("NFC", t.term))) for t in terms})
    return hashlib.sha256("\x1e".join(lines).encode("utf-8", "replace")).hexdigest()[:16]


def refusal(term: Term) -> str | None:
    """Why a term cannot be searched for; None where it can."""
    if len(term.term) > MAX_TERM:
        return f"longer than {MAX_TERM} characters"
    if term.kind == REGEX:
        return _refusal_of_expression(term.term)
    folded = fold(term.term).strip()
    if not folded:
        return "empty: nothing is left of it once marks and white space are taken off"
    if "\x00" in folded:
        return "a character that no text holds"
    if len(folded) == 1 and folded.isascii():
        return "a single character is found everywhere"
    if term.kind == STEM and len(folded) == 1 and folded.isalnum():
        return "a stem of a single character is found everywhere"
    return None


# What Hyperscan has not, for it cannot be searched for in time that grows with the text alone.
_TOKEN = re.compile(r"\\Q.*?(?:\\E|$)|\\.|\[\^?\]?(?:\\.|\[:\w+:\]|[^\]\\])*\]|\(\?(?:<[=!]|P?[=!(>]|.)|.", re.DOTALL)
_LOOKS_AROUND = "it looks around: (?=, (?!, (?<= or (?<!"
_REFERS_BACK = "it refers back to what a group matched"
_REFUSED_TOKENS = {
    **dict.fromkeys(("(?=", "(?!", "(?<=", "(?<!"), _LOOKS_AROUND),
    **dict.fromkeys(("(?P=", "(?(", *(f"\\{n}" for n in range(1, 10)), "\\k", "\\g"), _REFERS_BACK),
    "(?>": "it has an atomic group: (?>",
}
_PROBES = "abcdefghijklmnopqrstuvwxyz0123456789 .,!?-_@#/\n\u00e9\u0434\u0628\u4e2d"


_COMMON = hyperscan.HS_FLAG_UTF8 | hyperscan.HS_FLAG_CASELESS | hyperscan.HS_FLAG_SOM_LEFTMOST


@functools.lru_cache(maxsize=10_000)
def flags(expression: str) -> int:
    """Hyperscan's flags of an expression: with Unicode's classes of letters where it can have them.

    Raises:
        hyperscan.error: neither way; the message says why.
    """
    is_unicode = not re.search(r"\\[bB]", expression)
    try:
        return _compiled(expression, _COMMON | hyperscan.HS_FLAG_UCP if is_unicode else _COMMON)
    except hyperscan.error:
        if not is_unicode or not expression.isascii():
            raise
        return _compiled(expression, _COMMON)


def _compiled(expression: str, chosen: int) -> int:
    database(expression, flags_of=lambda _: chosen)
    return chosen


def database(*expressions: str, flags_of: Callable[[str], int] = flags) -> hyperscan.Database:
    """Expressions compiled as one; the number of each is its place."""
    compiled = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    compiled.compile(
        expressions=[expression.encode() for expression in expressions],
        ids=list(range(len(expressions))),
        elements=len(expressions),
        flags=[flags_of(expression) for expression in expressions],
    )
    return compiled


def limit(term: Term) -> str | None:
    """What a person should know of a term that is searched for; None where there is nothing."""
    is_limited = term.kind == REGEX and not flags(term.term) & hyperscan.HS_FLAG_UCP
    return "its \\b, \\w, \\d and letters of either case are those of ASCII alone" if is_limited else None


def _refusal_of_expression(expression: str) -> str | None:
    if not expression:
        return "empty"
    for token in _TOKEN.findall(expression):
        if token in _REFUSED_TOKENS:
            return f"{_REFUSED_TOKENS[token]}; that is not searched for"
    if re.search(r"\\[bB]", expression) and not expression.isascii():
        return "\\b is known in ASCII alone; use the kinds word, phrase or stem for other letters"
    try:
        compiled = database(expression)
    except (hyperscan.error, UnicodeEncodeError) as e:
        return f"it cannot be searched for: {str(e)[:120]}"
    matched: list[int] = []
    for probe in _PROBES:
        compiled.scan(probe.encode(), match_event_handler=lambda number, *_: matched.append(number))
    return "it matches single characters, which are everywhere" if matched else None
