"""The registry: what is compared is logged, what is registered has a manifest of hashes, and one version is champion.

MLflow runs on SQLite with local artefacts by default; `NIGHTJAR_MLFLOW_URI` names a server where there is one.
MLflow's alias `champion` alone says which version nights use, whoever moved it; every move of ours goes through one
function, under one lock, after it was logged. Before a version is loaded, every file of it must have the hash that was
noted when it was registered (`verification`).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import mlflow
from mlflow.entities.model_registry import ModelVersion

from models.registry import manifest, records, tracking
from models.registry.records import (  # part of this module's own interface
    CHALLENGER,
    CHAMPION,
    EXPERIMENT,
    OUTSIDE,
    PROMOTED,
    REFITS,
    REFUSED,
    WITHDRAWN,
    RegistryError,
    WithdrawnError,
)
from models.serving import artefact
from models.training import comparison, promotion

__all__ = ["CHALLENGER", "CHAMPION", "EXPERIMENT", "OUTSIDE", "REFITS", "Registry", "RegistryError", "Version",
           "WithdrawnError"]  # fmt: skip

SUMMARY = "summary.json"
ABOUT = (
    "Text of a report to the calibrated probability that it is CSAE without a tag. The alias `champion` is what nights "
    "use: `nightjar models list`, `promote` and `withdraw` move it and keep a log of why."
)


@dataclass(frozen=True)
class Version:
    """A registered version as people see it.

    Attributes:
        night: the training read what was known in it (ISO date).
        average_precision: when its promotion was judged; empty where it never was.
        aliases: that MLflow keeps on it.
        refused, withdrawn: why; empty where it was not.
    """

    version: str
    candidate: str
    night: str
    average_precision: str
    aliases: tuple[str, ...]
    is_promoted: bool
    refused: str
    withdrawn: str


class Registry(records.Records):
    """Runs and models, and what is done with them."""

    # -- comparisons ------------------------------------------------------------------------------------------------

    def log(
        self,
        compared: comparison.Comparison,
        tags: Mapping[str, str],
        extra: Mapping[str, Mapping[str, float]] | None = None,
        inputs: Sequence[tracking.Input] = (),
        experiment: str = EXPERIMENT,
    ) -> str:
        """Log a comparison as `tracking.log` does. Returns the parent's run id."""
        return tracking.log(
            self._client, self._experiment(experiment), compared, tags, extra or {}, inputs, self._folder
        )

    def judged(self, run: str, refused: Mapping[str, Sequence[str]]) -> None:
        """Note with each candidate of a comparison why it may not become champion, if it may not."""
        tracking.judged(self._client, run, refused)

    def summarise(self, run: str, summary: Mapping[str, Any]) -> None:
        """Keep what the comparison page shows with the parent run."""
        self._client.log_dict(run, dict(summary), SUMMARY)

    def summaries(self, most: int = 20) -> list[dict[str, Any]]:
        """What the comparison page shows, of the newest comparisons first."""
        experiment = self._client.get_experiment_by_name(EXPERIMENT)
        if experiment is None:
            return []
        runs = self._client.search_runs(
            [experiment.experiment_id], "tags.best != ''", order_by=["attributes.start_time DESC"], max_results=most
        )
        kept = []
        for run in runs:
            if any(file.path == SUMMARY for file in self._client.list_artifacts(run.info.run_id)):
                said = mlflow.artifacts.load_text(f"runs:/{run.info.run_id}/{SUMMARY}")
                kept.append({"run": run.info.run_id, **json.loads(said)})
        return kept

    # -- versions ---------------------------------------------------------------------------------------------------

    def register(self, name: str, result: comparison.Result, parent_run: str, tags: Mapping[str, str]) -> str:
        """Make the model that a comparison logged for a candidate a version of `name`, the challenger.

        The version comes from the candidate's own run, which holds its figures. Returns the version.

        Raises:
            RegistryError: the candidate is a baseline, or the comparison logged no model of it.
        """
        if result.pipeline is None:
            raise RegistryError(f"{result.candidate.name} is a baseline: it is compared, never registered")
        run = tracking.child(self._client, parent_run, result.candidate.name)
        model_id = tracking.model_id(run)
        if run is None or model_id is None:
            raise RegistryError(f"the comparison {parent_run} logged no model of {result.candidate.name}")
        uri = f"models:/{model_id}"
        with self._downloaded(uri) as folder:
            files = manifest.files(folder)
        if not self._client.search_registered_models(f"name = '{name}'"):
            self._client.create_registered_model(name, description=ABOUT)
        made = self._client.create_model_version(
            name,
            uri,
            run_id=run.info.run_id,
            model_id=model_id,
            description=tracking.describe(result, tags),
            tags={
                **tags,
                "candidate": result.candidate.name,
                "manifest": json.dumps(files, sort_keys=True),
                "seal": manifest.sealed(name, files, self._folder),
            },
        )
        self._client.set_registered_model_alias(name, CHALLENGER, made.version)
        return str(made.version)

    def versions(self, name: str) -> list[Version]:
        """All registered versions, the newest first."""
        if not self._client.search_registered_models(f"name = '{name}'"):
            return []
        listed = sorted(self._all(name), key=lambda version: -int(version.version))
        return [
            Version(
                str(each.version),
                each.tags.get("candidate", ""),
                each.tags.get("night", ""),
                each.tags.get("average_precision", ""),
                tuple(sorted(each.aliases)),
                each.tags.get(PROMOTED) == "true",
                each.tags.get(REFUSED, ""),
                each.tags.get(WITHDRAWN, ""),
            )
            for each in listed
        ]

    def champion(self, name: str, night: date | None = None) -> artefact.Artefact | None:
        """The version that the alias names. None if there is none.

        With a `night` before the one that it learnt from: the newest promoted version that knew no more than `night`.

        Raises:
            WithdrawnError: the alias was put on a version that was withdrawn.
            RegistryError: the registry cannot be read.
            artefact.ModelRefusedError: its files are not those that were registered.
        """
        version = self._champion(name, night.isoformat() if night else None)
        if version is None:
            return None
        self._refuse_withdrawn(version)
        return self._verified(version)

    def load(self, name: str, version: str) -> artefact.Artefact:
        """One version by number.

        Raises:
            WithdrawnError: it was withdrawn.
            RegistryError: there is no such version.
            artefact.ModelRefusedError: its files are not those that were registered.
        """
        wanted = self._version(name, version)
        self._refuse_withdrawn(wanted)
        return self._verified(wanted)

    def kind(self, name: str, night: date) -> str | None:
        """Candidate that the champion of a night is of; None without one, or where it was withdrawn."""
        version = self._champion(name, night.isoformat())
        return None if version is None or WITHDRAWN in version.tags else version.tags.get("candidate")

    def is_rolled_back(self, name: str, version: str) -> bool:
        """Whether a person put the alias on this version although a newer one was promoted, withdrawn since or not."""
        aliased = self._aliased(name)
        if aliased is None or str(aliased.version) != version:
            return False
        return any(v.tags.get(PROMOTED) == "true" and records.age(v) > records.age(aliased) for v in self._all(name))

    # -- promotion --------------------------------------------------------------------------------------------------

    def promote(
        self,
        name: str,
        version: str,
        result: comparison.Result,
        compared: comparison.Comparison,
        criteria: promotion.Criteria,
        record: Callable[[list[str], str | None], None] = lambda refusals, replaced: None,
    ) -> list[str]:
        """Make a version the champion if it meets the criteria. Returns the reasons of a refusal: none, if promoted.

        One promotion at a time: whoever comes second is judged against the first. A version that learnt from an older
        night than the champion serves backfills of its own time and leaves the champion where it is.

        Args:
            record: told the refusals and the version that is replaced, before the alias moves; if it raises, nothing
                moves.
        """
        with self._alone():
            night = self._version(name, version).tags.get("night", "")
            before = self._champion(name, night)
            incumbent = None if before is None or WITHDRAWN in before.tags else _incumbent(before)
            refusals = promotion.refusals(result, compared, criteria, incumbent, night)
            aliased = self._aliased(name)
            is_newest = aliased is None or WITHDRAWN in aliased.tags or aliased.tags.get("night", "") <= night
            record(refusals, str(aliased.version) if aliased is not None and is_newest else None)
            precision = f"{result.metrics['average_precision']:.6f}"
            self._client.set_model_version_tag(name, version, "average_precision", precision)
            if refusals:
                self._client.set_model_version_tag(name, version, REFUSED, "; ".join(refusals))
                return refusals
            self._make_champion(name, version, moves_alias=is_newest)
            return []

    def appoint(
        self,
        name: str,
        version: str,
        record: Callable[[str | None], None],
        *,
        although_refused: bool = False,
    ) -> str | None:
        """Make a version the champion because a person says so: a roll-back, or a refusal that was looked into.

        Args:
            record: told the version that is replaced, before the alias moves; if it raises, nothing moves.
            although_refused: whether a version may be taken that the criteria refused.

        Returns the version that was replaced.

        Raises:
            WithdrawnError: it was withdrawn.
            RegistryError: there is no such version, it is champion already, or the criteria refused it.
            artefact.ModelRefusedError: its files are not those that were registered.
        """
        with self._alone():
            appointed = self._version(name, version)
            self._refuse_withdrawn(appointed)
            before = self._aliased(name)
            if before is not None and str(before.version) == str(appointed.version):
                raise RegistryError(f"{name} v{version} is champion already")
            refused = appointed.tags.get(REFUSED) if appointed.tags.get(PROMOTED) != "true" else None
            if refused and not although_refused:
                raise RegistryError(f"{name} v{version} was refused: {refused}")
            self._verified(appointed)
            replaced = str(before.version) if before is not None else None
            record(replaced)
            self._make_champion(name, version, moves_alias=True)
            return replaced

    def withdraw(
        self, name: str, version: str, why: str, record: Callable[[bool, str | None], None]
    ) -> tuple[bool, str | None]:
        """Take a version out of use for good. Was it champion, the newest one promoted before it takes its place.

        Args:
            record: told whether it was champion and which version follows, before anything changes; if it raises,
                nothing does.

        Returns whether it was champion, and the version that follows: None if there is none, so that the next night
        trains one.

        Raises:
            WithdrawnError: it was withdrawn already.
            RegistryError: there is no such version.
        """
        with self._alone():
            withdrawn = self._version(name, version)
            self._refuse_withdrawn(withdrawn)
            aliased, challenger = self._aliased(name), self._aliased(name, CHALLENGER)
            was_champion = aliased is not None and str(aliased.version) == str(withdrawn.version)
            follower = max(
                (v for v in self._in_use(name) if records.age(v) < records.age(withdrawn)),
                key=records.age,
                default=None,
            )
            follows = str(follower.version) if was_champion and follower is not None else None
            record(was_champion, follows)
            self._client.set_model_version_tag(name, version, WITHDRAWN, why)
            if was_champion and follows is None:
                self._client.delete_registered_model_alias(name, CHAMPION)
            elif was_champion and follows is not None:
                self._client.set_registered_model_alias(name, CHAMPION, follows)
            if challenger is not None and str(challenger.version) == str(withdrawn.version):
                self._client.delete_registered_model_alias(name, CHALLENGER)
            return was_champion, follows

    def _make_champion(self, name: str, version: str, *, moves_alias: bool) -> None:
        """The one place where the alias is given. The caller holds the lock and has logged it."""
        self._client.set_model_version_tag(name, version, PROMOTED, "true")
        if moves_alias:
            self._client.set_registered_model_alias(name, CHAMPION, version)
        challenger = self._aliased(name, CHALLENGER)
        if challenger is not None and str(challenger.version) == str(version):
            self._client.delete_registered_model_alias(name, CHALLENGER)


def _incumbent(version: ModelVersion) -> promotion.Incumbent:
    tags = version.tags
    precision = float(tags.get("average_precision", "nan"))
    return promotion.Incumbent(str(version.version), tags.get("candidate", ""), tags.get("night", ""), precision)
