"""A seeded world of messages with accounts and wallets planted in many writings, and decoys between them."""

from __future__ import annotations

import hashlib
import random
from dataclasses import dataclass, field

import base58
from Crypto.Hash import keccak

from pipelines.device.identifiers import modulus, segwit

# Weights of this world's own; the banks' are theirs.
TABLE = modulus.read("900000 949999 MOD11 0 0 0 0 0 0 9 4 6 5 8 3 2 1")
_WEIGHTS = (9, 4, 6, 5, 8, 3, 2, 1)
_WORDS = (
    "can you send it over tonight please I will pay the rest on Friday thanks see you there later ok no problem"
    " Really sorry Don't worry Anyway meet at the usual place after work"
).split()


@dataclass
class World:
    """Messages, and what was planted in them: kind -> values; of accounts also those that only the table repairs."""

    texts: list[str] = field(default_factory=list)
    planted: dict[str, set[str]] = field(default_factory=dict)
    repaired_accounts: set[str] = field(default_factory=set)


def checksummed(version: int, rng: random.Random, alphabet: bytes = base58.BITCOIN_ALPHABET) -> str:
    """An address in base 58 of a random hash."""
    return base58.b58encode_check(bytes([version]) + rng.randbytes(20), alphabet=alphabet).decode()


def bech32(prefix: str, version: int, program: bytes) -> str:
    """A segregated-witness address."""
    bits, n_bits, data = 0, 0, [version]
    for octet in program:
        bits, n_bits = bits << 8 | octet, n_bits + 8
        while n_bits >= 5:
            n_bits -= 5
            data.append(bits >> n_bits & 31)
    if n_bits:
        data.append(bits << 5 - n_bits & 31)
    expanded = [*(ord(c) >> 5 for c in prefix), 0, *(ord(c) & 31 for c in prefix), *data]
    check = segwit._checksum([*expanded, *[0] * 6]) ^ (0x2BC830A3 if version else 1)
    return f"{prefix}1" + "".join(segwit.ALPHABET[v] for v in (*data, *(check >> 5 * (5 - i) & 31 for i in range(6))))


def monero(version: int, rng: random.Random) -> str:
    """A Monero address of random keys."""
    data = bytes([version]) + rng.randbytes(64)
    data += keccak.new(digest_bits=256, data=data).digest()[:4]
    made = ""
    for i in range(0, len(data), 8):
        block = data[i : i + 8]
        number, width, figures = int.from_bytes(block, "big"), {8: 11, 5: 7}[len(block)], ""
        for _ in range(width):
            number, figure = divmod(number, 58)
            figures = base58.BITCOIN_ALPHABET.decode()[figure] + figures
        made += figures
    return made


def ethereum(rng: random.Random) -> str:
    """An Ethereum address in the case of EIP-55."""
    digits = rng.randbytes(20).hex()
    bits = keccak.new(digest_bits=256, data=digits.encode()).hexdigest()
    return "0x" + "".join(c.upper() if int(b, 16) > 7 else c for c, b in zip(digits, bits, strict=False))


WALLETS = {
    "BTC": (
        lambda r: checksummed(0, r),
        lambda r: checksummed(5, r),
        lambda r: bech32("bc", 0, r.randbytes(20)),
        lambda r: bech32("bc", 0, r.randbytes(32)),
        lambda r: bech32("bc", 1, r.randbytes(32)),
    ),
    "LTC": (
        lambda r: checksummed(0x30, r),
        lambda r: checksummed(0x32, r),
        lambda r: bech32("ltc", 0, r.randbytes(20)),
    ),
    "DOGE": (lambda r: checksummed(0x1E, r),),
    "TRON": (lambda r: checksummed(0x41, r),),
    "XRP": (lambda r: checksummed(0, r, base58.XRP_ALPHABET),),
    "XMR": (lambda r: monero(18, r), lambda r: monero(42, r)),
    "ETH": (ethereum,),
}


def account(rng: random.Random) -> tuple[str, str]:
    """A sort code and an account that the table calls right."""
    while True:
        sort_code, figures = f"9{rng.randrange(50_000):05}", f"{rng.randrange(10**7):07}"
        rest = -sum(int(f) * w for f, w in zip(figures, _WEIGHTS, strict=False)) % 11
        if rest < 10:
            return sort_code, f"{figures}{rest}"


def damaged(text: str, rng: random.Random) -> str:
    """`text` with a 0 as O or a 1 as l, one at least where it has one."""
    places = [i for i, c in enumerate(text) if c in "01"]
    for place in rng.sample(places, min(len(places), 2)):
        text = text[:place] + {"0": "O", "1": "l"}[text[place]] + text[place + 1 :]
    return text


def in_groups(text: str, size: int) -> str:
    return " ".join(text[i : i + size] for i in range(0, len(text), size))


def _account_texts(sort_code: str, number: str) -> list[str]:
    grouped = "-".join((sort_code[:2], sort_code[2:4], sort_code[4:]))
    spaced = grouped.replace("-", " ")
    return [
        f"sort code {grouped} account number {number}",
        f"{grouped} {number}",
        f"Sort: {sort_code}\nAcc: {number}",
        f"acc no. {number[:4]} {number[4:]}, s/c {spaced}",
        f"account {number} sort {grouped}",
        f"sc {spaced} acc {number}",
        f"Barclays {grouped} / {number}",
        f"its {grouped}\n{number}",
    ]


def _sentence(rng: random.Random, middle: str) -> str:
    before, after = (" ".join(rng.choices(_WORDS, k=rng.randrange(6))) for _ in range(2))
    return f"{before} {middle} {after}".strip()


def _decoys(rng: random.Random) -> list[str]:
    """Texts in which nothing is an account, a wallet, a card, an IBAN, an NHS number or a telephone."""

    def figures(n: int) -> str:
        return "".join(rng.choices("0123456789", k=n))

    address = checksummed(0, rng)
    last = {"a": "b"}.get(address[-1], "a")
    return [
        f"order {figures(8)}",
        f"order no {figures(6)} {figures(8)}",
        f"case number 42/{figures(8)}/26",
        f"code {figures(8)} expires {rng.randrange(10, 28)}-0{rng.randrange(1, 9)}-26 {figures(8)}",
        f"tracking number {figures(16)}",
        f"0{rng.randrange(1, 9)}/0{rng.randrange(1, 9)}/2026 {figures(8)}",
        f"2026-0{rng.randrange(1, 9)}-1{rng.randrange(9)} 12:{figures(2)}:{figures(2)}",
        f"{figures(8)}",
        f"£{figures(6)} for {figures(8)}",
        f"{hashlib.sha256(rng.randbytes(8)).hexdigest()}",
        f"0x{rng.randbytes(32).hex()}",
        f"x{address}",
        f"{address}z9",
        f"{address[:-1]}{last}",
        f"{rng.randbytes(20).hex()}",
        f"44{figures(10)}@s.whatsapp.net",
    ]


def build(seed: int, n_accounts: int, n_wallets: int, n_decoys: int) -> World:
    """A world; each value once or more, in a writing drawn at random; a fifth of them damaged."""
    rng = random.Random(seed)
    world = World(planted={"UK_ACCOUNT": set(), **{kind: set() for kind in WALLETS}})
    while len(world.planted["UK_ACCOUNT"]) < n_accounts:
        sort_code, number = account(rng)
        value, is_damaged = f"{sort_code} {number}", rng.random() < 0.2 and bool(set(number) & set("01"))
        world.planted["UK_ACCOUNT"].add(value)
        written = damaged(number, rng) if is_damaged else number
        if is_damaged:
            world.repaired_accounts.add(value)
        for text in rng.sample(_account_texts(sort_code, written), rng.randrange(1, 3)):
            world.texts.append(_sentence(rng, text))
    kinds = [(kind, make) for kind, makes in WALLETS.items() for make in makes]
    n = 0
    while n < n_wallets:
        kind, make = kinds[n % len(kinds)]
        address = make(rng)
        world.planted[kind].add(address.lower() if kind == "ETH" else address)
        middle = rng.randrange(10, len(address) - 10)
        writings = [address, address, f"{address[:middle]}\n{address[middle:]}", in_groups(address, 4)]
        if rng.random() < 0.2:
            writings = [damaged(address, rng)]
        world.texts.append(_sentence(rng, rng.choice(writings)))
        n += 1
    world.texts += [_sentence(rng, decoy) for _ in range(n_decoys) for decoy in _decoys(rng)]
    rng.shuffle(world.texts)
    return world
