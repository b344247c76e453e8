"""HTML and RTF as the text that a reader of them sees: what a system's text box wrote into its export."""

from __future__ import annotations

import re
from html import unescape
from html.parser import HTMLParser

_TAGS = (
    "p|br|div|span|b|i|u|s|em|strong|small|sub|sup|ul|ol|li|dl|dt|dd|table|thead|tbody|tr|td|th|font|h[1-6]|hr|a|img|"
    "pre|code|blockquote|html|head|body|title|meta|style|script|center|o:p|section|article"
)
_TAG = rf"/?(?:{_TAGS})(?:\s+[\w:-]+\s*=[^<>]*)?\s*/?>|!--|!DOCTYPE"  # "x<b and y>c" holds none
HTML = re.compile(f"<(?:{_TAG})", re.IGNORECASE)
ENTITY = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z]{2,8}[0-9]{0,2});")
RTF = re.compile(r"^\s*\{\\rtf[0-9]?")
_LINES = frozenset(
    ("p", "br", "div", "ul", "ol", "li", "dl", "dt", "dd", "table", "tr", "hr", "pre", "blockquote", "section",
     "article")
)  # fmt: skip
_UNSEEN = frozenset(("script", "style", "head", "title"))


def as_text(value: str) -> str:
    """`value` without its markup; text that has none is returned as it is.

    Paragraphs and line breaks are line ends. Offsets into what is returned are offsets into a report's text: it is
    taken off here, once, before anything reads the text.
    """
    if RTF.match(value):
        return _tidy(_rtf(value))
    if HTML.search(value):
        return _tidy(_html(value))
    return unescape(value) if ENTITY.search(value) else value


def _tidy(text: str) -> str:
    """Lines without blanks at their ends, and no empty ones."""
    lines = (re.sub(r"[ \t\u00a0]+", " ", line).strip() for line in text.splitlines())
    return "\n".join(line for line in lines if line)


class _Seen(HTMLParser):
    """What a page shows: text, with a line end at each block."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._n_unseen = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._n_unseen += tag in _UNSEEN
        self._block(tag)

    def handle_endtag(self, tag: str) -> None:
        self._n_unseen -= tag in _UNSEEN and self._n_unseen > 0
        self._block(tag)

    def _block(self, tag: str) -> None:
        is_block = tag in _LINES or re.fullmatch("h[1-6]", tag)
        self.parts.append("\n" if is_block else " " if tag in ("td", "th") else "")

    def handle_data(self, data: str) -> None:
        if not self._n_unseen:
            self.parts.append(re.sub(r"\s+", " ", data))


def _html(value: str) -> str:
    """Text of HTML. A "<" that opens no tag of HTML is text: "aged <13" loses nothing."""
    safe = re.sub(f"<(?!{_TAG})", "&lt;", value, flags=re.IGNORECASE)
    page = _Seen()
    page.feed(safe)
    page.close()
    return "".join(page.parts)


_TOKEN = re.compile(
    r"\\(?P<word>[a-zA-Z]+)(?P<number>-?[0-9]+)? ?"
    r"|\\'(?P<byte>[0-9a-fA-F]{2})"
    r"|\\(?P<symbol>[^a-zA-Z])"
    r"|(?P<brace>[{}])"
    r"|(?P<text>[^\\{}\r\n]+)"
    r"|[\r\n]+|\\$"
)
_WORDS = {
    "par": "\n", "line": "\n", "sect": "\n", "page": "\n", "row": "\n", "cell": " ", "tab": "\t", "emdash": "\u2014",
    "endash": "\u2013", "lquote": "'", "rquote": "'", "ldblquote": "\u201c", "rdblquote": "\u201d", "bullet": "\u2022",
    "emspace": " ", "enspace": " ",
}  # fmt: skip
_SYMBOLS = {"~": " ", "_": "-", "{": "{", "}": "}", "\\": "\\", "\n": "\n", "\r": "\n"}
_DESTINATIONS = frozenset(
    ("fonttbl", "colortbl", "stylesheet", "info", "pict", "object", "header", "footer", "headerl", "headerr", "footerl",
     "footerr", "xmlnstbl", "listtable", "listoverridetable", "rsidtbl", "generator", "themedata", "fldinst",
     "datastore")
)  # fmt: skip


class _Rtf:
    """One reading of an RTF text: which group is seen, and how many characters stand in for each Unicode one."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self._groups: list[tuple[bool, int]] = []
        self._is_seen, self._stand_ins, self._n_skipped = True, 1, 0

    def take(self, token: re.Match[str]) -> None:
        if token["brace"]:
            self._brace(token["brace"])
        elif token["word"]:
            self._word(token["word"], token["number"])
        elif token["symbol"]:
            self._is_seen = self._is_seen and token["symbol"] != "*"
            self._add(_SYMBOLS.get(token["symbol"], ""))
        elif token["byte"]:
            self._add(bytes.fromhex(token["byte"]).decode("cp1252", "ignore"))
        else:
            self._add(token["text"] or "")

    def _brace(self, brace: str) -> None:
        self._n_skipped = 0
        if brace == "{":
            self._groups.append((self._is_seen, self._stand_ins))
        elif self._groups:
            self._is_seen, self._stand_ins = self._groups.pop()

    def _word(self, word: str, number: str | None) -> None:
        if word == "u" and number:
            self._n_skipped = 0
            self._add(chr(int(number) % 0x10000))
            self._n_skipped = self._stand_ins
        elif word == "uc" and number:
            self._stand_ins = int(number)
        elif word in _DESTINATIONS:
            self._is_seen = False
        else:
            self._add(_WORDS.get(word, ""))

    def _add(self, text: str) -> None:
        skipped = min(self._n_skipped, len(text))
        self._n_skipped -= skipped
        if self._is_seen:
            self.parts.append(text[skipped:])


def _rtf(value: str) -> str:
    reading = _Rtf()
    for token in _TOKEN.finditer(value):
        reading.take(token)
    return "".join(reading.parts)
