"""YAML files that people write: read with the line of every key, checked by a model, all mistakes in sentences.

Settings and senders' layouts are such files. A mistake names the file, the line, the key and what the key takes; all
mistakes of a file come at once.
"""

from __future__ import annotations

import difflib
import os
import types
import typing
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import ErrorDetails, InitErrorDetails, PydanticCustomError

from schemas.errors import InvalidInputError

Location = tuple[str | int, ...]  # keys and positions from the top of a file to a value
MAX_BYTES = 1 << 20
MAX_DEPTH = 24  # the deepest key of settings and layouts is the sixth
MAX_VALUES = 50_000  # an alias of an alias of an alias is small to write and large to check
SHOWN = 20  # mistakes told of one file
_KEY = "[key]"  # what pydantic appends to the location of a key that is wrong itself


class Part(BaseModel):
    """A mapping of a file: unknown keys are refused, and values have the type that is asked for, not one like it."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)


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
        return Problem(file, line, ".".join(map(str, at)), problem)

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
        try:
            return self.loader.construct_object(node)
        except ValueError as error:  # a date with a thirteenth month, a number of ten thousand digits
            raise yaml.MarkedYAMLError(None, None, f"cannot be read ({error})", node.start_mark) from error

    def _mapping(self, node: yaml.MappingNode, at: Location) -> dict[str, Any]:
        own = {id(key) for key, _ in node.value}
        self.loader.flatten_mapping(node)
        values: dict[str, Any] = {}
        seen: dict[str, int] = {}
        for key_node, value_node in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                raise yaml.MarkedYAMLError(None, None, "a key takes text", key_node.start_mark)
            key, line = key_node.value, key_node.start_mark.line + 1
            if id(key_node) in own:  # keys that come from elsewhere by `<<` give way without a word
                if key in seen:
                    where = ".".join(map(str, (*at, key)))
                    self.problems.append(Problem(self.file, line, where, f"is here twice: line {seen[key]} has it too"))
                seen[key] = line
            self.places[*at, key] = (self.file, line)
            values[key] = self.value(value_node, (*at, key))
        return values


PartType = TypeVar("PartType", bound=Part)


def checked(
    document: Document, model: type[PartType], context: Mapping[str, Any] | None = None
) -> tuple[PartType | None, list[Problem]]:
    """The document as `model`, or nothing and all that is wrong with it."""
    try:
        return model.model_validate(document.values, context=dict(context or {})), list(document.problems)
    except ValidationError as error:
        told = [document.problem(_place(e["loc"]), sentence(e, model)) for e in error.errors(include_url=False)]
        return None, [*document.problems, *told]


def refusal(problems: Iterable[tuple[Location, str]], other: ValidationError | None = None) -> ValidationError:
    """Several mistakes at once, for a validator to raise: where each is below the value that is validated, and what.

    Args:
        other: mistakes that were found by other means, to be told with them.
    """
    details = [InitErrorDetails(type=_told(problem), loc=at, input=None) for at, problem in problems]
    return ValidationError.from_exception_data("refused", [*(map(_again, other.errors()) if other else ()), *details])


def _told(problem: str) -> PydanticCustomError:
    return PydanticCustomError("refused", "{told}", {"told": problem})


def _again(error: ErrorDetails) -> InitErrorDetails:
    """A mistake of one validation, for another to raise."""
    is_ours = error["type"] == "refused"
    kind = _told(error["msg"]) if is_ours else error["type"]
    context = {} if is_ours else error.get("ctx", {})
    return InitErrorDetails(type=kind, loc=error["loc"], input=error["input"], ctx=context)


_SENTENCES = {
    "missing": "is needed",
    "int_type": "takes a whole number, not {input}",
    "int_from_float": "takes a whole number, not {input}",
    "float_type": "takes a number, not {input}",
    "finite_number": "takes a number, not {input}",
    "bool_type": "takes true or false, not {input}",
    "string_type": "takes text (quote numbers, dates and words such as yes), not {input}",
    "string_too_short": "takes text, and is empty",
    "list_type": "takes a list, not {input}",
    "tuple_type": "takes a list, not {input}",
    "dict_type": "takes a mapping, not {input}",
    "model_type": "takes a mapping, not {input}",
    "literal_error": "is {input}, not one of {expected}",
    "greater_than": "takes more than {gt:g}, not {input}",
    "greater_than_equal": "takes {ge:g} or more, not {input}",
    "less_than": "takes less than {lt:g}, not {input}",
    "less_than_equal": "takes {le:g} or less, not {input}",
    "too_short": "takes {min_length} or more, and has {actual_length}",
    "too_long": "takes {max_length} or fewer, and has {actual_length}",
}


def sentence(error: ErrorDetails, model: type[Part]) -> str:
    """What is wrong, as a person would say it: pydantic's own words where there are none of ours."""
    if error["type"] == "extra_forbidden":
        return _unknown_key(str(error["loc"][-1]), _keys_at(model, error["loc"][:-1]))
    if error["type"] not in _SENTENCES:
        return error["msg"].removeprefix("Value error, ")
    return _SENTENCES[error["type"]].format(**error.get("ctx", {}), input=shown(error["input"]))


def shown(value: Any) -> str:
    """A value in a sentence: short, on one line."""
    if isinstance(value, Mapping | list | BaseModel):
        return "a list" if isinstance(value, list) else "a mapping"
    if value is None or isinstance(value, bool):
        return "nothing" if value is None else str(value).lower()
    text = repr(value) if isinstance(value, str) else str(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _unknown_key(key: str, known: Sequence[str]) -> str:
    near = difflib.get_close_matches(key, known, 1)
    return f"is not a key here; did you mean {near[0]}?" if near else f"is not a key here; known: {', '.join(known)}"


def _place(at: Location) -> Location:
    return tuple(part for part in at if part != _KEY)


def _keys_at(model: type[Part], at: Location) -> list[str]:
    """The keys that a mapping of the file may have; empty where they are not known."""
    inside: Any = model
    for part in at:
        inside = _inner(inside, part)
    is_part = isinstance(inside, type) and issubclass(inside, BaseModel)
    return [name for name, info in inside.model_fields.items() if not info.exclude] if is_part else []


def _inner(kind: Any, part: str | int) -> Any:
    """The type of a mapping's or list's value: a model's field, else the last argument of `dict`, `list` or a union."""
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        info = kind.model_fields.get(str(part))
        return None if info is None else _without_null(info.annotation)
    arguments = typing.get_args(kind)
    return _without_null(arguments[-1]) if arguments else None


def _without_null(kind: Any) -> Any:
    if typing.get_origin(kind) is typing.Annotated:
        return _without_null(typing.get_args(kind)[0])
    if typing.get_origin(kind) in (typing.Union, types.UnionType):
        return _without_null(next(k for k in typing.get_args(kind) if k is not type(None)))
    return kind
