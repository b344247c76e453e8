"""Models of the files that people write: what each key takes, and every mistake as a sentence.

A model is a `Part` per mapping of the file. Sentences are ours, not pydantic's, and name what the key takes.
"""

from __future__ import annotations

import difflib
import re
import types
import typing
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, GetCoreSchemaHandler, GetJsonSchemaHandler, ValidationError
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, ErrorDetails, InitErrorDetails, PydanticCustomError, core_schema

from schemas.documents import Document, Location, Problem

_KEY = "[key]"  # what pydantic appends to the location of a key that is wrong itself


class Part(BaseModel):
    """A mapping of a file: unknown keys are refused, and values have the type that is asked for, not one like it."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)


@dataclass(frozen=True)
class Matching:
    """For `Annotated[str, Matching(...)]`: text that a regular expression matches as a whole, else `problem`."""

    pattern: str
    problem: str

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self._check, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {**handler(schema), "pattern": f"^(?:{self.pattern})$"}

    def _check(self, value: str) -> str:
        if not re.fullmatch(self.pattern, value):
            raise ValueError(self.problem)
        return value


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
    "greater_than": "takes more than {gt:,.10g}, not {input}",
    "greater_than_equal": "takes {ge:,.10g} or more, not {input}",
    "less_than": "takes less than {lt:,.10g}, not {input}",
    "less_than_equal": "takes {le:,.10g} or less, not {input}",
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
    if isinstance(value, int) and value.bit_length() > 100:
        return "so large a number"
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
