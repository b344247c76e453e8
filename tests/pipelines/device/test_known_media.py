"""Known pictures: an equal hash is a match, unless the other hash says that it is another picture."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from pipelines.device import known_media
from schemas import device
from tests.pipelines.device import test_hash_lists as hash_list
from tests.pipelines.device.test_pdq import HALF_SIZE, ITSELF, STRANGER, TURNED, distance
from tests.support import tables

NIGHT = date(2026, 3, 14)
MD5, SHA1 = (hash_list.md5(7), hash_list.sha1(7))


@pytest.mark.parametrize(
    ("on_device", "in_list", "expected"),
    [
        ((MD5, SHA1), (MD5, SHA1), "SHA1"),
        ((MD5, None), (MD5, SHA1), "MD5"),
        ((MD5, SHA1), (MD5, None), "MD5"),
        ((MD5, SHA1), (MD5, "0" * 40), None),  # two pictures with one MD5
        ((MD5, SHA1), ("0" * 32, SHA1), None),
        ((None, None), (MD5, SHA1), None),
        ((MD5, None), (None, SHA1), None),
    ],
)
def test_equal_hashes_match_unless_another_differs(
    spark: SparkSession,
    tmp_path: Path,
    on_device: tuple[str | None, str | None],
    in_list: tuple[str | None, str | None],
    expected: str | None,
) -> None:
    path = tmp_path / "known.json"
    items = [hash_list.media(1), hash_list.media(2, MD5=in_list[0], SHA1=in_list[1], Category=1)]
    path.write_bytes(hash_list.listed(items))
    gone = str(tmp_path / "gone.json")
    rows = [("36:A", "known.json", str(path)), ("36:B", "gone.json", gone), (None, "operator/k.json", str(path))]
    told = known_media.told(spark.createDataFrame(rows, known_media.FILES))
    picture = {"night": NIGHT, "md5": on_device[0], "sha1": on_device[1]}
    media = tables.frame(
        spark, device.MEDIA, {**picture, "submission_id": "36:A", "media_id": "a" * 24},
        {**picture, "submission_id": "36:B", "media_id": "b" * 24},  # whose own list this is not
    )  # fmt: skip
    found = known_media.matches(told, media).orderBy("media_id", "list_name").collect()
    assert {(row.item, row.category, row.hash_kind) for row in found} == ({(2, 1, expected)} if expected else set())
    named = [("36:A", "known.json"), ("36:A", "operator/k.json"), ("36:B", "operator/k.json")]
    assert [(row.submission_id, row.list_name) for row in found] == (named if expected else [])
    assert len({(row.media_id, row.list_name, row.item) for row in found}) == len(found)
    if expected == "SHA1":
        rows_ = known_media.lists(told, NIGHT, ["36:A", "36:B"]).collect()
        assert {(row.submission_id, row.list_name): (row.n_items, row.stopped) for row in rows_} == {
            ("36:A", "known.json"): (2, None),
            ("36:B", "gone.json"): (0, "it cannot be opened (FileNotFoundError)"),
            ("36:A", "operator/k.json"): (2, None),
            ("36:B", "operator/k.json"): (2, None),
        }


def test_alike_are_pdq_hashes_that_are_near_however_turned_and_never_of_flat_pictures(
    spark: SparkSession, tmp_path: Path
) -> None:
    def item(n: int, said: str) -> dict[str, object]:
        others = [{"HashName": "PDQ", "HashValue": said}]
        return hash_list.media(n, MD5=None, SHA1=None, Category=1, AlternativeHashes=others)

    rated, unrated, flat = (item(n, said) for n, said in enumerate((f"{ITSELF},90", ITSELF, f"{ITSELF},49"), 1))
    same = {**unrated, "SHA1": SHA1}  # is the file itself
    path = tmp_path / "known.json"
    path.write_bytes(hash_list.listed([rated, unrated, flat, same, item(5, "nothing")]))
    told = known_media.told(spark.createDataFrame([(None, "operator/k.json", str(path))], known_media.FILES))
    turned, itself = TURNED["by 90 degrees"], HALF_SIZE
    on_device = {"a": (turned, 80), "b": (itself, None), "c": (itself, 49), "d": (STRANGER, 99), "e": (None, None)}
    rows = [
        {
            "night": NIGHT,
            "submission_id": "36:A" if id_ in "ab" else "36:B",
            "media_id": id_ * 24,
            "pdq": hash_,
            "pdq_quality": rating,
        }
        | ({"sha1": SHA1} if id_ == "a" else {})
        for id_, (hash_, rating) in on_device.items()
    ]
    found = known_media.matches(told, tables.frame(spark, device.MEDIA, *rows)).collect()
    made = {(row.media_id[0], row.item): (row.hash_kind, row.is_turned, row.submission_id) for row in found}
    assert made == {
        ("a", 1): ("PDQ", True, "36:A"), ("a", 2): ("PDQ", True, "36:A"), ("a", 4): ("SHA1", None, "36:A"),
        ("b", 1): ("PDQ", False, "36:A"),
    }  # fmt: skip
    near = {row.media_id[0]: row.distance for row in found if row.item == 1}
    assert near["b"] == distance(ITSELF, HALF_SIZE)
    assert 0 < near["a"] <= 31
    (listed,) = known_media.lists(told, NIGHT, ["36:A"]).collect()
    assert (listed.n_items, listed.n_pdq, listed.n_pdq_unrated, listed.n_refused) == (4, 4, 2, 1)
