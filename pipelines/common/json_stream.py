"""A JSON document taken value by value: of its text a window is held, and memory does not grow with the document.

The standard library says where a value ends. Whoever reads says where text comes from, how long a value may be,
and what each kind of failure is called.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

CUT, NO_JSON, TOO_LONG, MORE = "CUT", "NO_JSON", "TOO_LONG", "MORE"
BLOCK = 64 << 10  # characters that are asked for at least
_BLANK = re.compile(r"[ \t\r\n]*")
_AT_END = 64  # characters from the end within which a failing value may only be unfinished


class JsonStreamError(ValueError):
    """The document cannot be read further.

    Attributes:
        kind: CUT, it ends early; NO_JSON; TOO_LONG, a value is longer than it may be; MORE, it goes on after its end.
        wanted: the mark that was not there, where one was.
    """

    def __init__(self, kind: str, wanted: str | None = None) -> None:
        super().__init__(kind)
        self.kind, self.wanted = kind, wanted


class Value(NamedTuple):
    """A value as it is written, and as it is."""

    text: str
    value: Any


class JsonStream:
    """A document's text, and the place in it.

    Args:
        read: gives at least some of so many characters more, and whether they were the last; they may be none.
        max_value: characters of one value.
        decoder: how values are made.
        passed: is told each stretch of text that is passed, in order.
    """

    def __init__(
        self,
        read: Callable[[int], tuple[str, bool]],
        max_value: int,
        decoder: json.JSONDecoder | None = None,
        passed: Callable[[str], None] | None = None,
    ) -> None:
        self._read, self._max, self._passed = read, max_value, passed
        self._decoder = decoder or json.JSONDecoder()
        self._window, self._at, self._is_last = "", 0, False

    def peek(self) -> str:
        """The next character that is not blank, not taken; empty at the end."""
        while True:
            blank = _BLANK.match(self._window, self._at)
            self._go(blank.end() if blank else self._at)
            if self._at < len(self._window):
                return self._window[self._at]
            if not self._more():
                return ""

    def take(self, marks: str) -> str:
        """Take one of these characters.

        Raises:
            JsonStreamError: CUT, or NO_JSON where another one stands there.
        """
        found = self.peek()
        if not found:
            raise JsonStreamError(CUT)
        if found not in marks:
            raise JsonStreamError(NO_JSON, marks[0])
        self._go(self._at + 1)
        return found

    def value(self) -> Value:
        """The next value, taken.

        Raises:
            JsonStreamError: CUT, NO_JSON or TOO_LONG.
        """
        if not self.peek():
            raise JsonStreamError(CUT)
        while True:
            try:
                value, end = self._decoder.raw_decode(self._window, self._at)
            except json.JSONDecodeError as error:
                is_unfinished = len(self._window) - error.pos < _AT_END or error.msg.startswith("Unterminated")
                if not is_unfinished:
                    raise JsonStreamError(NO_JSON) from error
                if self._is_last:
                    raise JsonStreamError(CUT) from error
            except (ValueError, RecursionError) as error:
                raise JsonStreamError(NO_JSON) from error
            else:
                if end - self._at > self._max:
                    raise JsonStreamError(TOO_LONG)
                if self._is_last or not self._may_go_on(end):
                    text = self._window[self._at : end]
                    self._go(end)
                    return Value(text, value)
            if len(self._window) - self._at > self._max:
                raise JsonStreamError(TOO_LONG)
            self._more()

    def members(self) -> Iterator[str]:
        """Each key of the object that comes next; whoever takes a key takes its value.

        Raises:
            JsonStreamError: as `value`.
        """
        for _ in self._parts("{", "}"):
            _, key = self.value()
            if not isinstance(key, str):
                raise JsonStreamError(NO_JSON)
            self.take(":")
            yield key

    def elements(self) -> Iterator[None]:
        """Once for each value of the array that comes next, which is then to be taken.

        Raises:
            JsonStreamError: as `value`.
        """
        return self._parts("[", "]")

    def end(self) -> None:
        """Make sure that nothing follows.

        Raises:
            JsonStreamError: MORE.
        """
        if self.peek():
            raise JsonStreamError(MORE)

    def _parts(self, opening: str, closing: str) -> Iterator[None]:
        self.take(opening)
        if self.peek() == closing:
            self.take(closing)
            return
        while True:
            yield
            if self.take("," + closing) == closing:
                return

    def _may_go_on(self, end: int) -> bool:
        """Whether a number that ends here may go on in what is not read yet: `0.` before 5, `1e+` before 9."""
        rest = self._window[end : end + 3]
        return not rest or (rest[0] in ".eE" and len(rest) < 3)

    def _go(self, at: int) -> None:
        if self._passed and at > self._at:
            self._passed(self._window[self._at : at])
        self._at = at

    def _more(self) -> bool:
        """Reads on, twice as far as before; False at the end."""
        if self._is_last:
            return False
        kept = self._window[self._at :]
        more, self._is_last = self._read(max(BLOCK, len(kept)))
        self._window, self._at = kept + more, 0
        return True
