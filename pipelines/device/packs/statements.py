"""What a text says about an age, an address, a school, a town, a number or a handle, and about whom it says it.

Only what a text claims of its writer, of whoever it is written to, or of an account that it names counts. A place
without such words is nobody's: people meet, travel and order to places where they do not live. English alone is read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from pipelines.device.identifiers import contacts

MIN_AGE, MAX_AGE = 8, 17
SELF, YOU, NAMED = "SELF", "YOU", "NAMED"


class Statement(NamedTuple):
    """One claim of a text.

    Attributes:
        kind: one of schemas.device.CLAIM_KINDS.
        value: normal form. ADDRESS: house, a bar, postcode.
        whose: the writer (`SELF`), whoever it is written to (`YOU`) or the account in `name` (`NAMED`).
        name: "app:handle", "@handle" or a number in E.164 form, for `NAMED`.
        start, end: characters of the text.
    """

    kind: str
    value: str
    whose: str
    name: str | None
    start: int
    end: int


_I = r"(?:i'?m|i\u2019m|i am)"
_YOUR = r"(?:your|ur|yr)"
_YOU_ARE = r"(?:you'?re|you\u2019re|you are|ur|u r)"
_HOME = r"(?:address|house|home|place|flat|road|street|post ?code|door)"
_CUES = {
    SELF: re.compile(
        rf"\b(?:i live|{_I} living|we live|i stay|we stay|my (?:new |home )?(?:{_HOME}|(?:mum|mom|dad|nan)'?s)"
        rf"|our (?:{_HOME})|my school|our school|i go to|we go to|{_I} from|come to mine)\b",
        re.IGNORECASE,
    ),
    YOU: re.compile(
        rf"\b(?:(?:you|u) live|{_YOUR} (?:{_HOME}|(?:mum|mom|dad|nan)'?s|school)|(?:you|u) go to"
        r"|post(?:ed)? it to you)\b",
        re.IGNORECASE,
    ),
    NAMED: re.compile(
        r"\b(?:lives|stays|(?:her|his|their) (?:address|house|home|flat|post ?code|school))\b", re.IGNORECASE
    ),
}  # fmt: skip
_NEGATED = re.compile(
    r"n['\u2019]t\b|\b(?:(?:do|is|are|was|does|did|ai|wo|ca)nt|not|never|used to|no longer|moved (?:from|out)"
    r"|old (?:address|house|home|place|flat|school)|wrong|fake|lied)\b",
    re.IGNORECASE,
)
_REACH = 90  # characters between such words and what they are about
_SENTENCE = re.compile(r"[!?\n]|\.(?=\s)")

_AGE_FIGURES = r"(?:[89]|1[0-7])"
_AGE = rf"(?P<age>{_AGE_FIGURES})"
_NO_AGE = (
    r"(?![\w£$€%:]|[.,/-]\d| ?(?:min|mins|minutes?|hours?|hrs?|days?|weeks?|months?|miles?|km|quid|pounds?|percent"
    r"|am|pm|st|nd|rd|th|stone|kg|cm|%|down|up|away|on the|in the|left|out|of)\b)"
)
_AGES = (
    (SELF, re.compile(rf"\b{_I} (?:only |just |nearly |almost |still )?(?:turning )?{_AGE}{_NO_AGE}", re.IGNORECASE)),
    (SELF, re.compile(rf"^\W*{_AGE} ?[fm]\b", re.IGNORECASE)),
    (SELF, re.compile(rf"\bmy age(?: is|:)? ?{_AGE}{_NO_AGE}", re.IGNORECASE)),
    (YOU, re.compile(rf"\b{_YOU_ARE} (?:only |just |still )?{_AGE}{_NO_AGE}", re.IGNORECASE)),
)
_YEARS = (
    (SELF, re.compile(rf"\b{_I} (?:still )?in (?:year|yr) ?(?P<year>[4-9]|1[01])(?!\w)", re.IGNORECASE)),
    (YOU, re.compile(rf"\b{_YOU_ARE} (?:still )?in (?:year|yr) ?(?P<year>[4-9]|1[01])(?!\w)", re.IGNORECASE)),
)
# As schemas.silver has postcodes; "im13 2pm" is none.
_POSTCODE = re.compile(
    r"(?<![A-Za-z0-9])(?P<out>[A-Za-z]{1,2}[0-9][A-Za-z0-9]?) ?(?P<in>[0-9](?![AaPp][Mm])[A-Za-z]{2})(?![A-Za-z0-9])"
)
_ROADS = (
    r"(?:road|rd|street|st|lane|ln|avenue|ave|close|drive|dr|way|crescent|court|ct|place|terrace|gardens|grove|hill"
    r"|walk|green|row|mews|rise|view|park|square|loke)"
)
_HOUSE = re.compile(
    rf"(?<![A-Za-z0-9])(?P<house>(?:(?:flat|unit) [0-9]{{1,3}}[a-z]?,? )?[0-9]{{1,4}}[a-z]?),? "
    rf"(?P<road>(?:[A-Za-z'\u2019.-]+ ){{1,4}}?{_ROADS})(?![A-Za-z0-9])",
    re.IGNORECASE,
)
_BETWEEN = 50  # characters between the road and the postcode: a village and a town
_SCHOOL = re.compile(
    r"(?P<school>(?:[A-Z][\w'\u2019.&-]* ){1,5}(?:School|Academy|College|High|Primary|Grammar)(?: School)?)(?!\w)"
    r"|(?:(?:i|we|you|u) go to|school is|school:) (?P<lower>(?:[\w'\u2019.&-]+ ){1,4}"
    r"(?:school|academy|college|high|primary|grammar)(?: school)?)(?!\w)",
)
_TOWN = re.compile(
    r"\b(?:(?:i|we|you|u) live in|(?:i'?m|i\u2019m|i am|you'?re) from|lives in)"
    r" (?P<town>[A-Za-z][A-Za-z'\u2019-]+(?: [A-Z][A-Za-z'\u2019-]+){0,2})",
    re.IGNORECASE,
)
_NO_TOWN = frozenset(
    "a an the my our your this that here there it care house flat home school england uk scotland wales town"
    " fear hope with work year yr bed".split()
)
_OWN_NUMBER = re.compile(
    r"\b(?:my (?:new |other )?(?:number|num|no|mobile|phone)|(?:ring|call|text|whatsapp|phone|add|dm|msg|message) me"
    r"|my (?:new |other )?(?:snap(?:chat)?|insta(?:gram)?|tik ?tok|telegram|discord|kik|wickr|user ?name))\b",
    re.IGNORECASE,
)
ASKED = re.compile(
    rf"\b(?:where (?:do|d'?) ?(?:you|u) live|(?:what'?s|whats|what is|send(?: me)?|need|give me|tell me)\b.{{0,12}}?\b"
    rf"(?:{_YOUR} (?:{_HOME})))\b",
    re.IGNORECASE,
)
_MAX_BESIDE = 25  # characters of an answer besides the address that was asked for


_MAY = re.compile(
    r"[0-9]|school|academy|college|high|primary|grammar|live|from|snap|insta|tik|kik|dis|tele|wickr", re.IGNORECASE
)


def find(text: str, asked: str | None = None) -> list[Statement]:
    """Statements of a text, by place.

    Args:
        asked: the message before, where somebody else wrote it: an address that answers "what's your address" is the
            writer's though the answer does not say so.
    """
    if not _MAY.search(text):
        return []
    names = _names(text)
    found = [*_ages(text), *_places(text, names, asked), *_schools(text, names), *_towns(text, names), *_own(text)]
    return sorted(dict.fromkeys(found), key=lambda each: (each.start, each.kind, each.whose))


def note(text: str) -> list[Statement]:
    """Statements of an entry's note in an address book: whatever stands in it is about whom the entry is about."""
    found: list[Statement] = []
    for m in _NOTED_AGE.finditer(text):
        group = "told" if m["told"] else "age"
        found.append(Statement("AGE", m[group], SELF, None, *m.span(group)))
    found += [s._replace(whose=SELF, name=None) for s in _addresses(text)]
    found += [_school(m) for m in _SCHOOL.finditer(text)]
    return sorted(dict.fromkeys(found), key=lambda each: (each.start, each.kind))


_NOTED_AGE = re.compile(
    rf"(?<![\w.,/:-])(?:age:? ?(?P<told>{_AGE_FIGURES})(?!\w)|(?P<age>{_AGE_FIGURES}) ?(?:yo|y/o|yrs?|years? old)\b)",
    re.IGNORECASE,
)


def _ages(text: str) -> Iterator[Statement]:
    for whose, form in _AGES:
        for m in form.finditer(text):
            if not _is_negated(text, m.start(), m.end()):
                yield Statement("AGE", m["age"], whose, None, *m.span("age"))
    for whose, form in _YEARS:
        for m in form.finditer(text):
            if not _is_negated(text, m.start(), m.end()):
                yield Statement("AGE", f"year {m['year']}", whose, None, *m.span("year"))


def _places(text: str, names: list[tuple[str, int, int]], asked: str | None) -> Iterator[Statement]:
    for each in _addresses(text):
        whose = _whose(text, each.start, each.end, names)
        if whose is None and asked and ASKED.search(asked):
            beside = len(text.strip()) - (each.end - each.start)
            whose = (SELF, None) if beside <= _MAX_BESIDE and not _NEGATED.search(text) else None
        if whose is not None:
            yield each._replace(whose=whose[0], name=whose[1])


def _addresses(text: str) -> Iterator[Statement]:
    """Addresses, whoever's they are: house and postcode, a postcode alone, or house and road alone."""
    houses = list(_HOUSE.finditer(text))
    taken = set()
    for m in _POSTCODE.finditer(text):
        postcode = f"{m['out']} {m['in']}".upper()
        before = [h for h in houses if 0 <= m.start() - h.end() <= _BETWEEN and h.start() not in taken]
        if before:
            house = before[-1]
            taken.add(house.start())
            number = " ".join(house["house"].upper().replace(",", " ").split())
            yield Statement("ADDRESS", f"{number}|{postcode}", SELF, None, house.start(), m.end())
        else:
            yield Statement("POSTCODE", postcode, SELF, None, *m.span())
    for house in houses:
        if house.start() not in taken:
            yield Statement("STREET", " ".join(house[0].upper().replace(",", " ").split()), SELF, None, *house.span())


def _schools(text: str, names: list[tuple[str, int, int]]) -> Iterator[Statement]:
    for m in _SCHOOL.finditer(text):
        group = "school" if m["school"] else "lower"
        whose = _whose(text, m.start(group), m.end(), names)
        if whose is not None:
            yield _school(m)._replace(whose=whose[0], name=whose[1])


def _school(m: re.Match[str]) -> Statement:
    group = "school" if m["school"] else "lower"
    return Statement("SCHOOL", " ".join(m[group].casefold().split()), SELF, None, *m.span(group))


def _towns(text: str, names: list[tuple[str, int, int]]) -> Iterator[Statement]:
    for m in _TOWN.finditer(text):
        first = m["town"].split()[0].casefold()
        # The case of what follows is looked at again: the words before it are read in any.
        town = re.match(r"[A-Za-z][\w'\u2019-]+(?: [A-Z][\w'\u2019-]+){0,2}", m["town"])
        whose = _whose(text, m.start("town"), m.end(), names)
        if first not in _NO_TOWN and town and whose is not None:
            value = " ".join(town[0].casefold().split())
            yield Statement("TOWN", value, *whose, m.start("town"), m.start("town") + len(town[0]))


def _own(text: str) -> Iterator[Statement]:
    """Numbers and handles that the writer says are the writer's."""
    kinds = (*contacts.find_phones(text), *contacts.find_named_handles(text))
    for each in kinds:
        before = text[max(0, each.start - 40) : each.start]
        cue = _OWN_NUMBER.search(before)
        if cue and not _NEGATED.search(before):
            yield Statement(each.kind, each.value, SELF, None, each.start, each.end)


def _names(text: str) -> list[tuple[str, int, int]]:
    """Accounts that a text names, with their places."""
    found = (*contacts.find_phones(text), *contacts.find_named_handles(text), *contacts.find_handles(text))
    return [(each.value, each.start, each.end) for each in found]


def _whose(
    text: str, start: int, end: int, names: list[tuple[str, int, int]]
) -> tuple[str, str | None] | None:  # fmt: skip
    """Whose it is by the nearest words before it in its sentence; None where none says so, or it is denied."""
    since = max([0, start - _REACH, *(m.end() for m in _SENTENCE.finditer(text, 0, start))])
    cues = [
        (m.end(), whose) for whose, cue in _CUES.items() for m in cue.finditer(text, since, end) if m.start() < start
    ]
    if not cues or _is_negated(text, since, end):
        return None
    whose = max(cues)[1]
    if whose != NAMED:
        return whose, None
    named = {name for name, first, _ in names if not start <= first < end}
    return (NAMED, named.pop()) if len(named) == 1 else None


def _is_negated(text: str, start: int, end: int) -> bool:
    """Whether a sentence denies what stands in it between two places, or tells of what was before."""
    since = max([0, start - _REACH, *(m.end() for m in _SENTENCE.finditer(text, 0, start))])
    return _NEGATED.search(text, since, end) is not None
