"""Matching subjects against passengers: seconds. `python -m tests.bench.bench_travel 5000 1000000`.

Names are syllables, their frequencies fall as 1/rank (as surnames nearly do); a twentieth of the subjects fly.
"""

from __future__ import annotations

import datetime as dt
import json
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
from pyspark.sql import functions as F

from jobs.runtime import settings
from jobs.runtime import spark as spark_job
from pipelines.travel import matches as travel_matches
from pipelines.travel import matching, nightly_matches
from pipelines.travel import names as travel_names
from schemas import travel as contract

N_FORENAMES, N_SURNAMES = 2_000, 30_000
_ON = dt.date(2026, 3, 14)


def words(n: int, seed: int) -> np.ndarray:
    """`n` distinct invented words of two to four syllables."""
    rng = np.random.default_rng(seed)
    starts = np.array([*"BCDFGHJKLMNPRSTVWYZ", "CH", "SH", "TH", "BR", "KR", ""])
    middles = np.array("A E I O U AI EE OU IA".split())
    found: list[str] = []
    while len(found) < n:
        made = ["".join(rng.choice(starts) + rng.choice(middles) for _ in range(rng.integers(2, 5))) for _ in range(n)]
        found = list(dict.fromkeys([*found, *made]))
    return np.array(found[:n])


def drawn(pool: np.ndarray, n: int, rng: np.random.Generator) -> np.ndarray:
    weights = 1 / (np.arange(len(pool)) + 10)
    return rng.choice(pool, n, p=weights / weights.sum())


def people(n: int, rng: np.random.Generator) -> pd.DataFrame:
    firsts, lasts = words(N_FORENAMES, 1), words(N_SURNAMES, 2)
    born = np.datetime64("1946-01-01") + rng.integers(0, 365 * 70, n)
    return pd.DataFrame({"forename": drawn(firsts, n, rng), "surname": drawn(lasts, n, rng), "born_on": born})


def passengers(n: int, looked_for: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    made = people(n, rng)
    flying = rng.choice(n, len(looked_for) // 20, replace=False)
    made.loc[flying] = looked_for.iloc[: len(flying)].to_numpy()
    lists = rng.integers(0, max(1, n // 180), n)
    return made.assign(
        passenger_id=[f"{k:032x}" for k in range(n)],
        name=made.forename + " " + made.surname,
        document_no=[f"X{k:08d}" for k in range(n)],
        flight_no=np.char.add("Q9", (1 + lists % 900).astype(str)),
        from_airport="NWI",
        to_airport="AGP",
        flight_on=pd.to_datetime(_ON) - pd.to_timedelta(lists // 900, unit="D"),
        booking_ref=[f"B{k // 2}" for k in range(n)],
    )


def main(n_subjects: int, n_passengers: int) -> None:
    rng = np.random.default_rng(7)
    looked_for = people(n_subjects, rng)
    rules = nightly_matches.Rules.of(dict(settings.load().travel))
    odds = rules.odds
    with tempfile.TemporaryDirectory(prefix="nj-travel-") as folder:
        spark = spark_job.session(Path(folder), cores="2")
        wanted = looked_for.assign(person_id=[f"36:N{k}" for k in range(n_subjects)], force="36", role="SUSPECT")
        wanted = wanted.assign(subject_id=wanted.person_id, phone=None, _file="f", _file_hash="0", _row_number=1)
        wanted.to_parquet(f"{folder}/wanted.parquet")
        lineage = {"_sender": "bench", "_file": "f", "_file_hash": "0" * 64, "_row_number": 1}
        rows = passengers(n_passengers, looked_for, rng).assign(carrier="Q9", seat=None, basis="API", **lineage)
        rows.assign(night=_ON, authority_ref="A", _rescued=None).to_parquet(f"{folder}/passengers.parquet")
        dates = {name: F.to_date(name) for name in ("born_on",)}
        people_df = spark.read.parquet(f"{folder}/wanted.parquet").withColumns(dates)
        words = {name: travel_names.words_of(F.col(name[:-1])) for name in ("forenames", "surnames")}
        people_df = people_df.withColumns({**words, "phone": F.lit(None).cast("string")}).persist()
        listed = spark.read.parquet(f"{folder}/passengers.parquet").withColumns(
            {**dates, "flight_on": F.to_date("flight_on"), "_rescued": F.lit(None).cast("string")}
        )
        spark.range(1000).count()  # start-up is not what is measured
        begun = time.monotonic()
        crowd = matching.listed(listed).persist()
        n = crowd.count()
        near = matching.neighbours(people_df, crowd, n, odds).persist()
        found = matching.evidence(people_df, crowd, near, odds).persist()
        scored = matching.scored(found, people_df, crowd, n, odds)
        legs = travel_matches.timetable(spark.createDataFrame([], contract.FLIGHTS.struct()))
        kept = travel_matches.best(scored, people_df, crowd, legs, rules.kept_from)
        figures = kept.agg(F.count("*"), F.count_if(F.col("score") >= rules.published_from)).collect()[0]
        seconds = time.monotonic() - begun
        spark.stop()
    made = {"n_subjects": n_subjects, "n_passengers": n_passengers, "seconds": round(seconds, 1)}
    print(json.dumps({**made, "kept": figures[0], "published": figures[1], "planted": n_subjects // 20}))


if __name__ == "__main__":
    main(*(int(word) for word in (*sys.argv[1:], "500", "20000")[:2]))
