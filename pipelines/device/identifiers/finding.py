"""Accounts, wallets and identities in texts: found, checked, and each place given to one identifier alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from pipelines.device.identifiers import accounts, cards, contacts, ibans, person_numbers, prefilter, wallets
from pipelines.device.identifiers.mentions import BAD, OK, Candidate, Mention, Places
from pipelines.device.identifiers.modulus import Modulus

# What is sure comes first: a place that it holds is nothing else.
_FINDERS: tuple[tuple[int, Callable[[str], Iterable[Candidate]]], ...] = (
    (prefilter.IBAN, ibans.find),
    (prefilter.WALLET, wallets.find),
    (prefilter.EMAIL, contacts.find_emails),
    (prefilter.FIGURES, cards.find),
)
_REST: tuple[tuple[int, Callable[[str], Iterable[Candidate]]], ...] = (
    (prefilter.NINO, person_numbers.find_ninos),
    (prefilter.FIGURES, contacts.find_phones),
    (prefilter.FIGURES, person_numbers.find_nhs_numbers),
    (prefilter.APP, contacts.find_named_handles),
    (prefilter.AT, contacts.find_handles),
)


def find(texts: Sequence[str | None], modulus: Modulus | None = None) -> list[Mention]:
    """Mentions of a batch of texts, by text and place. No two of them overlap.

    Args:
        modulus: the operator's table for sort codes and accounts; without it they are unverifiable.
    """
    may = prefilter.scan(texts)
    return [mention for index in sorted(may) for mention in _mentions(index, texts[index] or "", may[index], modulus)]


def find_closely(texts: Sequence[str | None], modulus: Modulus | None = None) -> list[Mention]:
    """As `find`, every text looked at closely: slower, and the witness that the prefilter leaves nothing out."""
    return [m for index, text in enumerate(texts) if text for m in _mentions(index, text, prefilter.ALL, modulus)]


_REACH = 200  # characters of either text: more than the longest wallet in groups


def find_across(pairs: Sequence[tuple[str | None, str | None]], modulus: Modulus | None = None) -> list[Mention]:
    """Accounts, IBANs and wallets that begin at the end of one text and end in the one after it.

    Args:
        pairs: a text and the next of the same sender. Which texts belong together is the caller's to know.

    Returns:
        Mentions whose `start` is an offset in the first text of the pair at `index`, `end` one in the second, and
        `as_written` the two parts with a line end between them. What either text mentions by itself is none.
    """
    tails = [(first or "")[-_REACH:] for first, _ in pairs]
    heads = [(second or "")[:_REACH] for _, second in pairs]
    joined = [f"{tail}\n{head}" if tail and head else None for tail, head in zip(tails, heads, strict=True)]
    whole = [m for m in find(joined, modulus) if m.start < len(tails[m.index]) < m.end - 1]
    alone = {m.index for m in whole}
    by_first = find([tail if i in alone else None for i, tail in enumerate(tails)], modulus)
    by_second = find([head if i in alone else None for i, head in enumerate(heads)], modulus)
    own = {(m.index, False): m.end for m in by_first}  # where the last of the first text ends
    own |= {(m.index, True): m.start for m in reversed(by_second)}  # where the first of the second begins
    made = []
    for m in whole:
        first, second = (text or "" for text in pairs[m.index])
        size = len(tails[m.index])
        end = m.end - size - 1
        is_cut = (m.start == 0 and len(first) > _REACH) or (end == _REACH and len(second) > _REACH)
        is_own = own.get((m.index, False), 0) > m.start or own.get((m.index, True), end) < end
        is_told = m.kind != "UK_ACCOUNT" or m.status == OK or accounts.is_told(joined[m.index] or "", m.start)
        if is_told and not (is_cut or is_own):
            made.append(Mention(*m[:-2], m.start + len(first) - size, end))
    return made


def _mentions(index: int, text: str, may: int, modulus: Modulus | None) -> list[Mention]:
    chosen, places = [], Places()
    for candidate in _candidates(text, may, modulus):
        if places.is_free(candidate.start, candidate.end):
            places.take(candidate.start, candidate.end)
            chosen.append(candidate)
    return [_mention(index, text, candidate) for candidate in sorted(chosen, key=lambda c: c.start)]


def _candidates(text: str, may: int, modulus: Modulus | None) -> Iterator[Candidate]:
    """Candidates, the surer first; those whose checksum is wrong last of all."""
    doubtful: list[Candidate] = []

    def sure(candidates: Iterable[Candidate]) -> Iterator[Candidate]:
        for candidate in candidates:
            if candidate.status == BAD:
                doubtful.append(candidate)
            else:
                yield candidate

    for bit, finder in _FINDERS:
        if may & bit:
            yield from sure(finder(text))
    if may & prefilter.FIGURES:
        yield from sure(accounts.find(text, modulus))
    for bit, finder in _REST:
        if may & bit:
            yield from sure(finder(text))
    yield from doubtful


def _mention(index: int, text: str, candidate: Candidate) -> Mention:
    written = text[candidate.start : candidate.end]
    if candidate.kind == "CARD":
        written = cards.masked(written)
    return Mention(index, candidate.kind, candidate.value, written, candidate.status, *candidate[3:])
