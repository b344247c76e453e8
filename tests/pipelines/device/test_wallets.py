"""Wallets against the vectors that their specifications publish, and in the writings of messages."""

# ruff: noqa: E501

from __future__ import annotations

import base58
import pytest

from pipelines.device.identifiers import base58_wallets, cashaddr, ethereum, finding, segwit
from pipelines.device.identifiers.mentions import BAD, NONE, OK, Mention

# BIP-350, "Test vectors for v0-v16 native segregated witness addresses".
SEGWIT = {
    "BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4": True,  # pragma: allowlist secret
    "tb1qrp33g0q5c5txsp9arysrx4k6zdkfs4nce4xj0gdcccefvpysxf3q0sl5k7": True,  # pragma: allowlist secret
    "bc1pw508d6qejxtdg4y5r3zarvary0c5xw7kw508d6qejxtdg4y5r3zarvary0c5xw7kt5nd6y": True,
    "BC1SW50QGDZ25J": True,
    "bc1zw508d6qejxtdg4y5r3zarvaryvaxxpcs": True,
    "tb1qqqqqp399et2xygdj5xreqhjjvcmzhxw4aywxecjdzew6hylgvsesrxh6hy": True,
    "tb1pqqqqp399et2xygdj5xreqhjjvcmzhxw4aywxecjdzew6hylgvsesf3hn0c": True,  # pragma: allowlist secret
    "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0": True,  # pragma: allowlist secret
    "tc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vq5zuyut": False,  # pragma: allowlist secret
    "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqh2y7hd": False,  # pragma: allowlist secret
    "tb1z0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqglt7rf": False,  # pragma: allowlist secret
    "BC1S0XLXVLHEMJA6C4DQV22UAPCTQUPFHLXM9H8Z3K2E72Q4K9HCZ7VQ54WELL": False,  # pragma: allowlist secret
    "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kemeawh": False,  # pragma: allowlist secret
    "tb1q0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vq24jc47": False,  # pragma: allowlist secret
    "bc1p38j9r5y49hruaue7wxjce0updqjuyyx0kh56v8s25huc6995vvpql3jow4": False,  # pragma: allowlist secret
    "BC130XLXVLHEMJA6C4DQV22UAPCTQUPFHLXM9H8Z3K2E72Q4K9HCZ7VQ7ZWS8R": False,  # pragma: allowlist secret
    "bc1pw5dgrnzv": False,
    "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7v8n0nx0muaewav253zgeav": False,  # pragma: allowlist secret
    "BC1QR508D6QEJXTDG4Y5R3ZARVARYV98GJ9P": False,
    "tb1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vq47Zagq": False,  # pragma: allowlist secret
    "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7v07qwwzcrf": False,  # pragma: allowlist secret
    "tb1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vpggkg4j": False,  # pragma: allowlist secret
    "bc1gmk9yu": False,
    # Right by BIP-173, and no longer by BIP-350.
    "bc1pw508d6qejxtdg4y5r3zarvary0c5xw7kw508d6qejxtdg4y5r3zarvary0c5xw7k7grplx": False,  # pragma: allowlist secret
    "BC1SW50QA3JX3S": False,
    "bc1zw508d6qejxtdg4y5r3zarvaryvg6kdaj": False,
}
# EIP-55: all capitals, all small, and both.
EIP55 = {
    "52908400098527886E0F7030069857D2E4169EE7": NONE,
    "8617E340B3D01FA5F11F306F4090FD50E238070D": NONE,
    "de709f2102306220921060314715629080e2fb77": NONE,
    "27b1fdb04752bbc536007a920d24acb045561c26": NONE,
    "5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed": OK,
    "fB6916095ca1df60bB79Ce92cE3Ea74c37c5d359": OK,
    "dbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB": OK,
    "D1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb": OK,
    "5aaeb6053F3E94C9b9A09f33669435E7Ef1BeAed": BAD,
}
# CashAddr, "Larger Test Vectors": prefix, address, type, hash.
CASHADDR = (
    ("bitcoincash", "qr6m7j9njldwwzlg9v7v53unlr4jkmx6eylep8ekg2", 0, "F5BF48B397DAE70BE82B3CCA4793F8EB2B6CDAC9"),
    ("bchtest", "pr6m7j9njldwwzlg9v7v53unlr4jkmx6eyvwc0uz5t", 1, "F5BF48B397DAE70BE82B3CCA4793F8EB2B6CDAC9"),  # pragma: allowlist secret
    ("pref", "pr6m7j9njldwwzlg9v7v53unlr4jkmx6ey65nvtks5", 1, "F5BF48B397DAE70BE82B3CCA4793F8EB2B6CDAC9"),
    ("prefix", "0r6m7j9njldwwzlg9v7v53unlr4jkmx6ey3qnjwsrf", 15, "F5BF48B397DAE70BE82B3CCA4793F8EB2B6CDAC9"),
    ("bitcoincash", "q9adhakpwzztepkpwp5z0dq62m6u5v5xtyj7j3h2ws4mr9g0", 0, "7ADBF6C17084BC86C1706827B41A56F5CA32865925E946EA"),  # pragma: allowlist secret
    ("bchtest", "p9adhakpwzztepkpwp5z0dq62m6u5v5xtyj7j3h2u94tsynr", 1, "7ADBF6C17084BC86C1706827B41A56F5CA32865925E946EA"),  # pragma: allowlist secret
    ("bitcoincash", "qpm2qsznhks23z7629mms6s4cwef74vcwvy22gdx6a", 0, "76A04053BDA0A88BDA5177B86A15C3B29F559873"),
    ("bitcoincash", "ppm2qsznhks23z7629mms6s4cwef74vcwvn0h829pq", 1, "76A04053BDA0A88BDA5177B86A15C3B29F559873"),
)  # fmt: skip
# Address -> the hash or keys in it, from the vectors of public wallet libraries.
BASE58 = {
    "BTC": {"1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa": "62e907b15cbf27d5425399ebf6f0fb50ebb88f18"},
    "XRP": {
        "rP3DVaCaoGegwdz4XgFCwVWPUmLafNNra9": "f2b019b7d85d7e53b954a4d52ba4ceafaeca062c",
        "rrU1kJ4hBmUvKifZHtU1JhYrTCyjCcF5i": "0009e9a6c5fe0bc8dae3c92ff4f13ae8042859ad",
        "rB9gA3Qk1jCVJa4y6BJybsDZb5BwjWLaB": "01eb699415e9c8a47005bce7f73ab645f5fbd911",
    },
    "TRON": {
        "TDCEx9fU3UVuMPPXpGeX6BXjwsVo4vGuNh": "235f6999f99545ea37965e68031050af8a0cbd6a",  # pragma: allowlist secret
        "TToBpczGoKTbom3DtQR4BhZxvs8hmBi96y": "c38d1e981ee3126804e7db1efeedb0cc00548e3f",  # pragma: allowlist secret
    },
    "DOGE": {"DQkiL71KkuGEgS9QFCKJkBeHmzM5YFYGkG": "d726d32d9ff0560e7df35764"},
}
# The first two from a wallet library's vectors; the integrated address and the subaddress made with another library.
MONERO = (
    "42z3MVZMRgE72dPA89MtCD6tYeWke8cV2B3YPYg1pe5x9X7VVqee6MWhjPrjCMiUFwejWkh8KL6MpN8cwX7B5WuZAxw2YbQ",  # pragma: allowlist secret
    "471SLbc2E2j7J5QMCEAV6K2bGd3C3TjrGaMiBQxAnR7z9ozebfZdbjJWbGWq7fuBWWj6nfj2PK8xJVCT6eVu9b7oKxCaZrA",  # pragma: allowlist secret
    "4Lkatsdtt2UcUW41Qz3Fd3T6PnNY8JP5y7Re14xJR71CJj3W7SrZvCdDn9X981h8g1GdaRdvaj5Tv4JbTVvrmhXPC3KtxrmGWDAU2PRLCC",  # pragma: allowlist secret
    "89DhwBSWHenPb4sX2CgRX14bMTyxdhrrr3ifpZck2pkpRHVmeKNVvH38PPVDeJQ81pFtfMXojQBmrCBnQUciXMYQPnCbZBh",  # pragma: allowlist secret
)
GENESIS = "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa"
SEGWIT_0 = "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4"  # pragma: allowlist secret
CHECKSUMMED = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"


def only(text: str) -> Mention:
    (mention,) = finding.find([text])
    assert text[mention.start : mention.end] == mention.as_written
    return mention


@pytest.mark.parametrize("address", SEGWIT)
def test_segregated_witness_as_the_proposals_have_it(address: str) -> None:
    is_right = segwit.is_address(address, "tb" if address.lower().startswith("tb") else "bc")
    assert is_right == SEGWIT[address]
    is_main = SEGWIT[address] and address.lower().startswith("bc")
    assert any(m.status == OK for m in finding.find([f"to {address} please"])) == is_main


@pytest.mark.parametrize("digits", EIP55)
def test_ethereum_as_the_proposal_has_it(digits: str) -> None:
    assert ethereum.status(digits) == EIP55[digits]
    mention = only(f"to 0x{digits}")
    assert (mention.kind, mention.value, mention.status) == ("ETH", f"0x{digits.lower()}", EIP55[digits])


@pytest.mark.parametrize(("prefix", "text", "type_", "hash_"), CASHADDR)
def test_cashaddr_as_its_specification_has_it(prefix: str, text: str, type_: int, hash_: str) -> None:
    assert cashaddr.payload(text, prefix) == (type_, bytes.fromhex(hash_))
    assert cashaddr.payload(text[:-1] + ("q" if text[-1] != "q" else "p"), prefix) is None
    assert cashaddr.is_address(text) == (prefix == "bitcoincash")


@pytest.mark.parametrize(("coin", "address"), [(coin, a) for coin, addresses in BASE58.items() for a in addresses])
def test_base_58_with_the_hash_that_is_in_it(coin: str, address: str) -> None:
    alphabet = base58.XRP_ALPHABET if coin == "XRP" else base58.BITCOIN_ALPHABET
    assert base58.b58decode_check(address, alphabet=alphabet)[1:].hex().startswith(BASE58[coin][address])
    assert base58_wallets.is_address(address)
    for place in (3, 17, len(address) - 1):
        assert not base58_wallets.is_address(
            address[:place] + ("b" if address[place] != "b" else "c") + address[place + 1 :]
        )
    assert (only(address).kind, only(address).value) == (coin, address)


@pytest.mark.parametrize("address", MONERO)
def test_monero(address: str) -> None:
    assert base58_wallets.is_address(address)
    assert not base58_wallets.is_address(address[:-1] + ("a" if address[-1] != "a" else "b"))
    assert only(address).kind == "XMR"


@pytest.mark.parametrize(
    ("written", "value", "is_repaired"),
    [
        (f"{GENESIS[:16]}\n{GENESIS[16:]}", GENESIS, False),
        ("1A1z P1eP 5QGe fi2D MPTf TL5S Lmv7 Divf Na", GENESIS, False),
        (GENESIS.replace("1", "l"), GENESIS, True),
        ("lNVsGJmqEbkQAAwcSjlvDhXsViVsuUabUH", "1NVsGJmqEbkQAAwcSj1vDhXsViVsuUabUH", True),  # pragma: allowlist secret
        (
            "LbBUvNvitqbKBAhXsXMr\nCqjHhTJDkdgehZ",  # pragma: allowlist secret
            "LbBUvNvitqbKBAhXsXMrCqjHhTJDkdgehZ",  # pragma: allowlist secret
            False,
        ),  # no figure in it  # pragma: allowlist secret
        ("rDbbCQxPxYWGbGqGZCMMaoorsdnxqAbQYN", "rDbbCQxPxYWGbGqGZCMMaoorsdnxqAbQYN", False),
        (GENESIS.replace("A", "\u0410"), GENESIS, True),  # Cyrillic
        ("bciq" + SEGWIT_0[4:], SEGWIT_0, True),
        (SEGWIT_0.replace("0", "O"), SEGWIT_0, True),
        (SEGWIT_0.upper(), SEGWIT_0, False),
        ("bc1q w508 d6qe jxtd g4y5 r3za rvar y0c5 xw7k v8f3 t4", SEGWIT_0, False),
        ("O" + CHECKSUMMED[1:], CHECKSUMMED.lower(), True),
        (CHECKSUMMED.replace("0", "O"), CHECKSUMMED.lower(), True),
        (f"{CHECKSUMMED[:20]}\r\n{CHECKSUMMED[20:]}", CHECKSUMMED.lower(), False),
        ("BitcoinCash:QPM2QSZNHKS23Z7629MMS6S4CWEF74VCWVY22GDX6A", f"bitcoincash:{CASHADDR[6][1]}", False),
        (CASHADDR[6][1], f"bitcoincash:{CASHADDR[6][1]}", False),
    ],
)
def test_writings_of_one_wallet(written: str, value: str, is_repaired: bool) -> None:
    mention = only(f"send it to {written} ok")
    assert (mention.as_written, mention.value, mention.is_repaired) == (written, value, is_repaired)
    assert mention.status == OK


@pytest.mark.parametrize(
    "text",
    [
        f"a{GENESIS}",
        f"{GENESIS}x",
        f"{GENESIS}_",
        f"\u00e9{GENESIS}",
        GENESIS[:-1] + "b",  # a broken checksum, and nothing says that it is a wallet
        "O" + CHECKSUMMED.lower()[1:],  # a repair that nothing proves
        f"{CHECKSUMMED}00",
        f"@{GENESIS} {GENESIS}@x",
        CHECKSUMMED.lower().replace("a", "\u0430"),  # Cyrillic, and no checksum to prove what was meant
        f"btc wallet: {GENESIS[:16]} {GENESIS[16:-1]}b",  # pieces that no checksum holds together
        "0x" + "ab" * 32,
        "Really sorry Tomorrow at 5pm Don then Let us talk Mum said 1am",
    ],
)
def test_no_wallet(text: str) -> None:
    assert finding.find([text]) == []


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (SEGWIT_0[:-1] + "5", "BTC"),
        ("0x5aaeb6053F3E94C9b9A09f33669435E7Ef1BeAed", "ETH"),
        ("btc wallet: " + GENESIS[:-1] + "b", "BTC"),
        ("bitcoincash:" + CASHADDR[6][1][:-1] + "q", "BCH"),
    ],
)
def test_a_broken_checksum_is_told_where_prefix_or_label_say_what_it_was_meant_to_be(text: str, kind: str) -> None:
    mention = only(text)
    assert (mention.kind, mention.status, mention.is_repaired) == (kind, BAD, False)
