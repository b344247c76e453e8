"""Modulus checks of UK accounts: VocaLink's "Validating account numbers", version 7.70, over the operator's own table.

The tables (valacdos.txt, scsubtab.txt) are the banks' property and are not shipped. Without them, without a rule for a
sort code, and for accounts that the rules exempt, an account is unverifiable: neither right nor wrong. Of pairs drawn
at random under a rule about one in eleven passes, so that a valid checksum proves little by itself.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

from pipelines.device.identifiers.mentions import BAD, OK, UNVERIFIABLE

_MODULI = {"MOD10": 10, "MOD11": 11, "DBLAL": 10}
_EITHER = frozenset({2, 9, 10, 11, 12, 13, 14})  # exceptions of which one check of two is enough
_COLUMNS = 17  # first and last sort code, method, fourteen weights; then perhaps an exception
_A, _B, _C, _G, _H = 6, 7, 8, 12, 13  # places of the account's figures among sort code and account
_EXCEPTION_2 = ((0, 0, 1, 2, 5, 3, 6, 4, 8, 7, 10, 9, 3, 1), (0, 0, 0, 0, 0, 0, 0, 0, 8, 7, 10, 9, 3, 1))
_EXCEPTION_8, _EXCEPTION_9 = "090126", "309634"  # sort codes that are taken in place of the account's own


class Rule(NamedTuple):
    """A line of the table: sort codes from and to, method, fourteen weights, exception (0: none)."""

    low: str
    high: str
    method: str
    weights: tuple[int, ...]
    exception: int


class Modulus:
    """The operator's table.

    Args:
        rules: in the table's order.
        substitutions: sort code -> the one taken in its place (exception 5).
    """

    def __init__(self, rules: Iterable[Rule], substitutions: Mapping[str, str]) -> None:
        self._rules = tuple(rules)
        self._substitutions = dict(substitutions)
        self._of = functools.lru_cache(maxsize=10_000)(self._matching)

    def _matching(self, sort_code: str) -> tuple[Rule, ...]:
        return tuple(rule for rule in self._rules if rule.low <= sort_code <= rule.high)[:2]

    def status(self, sort_code: str, account: str) -> str:
        """What the table says of six and eight figures: checksum_ok, checksum_bad or unverifiable."""
        rules = self._of(sort_code)
        if not rules:
            return UNVERIFIABLE
        figures = sort_code + account
        if any(rule.exception == 6 for rule in rules) and figures[_A] in "45678" and figures[_G] == figures[_H]:
            return UNVERIFIABLE  # perhaps an account in a foreign currency, which has no check figures
        passed = self._passes(rules[0], figures)
        if len(rules) > 1:
            if rules[0].exception in _EITHER:
                passed = passed or self._passes(rules[1], figures)
            elif not (rules[1].exception == 3 and figures[_C] in "69"):
                passed = passed and self._passes(rules[1], figures)
        return OK if passed else BAD

    def _passes(self, rule: Rule, figures: str) -> bool:
        if rule.exception == 5:
            figures = self._substitutions.get(figures[:6], figures[:6]) + figures[6:]
        elif rule.exception in (8, 9):
            figures = (_EXCEPTION_8 if rule.exception == 8 else _EXCEPTION_9) + figures[6:]
        rest = _remainder(rule, figures)
        if rule.exception == 4:
            return rest == int(figures[_G:])
        if rule.exception == 5:
            return _exception_5(rule, rest, figures)
        if rule.exception == 14 and rest and figures[_H] in "019":
            return _remainder(rule, f"{figures[:6]}0{figures[_A:_H]}") == 0
        return rest == 0


def _exception_5(rule: Rule, rest: int, figures: str) -> bool:
    modulus, check = _MODULI[rule.method], int(figures[_G if rule.method == "MOD11" else _H])
    return (rest == 0 and check == 0) or (rest > 0 and modulus - rest == check)  # 11 - 1 is no figure


def _weights(rule: Rule, figures: str) -> tuple[int, ...]:
    is_nine = figures[_G] == "9"
    if rule.exception == 2 and figures[_A] != "0":
        return _EXCEPTION_2[is_nine]
    if is_nine and (rule.exception == 7 or (rule.exception == 10 and figures[_A : _B + 1] in ("09", "99"))):
        return (0,) * (_B + 1) + rule.weights[_B + 1 :]
    return rule.weights


def _remainder(rule: Rule, figures: str) -> int:
    products = [int(figure) * weight for figure, weight in zip(figures, _weights(rule, figures), strict=True)]
    if rule.method == "DBLAL":
        products = [sum(map(int, str(product))) for product in products]
    return (sum(products) + (27 if rule.exception == 1 else 0)) % _MODULI[rule.method]


def read(weights: str, substitutions: str = "") -> Modulus:
    """A table from the text of valacdos.txt and of scsubtab.txt.

    Raises:
        ValueError: a line is not one of such a table; it is named.
    """
    rules = []
    for number, line in enumerate(weights.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            rules.append(_rule(line.split()))
        except (ValueError, IndexError):
            raise ValueError(
                f"line {number} of the table of weights is not two sort codes, method and weights"
            ) from None
    pairs = [line.split() for line in substitutions.splitlines() if line.strip()]
    for number, pair in enumerate(pairs, start=1):
        if len(pair) != 2 or not all(len(code) == 6 and code.isdigit() for code in pair):
            raise ValueError(f"line {number} of the table of substitutions is not two sort codes")
    return Modulus(rules, dict(pairs))


def _rule(fields: list[str]) -> Rule:
    low, high, method = fields[:3]
    numbers = tuple(map(int, fields[3:]))
    is_right = len(low) == len(high) == 6 and (low + high).isdigit() and method in _MODULI
    if not is_right or len(fields) not in (_COLUMNS, _COLUMNS + 1):
        raise ValueError
    return Rule(low, high, method, numbers[:14], numbers[14] if len(numbers) > 14 else 0)


def load(weights: Path, substitutions: Path | None = None) -> Modulus:
    """`read` from the operator's files.

    Raises:
        OSError: a file cannot be read.
        ValueError: see `read`.
    """
    return read(weights.read_text("utf-8-sig"), substitutions.read_text("utf-8-sig") if substitutions else "")
