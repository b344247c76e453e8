"""Row conservation from hand-made tables: what came in is loaded, quarantined or a repeat, per sender and feed."""

from __future__ import annotations

import pytest
from pyspark.sql import SparkSession

from pipelines.ingest import row_counts
from schemas import bronze, silver
from tests.support import tables

pytestmark = pytest.mark.spark
OF = {"sender": "norfolk", "feed": "nominals"}


def test_rows_are_counted_where_they_ended(spark: SparkSession):
    files = tables.frame(
        spark, bronze.FILES,
        {**OF, "n_rows": 9, "n_rows_quarantined": 1, "n_rows_deduplicated": 2},
        {**OF, "n_rows": 0, "n_rows_quarantined": 1, "n_rows_deduplicated": 0},  # refused whole: counts as one row
        {**OF, "sender": "suffolk", "n_rows": 0, "n_rows_quarantined": 0, "n_rows_deduplicated": 0},
    )  # fmt: skip
    quarantine = tables.frame(
        spark, bronze.QUARANTINE,
        {**OF, "stage": "ingest"}, {**OF, "stage": "ingest"}, {**OF, "stage": "conform"},
        {"sender": "inbox", "feed": "decisions", "stage": "decisions"},  # no row of the landing zone
    )  # fmt: skip
    people = tables.frame(spark, silver.PEOPLE, *({"person_id": f"36:{n}", "_sender": "norfolk"} for n in range(4)))
    judged = [("norfolk", "nominals", 7, 1), ("norfolk", "comms_cells", 5, 5)]
    twins = spark.createDataFrame(judged, "sender string, feed string, n_in long, n_deduplicated long")
    loaded = row_counts.loaded(people, "nominals")
    beside = [("norfolk", "comms_cells")]
    counted = row_counts.rows(files, quarantine, loaded, twins, tables.NIGHT, beside).collect()
    (cells,) = (row for row in counted if row.feed == "comms_cells")  # read from the rows of another feed's files
    assert (cells.n_files, cells.n_in, cells.n_deduplicated) == (0, 5, 5)
    by_sender = {row.sender: row for row in counted if row.feed == "nominals"}
    norfolk, suffolk = by_sender["norfolk"], by_sender["suffolk"]
    assert (norfolk.n_files, norfolk.n_in, norfolk.n_loaded, norfolk.n_quarantined) == (2, 10, 4, 3)
    assert norfolk.n_deduplicated == 3  # two rows of a file sent again, one record twice in a night
    assert norfolk.n_in == norfolk.n_loaded + norfolk.n_quarantined + norfolk.n_deduplicated + norfolk.n_deleted
    assert (suffolk.n_files, suffolk.n_in, suffolk.n_loaded, suffolk.n_deduplicated) == (1, 0, 0, 0)
    assert set(by_sender) == {"norfolk", "suffolk"}
