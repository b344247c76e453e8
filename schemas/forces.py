"""Forces as people name them: by code, by name, or by the name of a sender's layout."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping

from schemas import codes
from schemas.errors import NotFoundError
from schemas.layouts import layouts

_WORDS_OF_ALL = r"\b(?:constabulary|police|service|force|heddlu|the|of|and)\b|&|[^a-z0-9]"


def code_of(text: str, sources: Mapping[str, layouts.Source] | None = None) -> str:
    """The code of a force: of "36", "Norfolk", "norfolk constabulary", or of a sender with a layout of its own.

    Raises:
        NotFoundError: no force is named so; names those that come nearest.
    """
    known = dict(codes.FORCES)
    names = {_key(name): code for code, name in known.items()}
    for source in (sources or {}).values():
        if source.force is not None:
            known.setdefault(source.force, source.name)
            names |= {_key(source.name): source.force, _key(source.sender): source.force}
    given = text.strip()
    if given.upper() in known:
        return given.upper()
    if _key(given) in names:
        return names[_key(given)]
    near = difflib.get_close_matches(_key(given), names, n=3)
    told = ", ".join(f"{known[names[each]]} ({names[each]})" for each in near)
    raise NotFoundError(
        f"No force is named {given!r}. " + (f"Near it: {told}." if told else "Forces go by code or name: 36, Norfolk.")
    )


def _key(name: str) -> str:
    return re.sub(_WORDS_OF_ALL, "", name.lower())
