"""`nightjar evaluate travel`: the night's matches compared with planted truth and with two simple rules.

The only place that reads `truth/` for travel. What it says is about the synthetic world: plumbing and statistics, never
accuracy in the field.
"""

from __future__ import annotations

import itertools
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.runtime.context import RunContext
from pipelines.travel import matching
from pipelines.travel import names as travel_names
from schemas import silver
from schemas import travel as contract
from schemas.errors import NotFoundError

FLIGHT_KINDS = ("SUBJECT_ON_FLIGHT", "NEXT_ARRIVAL")
EDGES = (0.0, 0.1, 0.3, 0.5, 0.7, 0.9, 0.97, 1.0001)  # of the scores' bins
KEY = ["flight_no", "flight_on", "booking_ref", "name"]


def evaluate(ctx: RunContext, night: date | None, truth: Path | None = None) -> dict[str, Any]:
    """Precision and recall of the matches of a night, by kind of plant; false matches; calibration; simple rules.

    Args:
        truth: folder of the sealed truth; by default that of the state folder.

    Raises:
        NotFoundError: no night has run, or there is no truth (a real landing zone has none).
    """
    on = night or ctx.known().newest_published()
    folder = truth or ctx.settings.truth
    if not (folder / "travel.parquet").is_file():
        raise NotFoundError(f"{folder} holds no truth of travel: only a synthetic world has one.")
    who = pd.read_parquet(folder / "people.parquet").set_index("person_id").true_person
    rows = _passengers(ctx, on)
    planted = pd.read_parquet(folder / "travel.parquet").assign(true_person=lambda t: t.person_id.map(who))
    planted = planted.assign(flight_on=pd.to_datetime(planted.flight_on).dt.date)
    known = rows.merge(planted, on=KEY, how="inner", suffixes=("", "_truth"))
    same = known[known.is_subject]
    in_scope = set(_subjects(ctx, on).select("person_id").toPandas().person_id.map(who))
    same = same[same.true_person.isin(in_scope)]  # a subject whose investigation closed is not looked for
    matches = _matches(ctx, on)
    flights = matches[matches.kind.isin(FLIGHT_KINDS)].assign(true_person=lambda m: m.person_id.map(who))
    flights = flights.merge(
        known[["passenger_id", "true_person", "is_subject"]], "left", "passenger_id", suffixes=("", "_t")
    )
    flights["is_right"] = (flights.true_person == flights.true_person_t) & flights.is_subject.fillna(False).astype(bool)
    shown = flights[flights.is_published]
    return {
        "night": on.isoformat(),
        "n_passengers": len(rows),
        "n_planted": len(same),
        "matches": _figures(shown, same),
        "false_matches": int((~shown.is_right).sum()),
        "false_matches_of_tonight": int(
            (~shown[shown.passenger_id.isin(rows[rows.is_new].passenger_id)].is_right).sum()
        ),
        "recall_by_kind": _by_kind(shown, same),
        "lookalikes": _lookalikes(flights, known),
        "calibration": _calibration(flights),
        "rules": _rules(ctx, on, same, who, known),
        "companions": _others(matches, known, "CO_TRAVELLER", "companion_of"),
        "pairs": _others(matches, known, "PAIR_BEYOND_CHANCE", "pair_companion"),
        "phone_gaps": _gaps(matches, known, who),
    }


def _passengers(ctx: RunContext, night: date) -> pd.DataFrame:
    known = ctx.known(night).table(contract.PASSENGERS)
    passengers = known.select("passenger_id", *KEY, "night").toPandas()
    return passengers.assign(is_new=passengers.pop("night") == night)


def _subjects(ctx: RunContext, night: date) -> DataFrame:
    tables = (silver.PEOPLE, silver.INVESTIGATIONS, silver.MISSING_EPISODES)
    return matching.subjects(*[ctx.known(night).table(t) for t in tables])


def _matches(ctx: RunContext, night: date) -> pd.DataFrame:
    rows = ctx.known(night).tonight(contract.MATCHES)
    shown = ("kind", "person_id", "passenger_id", "other_id", "other_name", "score", "is_published", "birth_agreement")
    return rows.select(*shown).toPandas()


def _figures(shown: pd.DataFrame, same: pd.DataFrame) -> dict[str, float]:
    hits = set(zip(shown[shown.is_right].passenger_id, shown[shown.is_right].true_person, strict=True))
    wanted = set(zip(same.passenger_id, same.true_person, strict=True))
    return {
        "n": len(shown),
        "precision": round(float(shown.is_right.mean()), 4) if len(shown) else float("nan"),
        "recall": round(len(hits & wanted) / len(wanted), 4) if wanted else float("nan"),
    }


def _by_kind(shown: pd.DataFrame, same: pd.DataFrame) -> dict[str, str]:
    hit = same.passenger_id.isin(shown[shown.is_right].passenger_id)
    return {kind: f"{int(part.sum())}/{len(part)}" for kind, part in hit.groupby(same.kind)}


def _lookalikes(flights: pd.DataFrame, known: pd.DataFrame) -> dict[str, Any]:
    """Planted namesakes with other dates of birth: how many reach the threshold, and the highest score."""
    out: dict[str, Any] = {}
    for kind in ("lookalike_far", "lookalike_near"):
        rows = known[known.kind == kind][["passenger_id", "true_person"]]
        seen = flights.merge(rows, on=["passenger_id", "true_person"], how="inner")
        top = float(seen.score.max()) if len(seen) else 0.0
        out[kind] = {"n": len(rows), "published": int(seen.is_published.sum()), "highest": round(top, 3)}
    return out


def _calibration(flights: pd.DataFrame) -> list[dict[str, Any]]:
    """Scores in bins: how many, their mean, and the share that is right."""
    bins = []
    for low, high in itertools.pairwise(EDGES):
        part = flights[(flights.score >= low) & (flights.score < high)]
        if len(part):
            mean, right = float(part.score.mean()), float(part.is_right.mean())
            bounds = {"from": low, "to": min(1.0, high), "n": len(part)}
            bins.append({**bounds, "mean": round(mean, 3), "right": round(right, 3)})
    return bins


def _rules(
    ctx: RunContext, night: date, same: pd.DataFrame, who: pd.Series, known: pd.DataFrame
) -> dict[str, dict[str, float]]:
    """The simple rules: equal forename and surname; and that with an equal date of birth."""
    wanted = _subjects(ctx, night)
    people = wanted.select(
        "person_id",
        "born_on",
        F.array_join(travel_names.words_of(F.concat_ws(" ", "forename", "surname")), " ").alias("said"),
    )
    rows = ctx.known(night).table(contract.PASSENGERS)
    rows = rows.select(
        "passenger_id",
        F.col("born_on").alias("listed_born_on"),
        F.array_join(travel_names.words_of(F.concat_ws(" ", "forename", "surname")), " ").alias("said"),
    )
    met = rows.join(people, ["said"], how="inner").toPandas()
    met = met.assign(true_person=met.person_id.map(who))
    truth = known[known.is_subject][["passenger_id", "true_person"]].assign(is_right=True)
    met = met.merge(truth, on=["passenger_id", "true_person"], how="left")
    met["is_right"] = met.is_right.fillna(False).astype(bool)
    met = met.sort_values("is_right", ascending=False).drop_duplicates(["passenger_id", "true_person"])
    return {
        "exact name": _figures(met, same),
        "exact name and date of birth": _figures(met[met.born_on == met.listed_born_on], same),
    }


def _others(matches: pd.DataFrame, known: pd.DataFrame, kind: str, plant: str) -> dict[str, Any]:
    """Planted companions: how many are shown, and how many rows of that kind there are in all."""
    rows = matches[(matches.kind == kind) & matches.is_published]
    planted = known[known.kind == plant]
    people: Any = planted.groupby(["person_id", "name"]).passenger_id.agg(set) if len(planted) else []
    hit = sum(bool(ids & set(rows.other_id)) for ids in people)
    right = rows.other_id.isin(planted.passenger_id)
    return {"planted": len(people), "shown": hit, "rows": len(rows), "not_planted": int((~right).sum())}


def _gaps(matches: pd.DataFrame, known: pd.DataFrame, who: pd.Series) -> dict[str, Any]:
    rows = matches[(matches.kind == "PHONE_GAP") & matches.is_published]
    planted = known[known.kind == "phone_gap"]
    shown = set(rows.person_id.map(who))
    people = set(planted.true_person)
    return {"planted_journeys": len(people), "shown": len(shown & people), "not_planted": len(shown - people)}


def text(report: dict[str, Any]) -> str:
    match = report["matches"]
    lines = [
        f"night {report['night']}: {report['n_passengers']:,} passenger rows, {report['n_planted']} of them a subject",
        "",
        f"{'':<32}{'rows':>6}{'precision':>11}{'recall':>9}",
        f"{'likelihood ratio (published)':<32}{match['n']:>6}{match['precision']:>11.3f}{match['recall']:>9.3f}",
    ]
    for name, rule in report["rules"].items():
        lines.append(f"{'rule: ' + name:<32}{rule['n']:>6}{rule['precision']:>11.3f}{rule['recall']:>9.3f}")
    lines += [
        "",
        f"false matches: {report['false_matches']}; of tonight's rows {report['false_matches_of_tonight']}",
    ]
    lines += ["recall by kind: " + ", ".join(f"{k} {v}" for k, v in report["recall_by_kind"].items())]
    for kind, seen in report["lookalikes"].items():
        lines.append(f"{kind}: {seen['n']} planted, {seen['published']} published, highest score {seen['highest']}")
    lines += ["", "calibration (score bin: rows, mean score, share right)"]
    lines += [
        f"  {b['from']:.2f}-{b['to']:.2f}: {b['n']:>5}  {b['mean']:.3f}  {b['right']:.3f}"
        for b in report["calibration"]
    ]
    for name in ("companions", "pairs", "phone_gaps"):
        lines.append(f"{name}: " + ", ".join(f"{k.replace('_', ' ')} {v}" for k, v in report[name].items()))
    return "\n".join(lines)
