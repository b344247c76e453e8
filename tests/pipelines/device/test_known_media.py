"""Known pictures: an equal hash is a match, unless the other hash says that it is another picture."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from pyspark.sql import SparkSession

from pipelines.device import known_media
from schemas import device
from tests.pipelines.device import test_hash_lists as hash_list
from tests.pipelines.device.test_pdq import HALF_SIZE, ITSELF, STRANGER, TURNED, distance
from tests.support import tables

NIGHT = date(2026, 3, 14)
MD5, SHA1 = (hash_list.md5(7), hash_list.sha1(7))


CASES = (  # on the device, in the list, expected
    ((MD5, SHA1), (MD5, SHA1), "SHA1"),
    ((MD5, None), (MD5, SHA1), "MD5"),
    ((MD5, SHA1), (MD5, None), "MD5"),
    ((MD5, SHA1), (MD5, "0" * 40), None),  # two pictures with one MD5
    ((MD5, SHA1), ("0" * 32, SHA1), None),
    ((None, None), (MD5, SHA1), None),
    ((MD5, None), (None, SHA1), None),
)


def test_equal_hashes_match_unless_another_differs(spark: SparkSession, tmp_path: Path) -> None:
    rows: list[tuple[str | None, str, str]] = [("36:B", "gone.json", str(tmp_path / "gone.json"))]
    pictures = [{"night": NIGHT, "submission_id": "36:B", "media_id": "b" * 24, "md5": MD5, "sha1": SHA1}]
    expected = {("36:B", "operator/k.json", "SHA1")}  # the lists of others are not its own
    for n, (on_device, in_list, kind) in enumerate(CASES):
        path = tmp_path / f"known{n}.json"
        items = [hash_list.media(1), hash_list.media(2, MD5=in_list[0], SHA1=in_list[1], Category=1)]
        path.write_bytes(hash_list.listed(items))
        rows.append((f"36:A{n}", path.name, str(path)))
        picture = {"night": NIGHT, "submission_id": f"36:A{n}", "media_id": f"{n:024x}"}
        pictures.append({**picture, "md5": on_device[0], "sha1": on_device[1]})
        of_all = "SHA1" if on_device[1] else "MD5" if on_device[0] else None  # the operator's has both
        expected |= {(f"36:A{n}", name, k) for name, k in ((path.name, kind), ("operator/k.json", of_all)) if k}
    rows.append((None, "operator/k.json", str(tmp_path / "known0.json")))
    told = known_media.told(spark.createDataFrame(rows, known_media.FILES).coalesce(1)).cache()
    found = known_media.matches(told, tables.frame(spark, device.MEDIA, *pictures)).collect()
    assert {(row.submission_id, row.list_name, row.hash_kind) for row in found} == expected
    assert {(row.item, row.category) for row in found} == {(2, 1)}
    assert len({(row.media_id, row.list_name, row.item) for row in found}) == len(found)
    listed = known_media.lists(told, NIGHT, ["36:A0", "36:B"]).where("submission_id IN ('36:A0', '36:B')").collect()
    assert {(row.submission_id, row.list_name): (row.n_items, row.stopped) for row in listed} == {
        ("36:A0", "known0.json"): (2, None),
        ("36:B", "gone.json"): (0, "it cannot be opened (FileNotFoundError)"),
        ("36:A0", "operator/k.json"): (2, None),
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
    lists = spark.createDataFrame([(None, "operator/k.json", str(path))], known_media.FILES)
    told = known_media.told(lists.coalesce(1)).cache()
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
