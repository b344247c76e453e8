"""PDQ hashes: those of another program for a made picture and its seven turns find each other, and no stranger does."""

from __future__ import annotations

import numpy as np
import pytest

from pipelines.device import pdq

# pdqhash 0.2.8 over a made picture (grey noise whose spectrum falls like that of photographs): as it is, then turned.
ITSELF = "01f8afa6263adfc28f58c38ceb3ace4fa0b54337871b51ee05ab781248eedc88"
TURNED = {
    "by 90 degrees": "5ba188a86286ef425b0784d27b602187d49b64ece2da111baf3b9a2d737eee17",
    "by 180 degrees": "542d070c736b7460da0d6926baaf44e5e1a8e99dd24efb4440fe96b83dbb5622",
    "by 270 degrees": "0af4420237f345400e522e786ab58b2d83cece47b78fbfb1eaee3087262b54bd",
    "upside down": "01f85249263e20358f583c73effa31b0a2bdbcc8a71bae1105ab83ed68ee2377",
    "left to right": "54adbae3336b8a96da0d14c9ba2f9b1ae5e01662c24e04bb40fe29473dbb899d",
    "over a diagonal": "5fa11757628410155b0779297f60de78d49b9912e2daaae4af3b45d2737e01e8",
    "over the other": "0af4bdf936d2ba370e52d1076a3564d203ce3138b78f004eeaeecf78262bab42",
}
HALF_SIZE = "01faafa6263a9fc38f5843aceb3ac64fa0b54337871b51ee05ab781248eedc88"
CROPPED = "3fa9cc8780154a495d49a7bde1b3496f92bd2bb78a1b70caf9893013e8e69c89"  # 5 % at each side: beyond the threshold
STRANGER = "49353ea7560e1c69734a252920f1974965d160f1f1fbde120e9b9bd629c9c1af"


def distance(one: str, other: str) -> int:
    return (int(one, 16) ^ int(other, 16)).bit_count()


@pytest.mark.parametrize("how", TURNED)
def test_a_turned_copy_is_found_in_one_orientation_and_in_no_other(how: str) -> None:
    forms = pdq.orientations(pdq.packed([TURNED[how]]))[0]
    _, found, apart = pdq.near(forms, pdq.packed([ITSELF, STRANGER]))
    assert found.tolist() == [0]
    assert apart.max() <= 18  # docs/device.md
    assert distance(TURNED[how], ITSELF) > 100  # as it stands it is a stranger


def test_the_first_orientation_is_the_hash_itself_and_all_are_eight() -> None:
    (forms,) = pdq.orientations(pdq.packed([ITSELF]))
    assert forms[0].tobytes().hex() == ITSELF
    assert len({form.tobytes() for form in forms}) == 8


@pytest.mark.parametrize(("other", "is_alike"), [(HALF_SIZE, True), (CROPPED, False), (STRANGER, False)])
def test_a_smaller_copy_is_alike_and_a_cropped_one_is_not(other: str, is_alike: bool) -> None:
    apart = pdq.near(pdq.packed([ITSELF]), pdq.packed([other]))[2]
    assert apart.tolist() == ([distance(ITSELF, other)] if is_alike else [])


def test_bands_find_what_comparing_every_pair_finds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdq, "_AT_ONCE", 50)  # many pieces
    drawn = np.random.default_rng(1)
    right = drawn.integers(0, 256, (60, 32), dtype=np.uint8)
    right[1] = right[0]  # of equal hashes each is found
    bits = np.unpackbits(right, axis=1)
    for row in range(len(bits)):
        # Spread over all bands, so that 31 flips leave one band with one flip at most, and 32 need leave none.
        bits[row, (np.arange(row) * 16 + row // 16) % 256] ^= 1
    left = np.packbits(bits, axis=1)
    every = np.unpackbits(left[:, None] ^ right[None], axis=2).sum(axis=2)
    expected = [(int(a), int(b), int(every[a, b])) for a, b in np.argwhere(every <= pdq.MAX_DISTANCE)]
    assert len(expected) > 30
    assert list(zip(*(part.tolist() for part in pdq.near(left, right)), strict=True)) == expected
    assert len(pdq.near(left[:0], right)[0]) == len(pdq.near(left, right[:0])[0]) == 0
    with pytest.raises(ValueError, match="no more"):
        pdq.near(left, right, 32)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (ITSELF.upper(), (ITSELF, None)), (f" {ITSELF} , 87 ", (ITSELF, 87)), (f"{ITSELF},101", None),
        (ITSELF[:-1], None), ("", None), (f"{ITSELF},", None),
    ],
)  # fmt: skip
def test_a_hash_is_read_with_its_quality(text: str, expected: object) -> None:
    assert pdq.parsed(text) == expected
