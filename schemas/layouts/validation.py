"""Keys of a layout's YAML: what each may hold, and mistakes named with file and key."""

from __future__ import annotations

import codecs
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from schemas.errors import UserError

DURATIONS = ("seconds", "minutes", "clock")


class LayoutError(UserError, ValueError):
    """A layout that cannot be used; the message names the file, the key and what is wrong."""


@dataclass(frozen=True)
class Clock:
    """A column that says which clock a local time was read from, so that the hour that comes twice is told apart."""

    column: str
    offsets: Mapping[str, str]  # the sender's word in upper case -> "+01:00"


def count(keys: Mapping[str, Any], key: str, where: str, least: int) -> int:
    value = keys.get(key, least)
    check(isinstance(value, int) and least <= value <= 9, f"{where}.{key}", f"takes a number from {least} to 9")
    check(value == least or keys.get("format") == "xlsx", f"{where}.{key}", "belongs to xlsx only")
    return int(value)


def durations(keys: Mapping[str, Any], where: str) -> str:
    value = str(keys.get("durations", DURATIONS[0]))
    check(value in DURATIONS, f"{where}.durations", f"is {value!r}, not one of {', '.join(DURATIONS)}")
    return value


def clock(keys: Mapping[str, Any], where: str) -> Clock:
    only(keys, where, ("column", "offsets"))
    offsets = mapping(keys.get("offsets"), f"{where}.offsets")
    for word, offset in offsets.items():
        is_offset = isinstance(offset, str) and re.fullmatch(r"[+-]\d{2}:\d{2}", offset)
        check(is_offset, f"{where}.offsets.{word}", "takes an offset such as +01:00, quoted")
    return Clock(string(keys, "column", where), {str(w).strip().upper(): str(o) for w, o in offsets.items()})


def expressions(keys: Mapping[str, Any], key: str, where: str, known: Any) -> dict[str, str]:
    """Regular expressions with one group, by our field."""
    found = strings(keys, key, where, known)
    for name, text in found.items():
        try:
            n_groups = re.compile(text).groups
        except re.error as error:
            raise LayoutError(f"{where}.{key}.{name}: is not a regular expression ({error})") from error
        check(n_groups == 1, f"{where}.{key}.{name}", "takes exactly one group: the value")
    return found


PATTERN = re.compile(r"(?:[yMLdHhmsSaEXxZzOVkKuDnAN /:.,\-\[\]]|'[^']*')+")


def patterns(keys: Mapping[str, Any], key: str, where: str) -> tuple[str, ...]:
    found = texts(keys, key, where)
    for pattern in found:
        check(PATTERN.fullmatch(pattern), f"{where}.{key}", f"{pattern!r} is not a date pattern such as dd/MM/yyyy")
    return tuple(found)


def encoding(keys: Mapping[str, Any], where: str) -> str:
    name = str(keys.get("encoding", "utf-8"))
    try:
        return codecs.lookup(name).name
    except LookupError as error:
        raise LayoutError(f"{where}.encoding: {name!r} is not a known encoding") from error


def check(ok: object, where: str, problem: str) -> None:
    if not ok:
        raise LayoutError(f"{where}: {problem}")


def mapping(value: Any, where: str) -> Mapping[str, Any]:
    check(isinstance(value, Mapping), where, "takes a mapping")
    return {str(k): v for k, v in value.items()}


def only(keys: Mapping[str, Any], where: str, known: Sequence[str]) -> None:
    unknown = [k for k in keys if k not in known]
    check(not unknown, f"{where}", f"unknown key {', '.join(map(repr, unknown))}; known: {', '.join(known)}")


def string(keys: Mapping[str, Any], key: str, where: str) -> str:
    value = keys.get(key)
    check(isinstance(value, str) and value.strip(), f"{where}: {key}", "is needed, as text")
    return str(value)


def strings(keys: Mapping[str, Any], key: str, where: str, known: Any) -> dict[str, str]:
    found = mapping(keys.get(key) or {}, f"{where}.{key}")
    for name, value in found.items():
        check(name in known, f"{where}.{key}.{name}", f"is not one of our fields here: {', '.join(known)}")
        check(isinstance(value, str) and value, f"{where}.{key}.{name}", "takes text (quote numbers and Y/N)")
    return dict(found)


def texts(keys: Mapping[str, Any], key: str, where: str) -> list[str]:
    found = keys.get(key, [])
    ok = isinstance(found, list) and all(isinstance(v, str) and v for v in found)
    check(ok, f"{where}.{key}", "takes a list of texts")
    return list(found)
