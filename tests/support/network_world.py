"""A small network by hand: entities, edges, reports and episodes for tests of risk. Names and places are invented."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from pyspark.sql import DataFrame, SparkSession

from pipelines.network.risk import paths as risk_paths
from pipelines.network.risk import scores as risk_scores
from pipelines.network.risk import seeds
from schemas import gold, network, silver
from tests.support import tables

NIGHT = date(2026, 3, 14)
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)

WEIGHTS = seeds.Weights(
    source={"1": [0.8, 1.0, 1.0], "2": [0.4, 0.5, 0.6], "3": [0.1, 0.2, 0.3]},
    intelligence={"A": [0.9, 1.0, 1.0], "B": [0.8, 0.9, 1.0], "C": [0.4, 0.5, 0.6], "D": [0.1, 0.2, 0.3]},
    legacy=[0.1, 0.4, 0.8],
    role={"SUSPECT": 0.8, "VICTIM": 0.4, "OTHER": 0.1, "WITNESS": 0.0},
    half_life_days=365,
    use_unreviewed_scores=False,
    unreviewed_from=0.8,
)
LIMITS = risk_paths.Limits(max_hops=3, floor=0.001, free_degree=10, damping_power=1.0, person_power=1.0)
ORDER = {"direct_share": 0.3, "unknown_age": 0.6}  # of `network_queue.chosen`
RULES = risk_scores.Rules(
    WEIGHTS, LIMITS, look_back_days=365, direct_from=0.2, min_children=2, configuration="made by hand"
)


@dataclass
class Network:
    """Fill it in the field's words, then ask for `known`."""

    night: date = NIGHT
    entities: list[dict[str, Any]] = field(default_factory=list)
    members: list[dict[str, Any]] = field(default_factory=list)
    edges: list[dict[str, Any]] = field(default_factory=list)
    reports: list[dict[str, Any]] = field(default_factory=list)
    named: list[dict[str, Any]] = field(default_factory=list)
    episodes: list[dict[str, Any]] = field(default_factory=list)
    decisions: list[dict[str, Any]] = field(default_factory=list)

    def person(self, name: str, *, born: date | None = date(1985, 5, 4), force: str = "36") -> str:
        is_child = born is not None and (self.night - born).days < 18 * 365.25
        return self._entity(name, "PERSON", [f"{force}:{name}"], force, born_on=born, is_child=is_child)

    def child(self, name: str, *, is_missing: bool = True, force: str = "36", **episode: Any) -> str:
        made = self.person(name, born=date(2011, 5, 4), force=force)
        if is_missing:
            self.missing(name, force=force, **episode)
        return made

    def missing(self, name: str, *, force: str = "36", days_ago: int = 10, police_risk: str = "LOW") -> None:
        at = datetime.combine(self.night, datetime.min.time(), UTC) - timedelta(days=days_ago)
        self.episodes.append(
            {"night": self.night, "episode_id": f"{force}:M{len(self.episodes)}", "person_id": f"{force}:{name}",
             "force": force, "reported_at": at, "risk": police_risk}
        )  # fmt: skip

    def thing(self, name: str, kind: str, force: str = "36") -> str:
        return self._entity(name, kind, [name], force, born_on=None, is_child=False)

    def _entity(self, name: str, kind: str, records: Sequence[str], force: str, **more: Any) -> str:
        self.entities.append(
            {"night": self.night, "entity_id": name, "kind": kind, "label": name, "forces": [force],
             "n_records": len(records), "record_ids": list(records), "marking": "OFFICIAL", **more}
        )  # fmt: skip
        for record in records:
            self.members.append(
                {"night": self.night, "entity_id": name, "kind": kind, "record_id": record, "force": force}
            )
        return name

    def tie(
        self, one: str, other: str, strength: float, kind: str = "NAMED_TOGETHER", *, at: datetime = NOON,
        until: datetime | None = None, **more: Any,
    ) -> None:  # fmt: skip
        n = len(self.edges)
        evidence = [("silver.reports", f"36:E{n}", at, strength)]
        edge = {
            "night": self.night, "edge_id": f"{n:016x}", "from_id": one, "to_id": other, "kind": kind, "first_at": at,
            "last_at": until or at + timedelta(days=5), "n": 1, "strength": strength, "evidence": evidence,
        }  # fmt: skip
        self.edges.append({**edge, **more})

    def report(
        self, name: str, people: Mapping[str, str], *, is_csae: bool = True, grades: Sequence[str] = ("1A",),
        days_ago: int = 0, **more: Any,
    ) -> str:  # fmt: skip
        items = [(n, "text", grade[0], grade[1]) for n, grade in enumerate(grades, start=1)]
        self.reports.append(
            {"night": self.night, "report_id": f"36:{name}", "scheme": "3x5x2", "marking": "OFFICIAL-SENSITIVE",
             "intelligence_on": self.night - timedelta(days=days_ago), "items": items, "is_csae": is_csae,
             "is_suspected_false": any(grade[1] == "E" for grade in grades), "_file": "f.csv", "_row_number": 1, **more}
        )  # fmt: skip
        for person, role in people.items():
            self.named.append(
                {"night": self.night, "report_id": f"36:{name}", "person_id": f"36:{person}", "role": role}
            )
        return f"36:{name}"

    def decide(self, report_id: str, outcome: str, *, night: date | None = None, **more: Any) -> None:
        self.decisions.append(
            {"night": night or self.night, "sequence": len(self.decisions) + 1, "subject_id": report_id,
             "outcome": outcome, "queue": "reclassify", "text_hash": "0" * 64, **more}
        )  # fmt: skip

    def known(self, spark: SparkSession) -> risk_scores.Known:
        def made(table: Any, rows: Sequence[Mapping[str, Any]]) -> DataFrame:
            return tables.frame(spark, table, *rows)

        return risk_scores.Known(
            self.night,
            made(network.ENTITIES, self.entities),
            made(network.ENTITY_MEMBERS, self.members),
            made(network.EDGES, self.edges),
            made(silver.REPORTS, self.reports),
            made(silver.REPORT_PEOPLE, self.named),
            made(silver.MISSING_EPISODES, self.episodes),
            made(gold.DECISIONS, self.decisions),
        )
