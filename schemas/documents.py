"""YAML files that people write, read with the line of every key: settings and senders' layouts.

A mistake names the file, the line, the key and what is wrong; all mistakes of a file come at once. What the keys may
hold is checked by `schemas.validation`.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from schemas.errors import InvalidInputError

Location = tuple[str | int, ...]  # keys and positions from the top of a file to a value
MAX_BYTES = 1 << 20
MAX_DEPTH = 24  # the deepest key of settings and layouts is the sixth
MAX_VALUES = 50_000  # an alias of an alias of an alias is small to write and large to check
SHOWN = 20  # mistakes told of one file


@dataclass(frozen=True)
class Problem:
    """One mistake. `line` counts from 1; 0 where the text is not known."""

    file: str
    line: int
    key: str  # dotted; empty for the file as a whole
    problem: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        return ": ".join(part for part in (place, self.key, self.problem) if part)


class DocumentError(InvalidInputError):
    """A file that cannot be used, with every mistake in it, in order of line."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(sorted(set(problems), key=lambda p: (p.file, p.line, p.key, p.problem)))
        sentences = [str(problem) for problem in self.problems[:SHOWN]]
        more = len(self.problems) - len(sentences)
        super().__init__("\n".join(sentences + ([f"and {more} more"] if more else [])))


@dataclass(frozen=True)
class Document:
    """The values of a file, and where each is written."""

    file: str
    values: Any
    places: Mapping[Location, tuple[str, int]] = field(default_factory=dict)  # file and line
    problems: tuple[Problem, ...] = ()  # found while it was read: keys that are there twice

    def problem(self, at: Location, problem: str) -> Problem:
        """A mistake at a value; where that is not written, the line is that of the nearest mapping around it."""
        known = (self.places[at[:n]] for n in range(len(at), -1, -1) if at[:n] in self.places)
        file, line = next(known, (self.file, 0))
        return Problem(
            file, line, "".join(c if c.isprintable() else repr(c)[1:-1] for c in ".".join(map(str, at))), problem
        )

    def laid_over(self, base: Document) -> Document:
        """`base` with what this document says instead: mappings are merged key by key, all else is replaced."""
        values = _merged(base.values, self.values)
        return Document(self.file, values, {**base.places, **self.places}, (*base.problems, *self.problems))


def _merged(base: Any, over: Any) -> Any:
    if not base or not isinstance(base, Mapping) or not isinstance(over, Mapping):
        return over
    return {**base, **{key: _merged(base.get(key), value) for key, value in over.items()}}


def printable(name: str | Path) -> str:
    """A file's name for tables and logs: bytes that are not UTF-8 are escaped."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")


def read(path: Path, file: str | None = None) -> Document:
    """A YAML file as text keys, lists and plain values. An empty file is an empty mapping.

    Args:
        file: the file's name in sentences; the last part of its path where it is not given.

    Raises:
        DocumentError: it cannot be opened, is not UTF-8 or is not YAML.
    """
    name = printable(file or path.name)
    try:
        if path.stat().st_size > MAX_BYTES:
            raise DocumentError([Problem(name, 0, "", f"is larger than {MAX_BYTES >> 20} MB")])
        content = path.read_bytes()
    except OSError as error:
        raise DocumentError([Problem(name, 0, "", f"cannot be read ({error.strerror or error})")]) from error
    try:
        return parse(content.decode("utf-8-sig"), name)
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise DocumentError([Problem(name, line, "", "is not UTF-8 text")]) from error


def parse(text: str, file: str) -> Document:
    """The same, of a text.

    Raises:
        DocumentError: it is not YAML.
    """
    try:
        loader = yaml.SafeLoader(text)
        node = loader.get_single_node()
        walk = _Walk(file, loader)
        values = {} if node is None else walk.value(node, ())
        walk.places.setdefault((), (file, 1))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 0
        raise DocumentError([Problem(file, line, "", f"is not YAML: {error.problem or error.context}")]) from error
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise DocumentError([Problem(file, line, "", "is not YAML: holds a character that text does not")]) from error
    except RecursionError as error:
        raise DocumentError([Problem(file, 1, "", "is nested too deeply")]) from error
    return Document(file, values, walk.places, tuple(walk.problems))


class _Walk:
    """From YAML's nodes to values. Keys are text as it is written: `01`, `No` and `2026-01-05` are words here."""

    def __init__(self, file: str, loader: yaml.SafeLoader) -> None:
        self.file, self.loader = file, loader
        self.places: dict[Location, tuple[str, int]] = {}
        self.problems: list[Problem] = []
        self.n_values = 0

    def value(self, node: yaml.Node, at: Location) -> Any:
        self.n_values += 1
        self.places.setdefault(at, (self.file, node.start_mark.line + 1))
        if len(at) > MAX_DEPTH or self.n_values > MAX_VALUES:
            raise yaml.MarkedYAMLError(None, None, "nested too deeply, or too large", node.start_mark)
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, at)
        if isinstance(node, yaml.SequenceNode):
            return [self.value(item, (*at, n)) for n, item in enumerate(node.value)]
        self._check_text(node)
        try:
            return self.loader.construct_object(node)
        except (ValueError, LookupError, AttributeError) as error:
            # A date with a thirteenth month, a number of ten thousand digits, `!!int` with nothing after it.
            raise yaml.MarkedYAMLError(None, None, "holds a value that cannot be read", node.start_mark) from error

    def _check_text(self, node: yaml.Node) -> None:
        """Refuse half a character ("\\ud800"), which no table can hold."""
        if any("\ud800" <= character <= "\udfff" for character in node.value):
            raise yaml.MarkedYAMLError(None, None, "holds a character that text does not", node.start_mark)

    def _mapping(self, node: yaml.MappingNode, at: Location) -> dict[str, Any]:
        own = {id(key) for key, _ in node.value}
        self.loader.flatten_mapping(node)
        values: dict[str, Any] = {}
        seen: dict[str, int] = {}
        for key_node, value_node in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                raise yaml.MarkedYAMLError(None, None, "a key takes text", key_node.start_mark)
            self._check_text(key_node)
            key, line = key_node.value, key_node.start_mark.line + 1
            if id(key_node) in own:  # keys that come from elsewhere by `<<` give way without a word
                if key in seen:
                    where = ".".join(map(str, (*at, key)))
                    self.problems.append(Problem(self.file, line, where, f"is here twice: line {seen[key]} has it too"))
                seen[key] = line
            self.places[*at, key] = (self.file, line)
            values[key] = self.value(value_node, (*at, key))
        return values
