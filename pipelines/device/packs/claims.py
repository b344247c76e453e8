"""Claims about accounts, from messages, address books and profile pictures: in plain values, a row at a time."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

from pipelines.device.packs import statements
from pipelines.device.packs.accounts import CAPTION, CONTACT, FORWARDED
from pipelines.device.packs.statements import NAMED, SELF, Statement

_PASSED_ON = re.compile(r"(?:fwd?\b[\s:>]*|forwarded(?: message)?\s*[:>]\s*|from [\w. ]{1,30}[:>]\s*)+")


class Said(NamedTuple):
    """A claim as it is found: whom it is about, who said it, and where in the text it stands."""

    app: str | None
    party: str
    is_owner: bool
    said_by: str | None
    is_said_by_owner: bool
    source: str
    kind: str
    value: str
    as_written: str
    start: int
    end: int
    text_key: str


def of_message(
    text: str, *, app: str | None, sender: str | None, direction: str | None, parties: Collection[str],
    owners: Collection[str], is_forwarded: bool = False, has_attachment: bool = False, asked: str | None = None,
) -> Iterator[Said]:  # fmt: skip
    """Claims of one message.

    Args:
        sender: number or handle, else the name.
        parties: members of the conversation, with sender and recipients.
        owners: numbers, handles and names of the device's owner, folded as `folded` does.
        asked: the message before, where somebody else wrote it.
    """
    is_out = direction == "OUT" or folded(sender or "") in owners
    if direction == "SYSTEM" or (sender is None and not is_out):
        return
    others = sorted({party for party in parties if folded(party) not in owners})
    source = FORWARDED if is_forwarded else CAPTION if has_attachment else "MESSAGE"
    key = text_key(text)
    for said in statements.find(text, asked):
        about = _about(said, app, sender, is_out, others, owners)
        if about is not None:
            yield Said(
                *about, sender, is_out, source, said.kind, said.value, text[said.start : said.end], said.start,
                said.end, key,
            )  # fmt: skip


def _about(
    said: Statement, app: str | None, sender: str | None, is_out: bool, others: Sequence[str], owners: Collection[str]
) -> tuple[str | None, str, bool] | None:
    """Application, party and whether it is the owner; None where the text does not say who."""
    if said.whose == NAMED:
        name = said.name or ""
        of_app, _, handle = name.rpartition(":")
        return (of_app or None), handle, folded(handle.removeprefix("@")) in owners
    if (said.whose == SELF) == is_out:
        # The owner of himself; or another of whoever is addressed, who is the owner where nobody else is there.
        is_alone = is_out or others == [sender]
        return (app, sender or "", True) if is_alone else None
    if said.whose == SELF:
        return app, sender or "", False
    return (app, others[0], False) if len(others) == 1 else None


def of_contact(
    name: str | None, note: str | None, *, app: str | None, phones: Sequence[str], handles: Sequence[str],
    owners: Collection[str],
) -> Iterator[Said]:  # fmt: skip
    """Claims of an entry of an address book: what it says of whom it is about, and which accounts it puts together."""
    text = "\n".join(part for part in (name, note) if part)
    key = text_key(text)
    accounts = [(None, phone) for phone in phones] + [(app, handle) for handle in handles if app]
    for of_app, party in accounts:
        is_owner = folded(party) in owners
        for said in statements.note(text):
            yield Said(
                of_app, party, is_owner, None, True, CONTACT, said.kind, said.value, text[said.start : said.end],
                said.start, said.end, key,
            )  # fmt: skip
        for other_app, other in accounts:
            if other != party and not is_owner and folded(other) not in owners:
                kind, value = ("HANDLE", f"{other_app}:{other.casefold()}") if other_app else ("PHONE", other)
                yield Said(of_app, party, False, None, True, CONTACT, kind, value, other, 0, 0, key)


def folded(party: str) -> str:
    """A number, handle or name as it is compared."""
    return party.strip().casefold()


def text_key(text: str) -> str:
    """The same for texts of the same letters and figures, and for one that is passed on with words that say so."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    plain = plain.lstrip(" \"'>\u201c\u2018")
    passed_on = _PASSED_ON.match(plain)
    letters = re.sub(r"[\W_]+", "", plain[passed_on.end() :] if passed_on else plain)
    return hashlib.sha256(letters.encode("utf-8", "surrogatepass")).hexdigest()[:16]
