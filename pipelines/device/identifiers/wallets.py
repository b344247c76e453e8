"""Wallets in a text: whole, in groups, over line ends, with look-alike characters.

A string without a valid checksum is a wallet only where its prefix is unmistakable or a label stands before it. What
was put together from pieces, or repaired, needs a valid checksum.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from pipelines.common import homoglyphs
from pipelines.device.identifiers import base58_wallets, cashaddr, ethereum, repair, segwit
from pipelines.device.identifiers.mentions import BAD, NONE, OK, Candidate, is_labelled, stands_alone

_PIECE = re.compile(r"[0-9A-Za-z]+")
_NEXT = re.compile(r"[ \t]?(?:[ \t]|\r?\n[ \t]{0,2})([0-9A-Za-z]+)")  # a space, or a line end, and what follows
_START = re.compile(
    r"(?<![0-9A-Za-z])(?:[bB][cC][1iIlL]|[lL][tT][cC][1iIlL]|[0Oo][xX]|(?i:bitcoincash) ?: ?"
    r"|[QPZRqpzr](?=[0-9A-Za-z]{3})|[13489LMDATlI](?=[0-9A-Za-z]{3}))"
)
_CASH = re.compile(r"(?i)bitcoincash ?: ?")
_LABEL = re.compile(
    r"\b(?:btc|bitcoin|wallet|address|addr|ltc|litecoin|tron|trc-?20|trx|usdt|xrp|ripple|doge(?:coin)?|monero|xmr|bch)\b"
    r"\W{0,4}(?:is|to|wallet|address|addr|number)?\W{0,4}$",
    re.IGNORECASE,
)
_HEXADECIMAL = re.compile(r"[0-9A-Fa-f]{40}")
_WITH_PREFIX = {"bc": ("BTC", (42, 62)), "ltc": ("LTC", (43, 63))}  # lengths for a key, and for a script or Taproot
_MAX_SEGWIT = 90
_CASH_LENGTHS = (42, 61)
_MIN_PIECES = 2
_MIN_WHOLE = 25  # characters
_LOOKED_AT = 48
_ADJOINING = "(?:[0-9][A-Za-z]|[A-Za-z][0-9])"  # in a piece of four characters or more, as the prefilter has it
_MIXED_PIECE = re.compile(
    rf"{_ADJOINING}[0-9A-Za-z]{{2}}|[0-9A-Za-z]{_ADJOINING}[0-9A-Za-z]|[0-9A-Za-z]{{2}}{_ADJOINING}"
    r"|[a-z][A-Z][0-9A-Za-z]{0,12}[a-z][A-Z]"
)
_MIXED = re.compile(r"(?=.*[A-Z])(?=.*[a-z])", re.DOTALL)


def find(text: str) -> Iterator[Candidate]:
    """Wallets in `text`, in its order, none of them overlapping."""
    plain = homoglyphs.as_latin(text)
    at = 0
    while start := _START.search(plain, at):
        found = _at(plain, start.start())
        if found and plain[found.start : found.end] != text[found.start : found.end]:  # letters of other scripts
            is_proved = found.status == OK
            found = Candidate(found.kind, found.value, OK, True, found.start, found.end) if is_proved else None
        if found and stands_alone(text, found.start, found.end):
            yield found
            at = found.end
        else:
            piece = _PIECE.match(plain, start.start())
            at = piece.end() if piece else start.end()


def _at(plain: str, start: int) -> Candidate | None:
    """The wallet that begins at `start`."""
    if prefixed := _CASH.match(plain, start):
        return _cash(plain, start, prefixed.end())
    head = plain[start : start + 4].lower()
    if head[0] in "0o" and head[1] == "x":
        return _ethereum(plain, start)
    for prefix, (coin, lengths) in _WITH_PREFIX.items():
        if head.startswith(prefix) and head[len(prefix)] in "1il":
            return _segwit(plain, start, prefix, coin, lengths)
    piece = _PIECE.match(plain, start)
    if piece is None or (piece.end() - start < _MIN_WHOLE and not _is_in_pieces(plain, piece)):
        return None
    if head[0] in "qpzrQPZR" and (found := _cash(plain, start, start)):
        return found
    return _base58(plain, start)


def _is_in_pieces(plain: str, first: re.Match[str]) -> bool:
    """Whether a wallet may begin with `first`: it is no word; or the next is none, and the two are long enough; or the
    next is as long, and one soon after is no word.

    What mixes letters and figures, or changes between small letters and capitals, is no word.
    """
    if _MIXED_PIECE.search(plain, *first.span()):
        return True
    following = _NEXT.match(plain, first.end())
    if following is None:
        return False
    if len(following[1]) == len(first[0]):
        return bool(_MIXED_PIECE.search(plain, first.end(), first.start() + _LOOKED_AT))
    is_long = len(first[0]) + len(following[1]) >= _MIN_WHOLE
    return is_long and bool(_MIXED_PIECE.search(plain, *following.span(1)))


def _joined(plain: str, start: int, longest: int) -> Iterator[tuple[str, int, int]]:
    """Strings that begin at `start`, of one piece, two, three: characters, end, number of pieces."""
    piece = _PIECE.match(plain, start)
    characters, n = "", 0
    while piece:
        characters, n = characters + (piece[piece.lastindex or 0]), n + 1
        if len(characters) > longest:
            return
        yield characters, piece.end(), n
        piece = _NEXT.match(plain, piece.end())


def _segwit(plain: str, start: int, prefix: str, coin: str, lengths: tuple[int, ...]) -> Candidate | None:
    """An address in one piece of any length, or in pieces or repaired of a length that wallets make."""
    whole = None
    for characters, end, n in _joined(plain, start, _MAX_SEGWIT):
        is_usual = len(characters) in lengths
        if (n == 1 or is_usual) and segwit.is_address(characters, prefix):
            return Candidate(coin, characters.lower(), OK, False, start, end)
        if not is_usual:
            continue
        for data in repair.base32(characters[len(prefix) + 1 :].lower()):
            if segwit.is_address(f"{prefix}1{data}", prefix):
                return Candidate(coin, f"{prefix}1{data}", OK, True, start, end)
        if n == 1 and characters in (characters.lower(), characters.upper()):
            whole = characters.lower(), end
    if whole and whole[0].startswith(f"{prefix}1"):
        return Candidate(coin, whole[0], BAD, False, start, whole[1])
    return None


def _cash(plain: str, start: int, data_start: int) -> Candidate | None:
    is_prefixed = data_start > start
    whole = None
    for characters, end, n in _joined(plain, data_start, _CASH_LENGTHS[-1]):
        if len(characters) not in _CASH_LENGTHS:
            continue
        readings = repair.base32(characters.lower()) if n == 1 or is_prefixed else ()
        for data in dict.fromkeys((characters.lower(), *readings)):
            if cashaddr.is_address(data):
                is_one_case = characters in (characters.lower(), characters.upper())
                is_repaired = data != characters.lower() or not is_one_case
                return Candidate("BCH", f"{cashaddr.PREFIX}:{data}", OK, is_repaired, start, end)
        if n == 1 and is_prefixed:
            whole = characters.lower(), end
    return Candidate("BCH", f"{cashaddr.PREFIX}:{whole[0]}", BAD, False, start, whole[1]) if whole else None


def _ethereum(plain: str, start: int) -> Candidate | None:
    for characters, end, n in _joined(plain, start, 42):
        if len(characters) != 42:
            continue
        digits = characters[2:].translate(repair.HEXADECIMAL)
        if not _HEXADECIMAL.fullmatch(digits):
            return None
        is_repaired = digits != characters[2:] or characters[0] != "0"
        status = ethereum.status(digits)
        is_proved = status == OK
        if is_proved or not (is_repaired or n > (_MIN_PIECES if status == NONE else 1)):
            return Candidate("ETH", f"0x{digits.lower()}", status, is_repaired, start, end)
    return None


def _base58(plain: str, start: int) -> Candidate | None:
    first = plain[start].translate(repair.BASE58)
    coin = base58_wallets.coin_of(first)
    if coin is None:
        return None
    lengths = base58_wallets.LENGTHS[coin]
    whole = None
    for characters, end, n in _joined(plain, start, lengths[-1]):
        if len(characters) not in lengths or not (n == 1 or _MIXED.match(characters)):
            continue
        repaired = characters.translate(repair.BASE58)
        if base58_wallets.is_address(repaired):
            return Candidate(coin, repaired, OK, repaired != characters, start, end)
        if n == 1 and repaired == characters:
            whole = end
    if whole and is_labelled(plain, start, _LABEL):
        return Candidate(coin, plain[start:whole], BAD, False, start, whole)
    return None
