"""Known pictures: an equal hash is a match, unless the other hash says that it is another picture."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from pipelines.device import known_media
from schemas import device
from tests.pipelines.device import test_hash_lists as hash_list
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
    rows = [("36:A", "known.json", str(path)), ("36:B", "gone.json", str(tmp_path / "gone.json"))]
    told = known_media.told(spark.createDataFrame(rows, known_media.FILES))
    picture = {"night": NIGHT, "md5": on_device[0], "sha1": on_device[1]}
    media = tables.frame(
        spark, device.MEDIA, {**picture, "submission_id": "36:A", "media_id": "a" * 24},
        {**picture, "submission_id": "36:B", "media_id": "b" * 24},  # whose own list this is not
    )  # fmt: skip
    found = known_media.matches(told, media).collect()
    assert [(row.media_id, row.item, row.category, row.hash_kind) for row in found] == (
        [("a" * 24, 2, 1, expected)] if expected else []
    )
    if expected == "SHA1":
        lists = {row.list_name: (row.n_items, row.stopped) for row in known_media.lists(told, NIGHT).collect()}
        assert lists == {"known.json": (2, None), "gone.json": (0, "it cannot be opened (FileNotFoundError)")}
