"""A new list over stored messages: `python -m tests.bench.device.keywords N_MESSAGES` prints one JSON line.

5,000 terms are looked for in messages of a Delta table, as `nightjar device search` does: nothing is read from exports
again. Seconds are those after the session has started and a first small search has started the workers.
"""

from __future__ import annotations

import json
import random
import sys
import tempfile
import time
from datetime import date
from pathlib import Path

from pyspark.sql import functions as F

from pipelines.device import finds
from pipelines.device.keyword_lists import KeywordList
from schemas import device
from tests.bench.device import search
from tests.support import tables
from tests.support import whole_nights as nights

ID, NIGHT = "36:EX", date(2026, 3, 14)
N_DIFFERENT_MB = 2


def main(n_messages: int) -> None:
    rng = random.Random(5)
    texts = search.messages(N_DIFFERENT_MB * 1_000_000, rng)
    terms = KeywordList(tuple(search.terms(rng)), (), (), "0" * 16)
    with tempfile.TemporaryDirectory(prefix="nightjar-bench-") as folder:
        made = nights.ctx(Path(folder))
        rows = made.spark.createDataFrame(list(enumerate(texts)), "n long, text string")
        again = made.spark.range(n_messages // len(texts)).withColumnRenamed("id", "k")
        id_ = F.substring(F.sha2(F.concat_ws("|", "n", "k"), 256), 1, 24)
        like = tables.frame(made.spark, device.MESSAGES, {"night": NIGHT, "submission_id": ID, "file": "f"})
        base = like.drop("message_id", "content_key", "text")
        whole = (
            rows.crossJoin(again).withColumns({"message_id": id_, "content_key": id_}).drop("n", "k").crossJoin(base)
        )
        made.lake.replace(whole, device.MESSAGES, {"night": NIGHT.isoformat()})
        stored = made.lake.read(device.MESSAGES)
        lists = {ID: [("terms.txt", terms)]}
        finds.keyword_hits(stored.limit(1000), lists).count()
        begun = time.monotonic()
        n_hits = finds.keyword_hits(stored, lists).count()
        seconds = time.monotonic() - begun
        told = {"n_messages": stored.count(), "n_terms": len(terms.terms), "n_hits": n_hits}
    print(json.dumps({**told, "seconds": round(seconds, 1)}))


if __name__ == "__main__":
    main(int(sys.argv[1]))
