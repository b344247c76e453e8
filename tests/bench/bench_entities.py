"""People across forces: a full night against an incremental one, pairs compared, and what the truth says of both.

`python -m tests.bench.bench_entities [N_REPORTS]`: 70,000 reports make a world of about 50,000 nominals.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa

from jobs.runtime import settings, spark
from pipelines.network.entities import entities, nominals
from pipelines.network.entities import linkage as resolution
from pipelines.synthesis import DEFAULT_FORCES
from pipelines.synthesis.core import world as worlds
from pipelines.synthesis.reports import people as synthetic

NIGHT = date(2026, 1, 5)


def nominals_of(n_reports: int) -> tuple[pa.Table, pd.Series]:
    """Nominal records of a synthetic world, two nights, and the true person of each."""
    planet = worlds.make(20260101, NIGHT, 2, n_reports, DEFAULT_FORCES)
    parts, truths = [], []
    for force in planet.forces:
        for night in range(2):
            index = synthetic.arrivals(force, night)
            if not len(index):
                continue
            rows, truth = (
                synthetic.records(planet, force, index, night, False),
                synthetic.truth(planet, force, index),
            )
            nights = pa.array([NIGHT + timedelta(days=night)] * len(index))
            parts.append(pa.table({**rows, "person_id": truth["person_id"], "force": truth["force"], "night": nights}))
            truths.append(pa.table(truth).to_pandas())
    truth = pd.concat(truths).set_index("person_id")["true_person"]
    return pa.concat_tables(parts), truth


def f1(assigned: pd.DataFrame, truth: pd.Series) -> float:
    """F1 over pairs of records that are one person."""
    both = pd.DataFrame({"c": assigned["entity_id"].to_numpy(), "t": truth.loc[assigned["record_id"]].to_numpy()})

    def pairs(*by: str) -> int:
        sizes = both.groupby(list(by)).size()
        return int((sizes * (sizes - 1) // 2).sum())

    return 2 * pairs("c", "t") / max(pairs("c") + pairs("t"), 1)


def night(records: pd.DataFrame, before: entities.Before, changed: set[str] | None, on: date) -> dict[str, Any]:
    threshold = settings.load().entities.threshold
    begun = time.perf_counter()
    linkage = resolution.Linkage(records[[resolution.ID, *nominals.COMPARED]])
    links = entities.accepted(linkage.links(threshold, changed), before, changed, threshold)
    found = entities.people(records, links, before, on, explain=linkage.explained)
    return {"seconds": round(time.perf_counter() - begun, 1), "found": found, "linkage": linkage}


def main(n_reports: int = 70_000) -> None:
    table, truth = nominals_of(n_reports)
    session = spark.session(Path(tempfile.mkdtemp(prefix="nightjar-bench-")), cores="2")
    upper = ["upper(forename) forename", "upper(surname) surname", "upper(address) address"]
    rest = ["person_id", "force", "night", "born_on", "sex", "postcode", "vehicle"]
    df = session.createDataFrame(table).selectExpr(*upper, *rest, "replace(phone, ' ', '') phone")
    records = nominals.records(df).orderBy("record_id").toPandas()
    session.stop()
    records = records.astype(object).where(records.notna(), None)
    first = records[records["night"] == NIGHT].reset_index(drop=True)
    begun = night(first, entities.Before(), None, NIGHT)
    members = begun["found"].assigned.merge(first[["record_id", "record_hash"]], on="record_id")
    before, on = entities.Before(members), NIGHT + timedelta(days=1)
    # One record in a hundred arrives or changes; the rest of tomorrow's are known already.
    new = records[records["night"] > NIGHT].head(len(records) // 100)
    second = pd.concat([first, new], ignore_index=True)
    changed = entities.changed(second, before)
    some, full = (night(second, before, which, on) for which in (changed, None))
    kept = full["found"].assigned.set_index("record_id")["entity_id"]
    old = members.set_index("record_id")["entity_id"]
    pairs = full["linkage"].blocking()
    print(
        json.dumps(
            {
                "n_records": len(second),
                "n_changed": len(changed),
                "full_s": full["seconds"],
                "incremental_s": some["seconds"],
                "n_pairs": pairs[-1]["pairs"],
                "pairs_ratio": pairs[-1]["pairs"] / pairs[-1]["possible"],
                "kept_ratio": round(float((kept.loc[old.index] == old).mean()), 4),
                "f1": round(f1(full["found"].assigned, truth), 4),
            }
        )
    )


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]))
