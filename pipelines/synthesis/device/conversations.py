"""What stands on the two telephones: conversations in which people give accounts and wallets, and much that is neither.

Sort codes begin with 00, which no bank has; numbers are those kept for drama; wallets have no owner. Accounts stand in
the writings that people use, next to order numbers, case numbers and dates that are no accounts.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

import numpy as np

from pipelines.synthesis.core import draws, names
from pipelines.synthesis.device import wallets

OWNER, OWNER_NAME = "+447700900691", "Device Owner"
N_PEOPLE, N_WALLETS, N_CHATS = 41, 12, 9
DAYS = 60  # that the conversations go back

_ASKS = (
    "Which account shall I send it to?", "Can you pay the rest tonight?", "Where do I send the money",
    "need it before the train to Norwich", "same as last week?", "tell me when it is there",
)  # fmt: skip
_ACCOUNTS = (
    "Sort code {a}-{b}-{c} account {n}", "its {a}-{b}-{c} {n}", "sort {a} {b} {c}, acc no {n1} {n2}",
    "Acc: {n} S/C: {a}{b}{c}", "{a}-{b}-{c}\n{n}",
)  # fmt: skip
_SPLIT = ("Sort code {a}-{b}-{c}", "account {n}")  # over two messages
_WALLETS = ("btc only: {w}", "send to {w} please", "{w}", "new one is {w}, old one is closed")
_TALK = (
    "ok", "on my way", "battery is going, call you later", "Your order 48151623 has been dispatched",
    "case ref 22/104/7719", "parcel 20240116 at reception", "he is at the trap house again", "the burner is off",
    "get the train to Lowestoft, he meets you there", "ask the plug", "booked the Airbnb for two nights",
    "see you at school gate", "dob 12-05-09 for the form", "ce faci diseară?", "room 12-30-45 at the hotel",
    "ring me on 07700 900692", "my new mail is sam.gale@example.org",
)  # fmt: skip
KEYWORDS = (
    ("trap house", "en", "phrase"), ("burner", "en", "word"), ("plug", "en", "word"), ("train*", "en", "stem"),
    ("diseara", "ro", "word"), ("airbnb", "en", "word"),
)  # fmt: skip


@dataclass(frozen=True)
class Message:
    """One message. `sent_at` is UTC and never at a whole minute."""

    chat: int
    is_owner: bool
    sent_at: datetime
    text: str
    is_deleted: bool = False


@dataclass(frozen=True)
class Chat:
    """A conversation with one person."""

    number: str
    name: str
    messages: tuple[Message, ...]


@dataclass(frozen=True)
class Device:
    """Both telephones' conversations, and what is in them: distinct values by kind in normal form."""

    chats: tuple[Chat, ...]
    on_both: tuple[int, ...]  # chats that the second telephone has too
    values: dict[str, tuple[str, ...]]


def make(draw: draws.Draws, first_night: date) -> Device:
    """The conversations of a world's device."""
    accounts = _accounts(draw)
    addresses = [_wallet(draw.seed, n) for n in range(N_WALLETS)]
    said: list[tuple[bool, tuple[str, ...]]] = []  # whether the owner says it, and in which messages
    for n, (sort, number) in enumerate(accounts):
        parts = {"a": sort[:2], "b": sort[2:4], "c": sort[4:], "n": number, "n1": number[:4], "n2": number[4:]}
        written = _SPLIT if n % 13 == 1 else (_ACCOUNTS[n % len(_ACCOUNTS)],)
        texts = tuple(text.format(**parts) for text in written)
        said += [(True, (_ASKS[n % len(_ASKS)],)), (False, texts)] * (2 if n % 7 == 0 else 1)  # some are said twice
    said += [(n % 3 == 0, (_WALLETS[n % len(_WALLETS)].format(w=w),)) for n, (_, w) in enumerate(addresses)]
    said += [(n % 2 == 0, (text,)) for n, text in enumerate(_TALK * 6)]
    order = np.argsort(draw.uniform("device/order", np.arange(len(said))), kind="stable")
    people = [_person(draw, n) for n in range(N_CHATS)]
    began = datetime.combine(first_night, time(), UTC) - timedelta(days=DAYS)
    step = timedelta(days=DAYS - 2) / len(said)
    messages: list[list[Message]] = [[] for _ in people]
    for place, k in enumerate(order):
        chat = int(draw.below("device/chat", np.array([k]), N_CHATS)[0])
        at = (began + place * step).replace(microsecond=0, second=1 + place % 58)
        is_owner, texts = said[k]
        for part, text in enumerate(texts):
            sent_at = at + timedelta(minutes=part)
            messages[chat].append(Message(chat, is_owner, sent_at, text, is_deleted=place % 23 == 7))
    chats = tuple(Chat(number, name, tuple(rows)) for (number, name), rows in zip(people, messages, strict=True))
    values = {"UK_ACCOUNT": tuple(sorted(f"{sort} {number}" for sort, number in accounts))}
    for kind in ("BTC", "ETH"):
        values[kind] = tuple(sorted(_normal(kind, address) for of, address in addresses if of == kind))
    return Device(chats, (0, 1), values)


def _normal(kind: str, address: str) -> str:
    """An address as it is compared: an Ethereum one is the same in capitals and without."""
    return address.lower() if kind == "ETH" else address


def _accounts(draw: draws.Draws) -> list[tuple[str, str]]:
    keys = np.arange(N_PEOPLE)
    middle = draw.below("device/sort", keys, 9000) + 1000
    number = draw.below("device/account", keys, 60_000_000) + 31_000_000  # no day of a calendar reads so
    return [(f"00{m}", f"{n:08d}") for m, n in zip(middle, number, strict=True)]


def _wallet(seed: int, n: int) -> tuple[str, str]:
    makers = (
        ("BTC", wallets.bitcoin), ("BTC", wallets.bitcoin_witness), ("ETH", wallets.ethereum),
        ("BTC", lambda text: wallets.bitcoin_witness(text, 1)),
    )  # fmt: skip
    kind, made = makers[n % len(makers)]
    return kind, made(f"{seed}/wallet/{n}")


def _person(draw: draws.Draws, n: int) -> tuple[str, str]:
    key = np.array([n])
    pool = names.FEMALE if n % 2 else names.MALE
    forename, surname = (draw.pick(f"device/{k}", key, p)[0].as_py() for k, p in ((1, pool), (2, names.SURNAMES)))
    return f"+4477009007{n:02d}", f"{forename} {surname}"
