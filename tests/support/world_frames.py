"""Training frames straight from the synthetic world, without Spark: what silver would hold, and what is true of it."""

from __future__ import annotations

import hashlib
from datetime import date

import numpy as np
import pandas as pd
import pyarrow as pa

from pipelines.synthesis.core import world
from pipelines.synthesis.reports import reports, subjects
from schemas import codes

FORCES = ("36", "37", "47", "45", "22")


def made(n_reports: int, seed: int = 20260101) -> tuple[pd.DataFrame, pd.DataFrame]:
    """(frame for `training.train`, truth) of a world of one night; both by report_id."""
    planet = world.make(seed, date(2026, 1, 5), 1, n_reports, FORCES)
    parts = [_force(planet, force) for force in planet.forces]
    return pd.concat([p[0] for p in parts], ignore_index=True), pd.concat([p[1] for p in parts], ignore_index=True)


def _force(planet: world.World, force: world.Force) -> tuple[pd.DataFrame, pd.DataFrame]:
    latent = subjects.Latent(planet, force, np.arange(force.n_reports))
    rows = pa.table(reports.rows(latent)).to_pandas()
    truth = pa.table(reports.truth(latent, 0)).to_pandas()
    links = pa.table(reports.links(latent)).to_pandas()
    people = links.assign(person=force.code + ":" + links["person_ref"].astype(str)).groupby("urn")["person"]
    said = rows[["title", *(c for c in rows.columns if c.startswith("item") and c.endswith("_text"))]]
    text = said.apply(lambda row: "\n".join(str(v) for v in row if v is not None), axis=1)
    is_csae = rows["tags"].map(lambda tags: any(tag in codes.CSAE_TAGS for tag in tags)).to_numpy()
    is_tagged = rows["tags"].map(len).to_numpy() > 0
    frame = pd.DataFrame(
        {
            "report_id": truth["report_id"],
            "text": text,
            "text_hash": [hashlib.sha256(t.encode()).hexdigest() for t in text],
            "label": is_csae,
            "stratum": np.where(is_csae, "CSAE", np.where(is_tagged, "OTHER_TAG", "NO_TAG")),
            "force": force.code,
            "person_ids": truth["urn"]
            .map(people.agg(lambda p: sorted(set(p))))
            .map(lambda p: p if isinstance(p, list) else []),
            "is_suspected_false": (rows["item1_intelligence"] == "E").to_numpy(),
        }
    )
    return frame, truth
