"""Training frames of reports whose truth is known, without files or Spark: synthetic worlds and the screening set."""

from __future__ import annotations

import hashlib
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from pipelines.synthesis.core import world
from pipelines.synthesis.reports import reports, subjects
from schemas import codes

FORCES = ("36", "37", "47", "45", "22")


def synthetic(n_reports: int, seed: int) -> pd.DataFrame:
    """Reports of a synthetic world as training takes them, with `is_csae`, the truth, and `hidden_by`.

    Links are those that senders would send; flawed reports are in it as well.
    """
    planet = world.make(seed, date(2026, 1, 5), 1, n_reports, FORCES)
    parts = []
    for force in planet.forces:
        latent = subjects.Latent(planet, force, np.arange(force.n_reports))
        rows, links, truth = reports.rows(latent), reports.links(latent), reports.truth(latent, 0)
        items = [rows[f"item{k}_text"].to_pylist() for k in (1, 2, 3)]
        texts = ["\n".join(filter(None, row)) for row in zip(rows["title"].to_pylist(), *items, strict=True)]
        named = pd.DataFrame({name: column.to_pylist() for name, column in links.items()})
        people = (force.code + ":" + named["person_ref"]).groupby(named["urn"]).agg(lambda refs: sorted(set(refs)))
        urns = truth["urn"].to_pylist()
        parts.append(
            pd.DataFrame(
                {
                    "report_id": truth["report_id"].to_pylist(),
                    "text": texts,
                    "label": truth["is_tag_recorded"].to_pylist(),
                    "tags": rows["tags"].to_pylist(),
                    "force": force.code,
                    "person_ids": [people.get(urn, []) for urn in urns],
                    "is_csae": truth["is_csae"].to_pylist(),
                    "hidden_by": truth["hidden_by"].to_pylist(),
                }
            )
        )
    return _completed(pd.concat(parts, ignore_index=True).drop_duplicates("report_id", ignore_index=True))


def screening(folder: Path, seed: int, *, by_phrasing: bool) -> pd.DataFrame:
    """The public screening set with 30 % of its tags deleted: at random, or those whose wording is the rarest.

    By phrasing, a relevant record's tag is deleted where it shares the fewest words with the other relevant ones, as
    where grooming is not explicit; a random tenth more or less, so that seeds differ.
    """
    found = pd.read_csv(folder / "screening" / "Nagtegaal_2019.csv", keep_default_na=False)
    found = found[(found["title"] + found["abstract"]).str.strip() != ""].reset_index(drop=True)
    text, is_csae = found["title"] + "\n" + found["abstract"], (found["label_included"] == 1).to_numpy()
    relevant = np.flatnonzero(is_csae)
    rng = np.random.default_rng(seed)
    n = round(0.3 * len(relevant))
    chosen = rng.choice(relevant, n, replace=False)
    if by_phrasing:
        words = [set(text[k].lower().split()) for k in relevant]
        common = [
            np.mean([len(own & other) / len(own | other) for other in words if other is not own]) for own in words
        ]
        chosen = relevant[np.argsort(np.array(common) + rng.normal(0, 0.1 * np.std(common), len(relevant)))[:n]]
    frame = pd.DataFrame(
        {
            "report_id": "ZZ:" + found["record_id"].astype(str).str.zfill(5),
            "text": text,
            "label": is_csae & ~np.isin(np.arange(len(found)), chosen),
            "tags": [[] for _ in text],
            "force": "ZZ",
            "person_ids": [[] for _ in text],
            "is_csae": is_csae,
            "hidden_by": np.where(np.isin(np.arange(len(found)), chosen), "deleted", None),
        }
    )
    return _completed(frame)


def _completed(frame: pd.DataFrame) -> pd.DataFrame:
    has_other = [any(tag in codes.OTHER_TAGS for tag in tags) for tags in frame["tags"]]
    return frame.assign(
        text_hash=[hashlib.sha256(text.encode()).hexdigest() for text in frame["text"]],
        stratum=np.where(frame["label"], "CSAE", np.where(has_other, "OTHER_TAG", "NO_TAG")),
        is_suspected_false=False,
    )
