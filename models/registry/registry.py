"""The registry: the only door to MLflow. What is compared is logged; what is registered has a manifest of hashes.

MLflow runs on SQLite with local artefacts by default; `NIGHTJAR_MLFLOW_URI` names a server where there is one. Before a
version is loaded, every file of it must have the hash that was noted when it was registered, and its `MLmodel` must
name MLflow's own scikit-learn loader and no code.
"""

from __future__ import annotations

import fcntl
import json
import os
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
os.environ.setdefault("DO_NOT_TRACK", "true")
os.environ.setdefault("GIT_PYTHON_REFRESH", "quiet")
os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")

import mlflow
import pandas as pd
import sklearn
import skops
import yaml
from mlflow.entities.model_registry import ModelVersion
from mlflow.exceptions import MlflowException
from mlflow.models import ModelSignature
from mlflow.types import ColSpec, Schema

from models.registry import manifest
from models.serving import artefact
from models.training import comparison, plots, promotion
from schemas.errors import UserError

EXPERIMENT = "reclassify"
CHAMPION = "champion"
CHALLENGER = "challenger"  # the newest version that was registered, until it is champion
LOADER = "mlflow.sklearn"
SUMMARY = "summary.json"
MODEL = "model"  # folder of a BERT in its run
SIGNATURE = ModelSignature(Schema([ColSpec("string", "text")]), Schema([ColSpec("double", "probability")]))


class RegistryError(UserError, RuntimeError):
    """The registry cannot do what was asked; the message says why."""


class Registry:
    """Runs and models in `folder` (SQLite and local artefacts), or on the server that `NIGHTJAR_MLFLOW_URI` names."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        # Not MLflow's own variable: MLflow sets that one itself, to whatever it was last pointed at.
        server = os.environ.get("NIGHTJAR_MLFLOW_URI")
        self.uri = server or f"sqlite:///{folder / 'mlflow.db'}"
        self._artifacts = None if server else (folder / "artifacts").as_uri()
        mlflow.set_tracking_uri(self.uri)
        mlflow.set_registry_uri(self.uri)
        self._client = mlflow.MlflowClient(self.uri, self.uri)

    def prepare(self) -> None:
        """Make the database, where there is none yet.

        Raises:
            RegistryError: it cannot be made or read.
        """
        try:
            self._client.search_registered_models(max_results=1)
        except MlflowException as error:
            raise RegistryError(f"the registry cannot be read: {error}") from error

    def log(
        self,
        compared: comparison.Comparison,
        tags: Mapping[str, str],
        extra: Mapping[str, Mapping[str, float]] | None = None,
    ) -> str:
        """Log a comparison: a parent run, and a nested run per candidate with parameters, figures and plots.

        Args:
            extra: more figures by candidate, for example from a synthetic world's truth.

        Returns the parent's run id.
        """
        experiment, extra = self._experiment(), extra or {}
        tags = {**tags, "fold_hash": compared.folds.hash, "seed": str(compared.seed)}
        best = compared.table().iloc[0]
        with mlflow.start_run(
            experiment_id=experiment, run_name=f"comparison {tags.get('night', '')}".strip()
        ) as parent:
            mlflow.set_tags({**tags, "best": best["name"]})
            mlflow.log_params({"n_reports": len(compared.reports), "capacity": compared.capacity})
            mlflow.log_params({f"n_excluded_{why}": n for why, n in compared.n_excluded.items()})
            mlflow.log_params({f"not_installed_{name}": why for name, why in compared.not_installed.items()})
            mlflow.log_table(compared.table(), "comparison.json")
            for reading, table in compared.differences.items():
                mlflow.log_table(table, f"differences_{reading}.json")
            mlflow.log_table(compared.spent.groupby(["candidate", "stage"], as_index=False).sum(), "seconds.json")
            mlflow.log_figure(plots.curves(compared), "precision_recall.png")
            for result in compared.results:
                with mlflow.start_run(experiment_id=experiment, run_name=result.candidate.name, nested=True):
                    mlflow.set_tags({**tags, "candidate": result.candidate.name, "family": result.candidate.family})
                    self._log_candidate(compared, result, extra.get(result.candidate.name, {}))
        return str(parent.info.run_id)

    def _log_candidate(
        self, compared: comparison.Comparison, result: comparison.Result, extra: Mapping[str, float]
    ) -> None:
        candidate = result.candidate
        mlflow.log_params(
            {
                "candidate": candidate.name,
                "family": candidate.family,
                "reads": candidate.vectoriser,
                **{f"setting.{name}": value for name, value in result.parameters.items()},
            }
        )
        figures = {name: v for name, v in {**result.metrics, **extra}.items() if pd.notna(v)}
        by_force = zip(result.by_force["force"], result.by_force["recall"].astype(float), strict=True)
        forces = {f"recall_force_{force}": recall for force, recall in by_force}
        mlflow.log_metrics({**figures, **forces})
        label = compared.reports["label"].to_numpy(dtype=bool)
        mlflow.log_figure(plots.curve(label, result), "precision_recall.png")
        mlflow.log_figure(plots.reliability(label, result), "reliability.png")

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
        found = []
        for run in runs:
            if any(file.path == SUMMARY for file in self._client.list_artifacts(run.info.run_id)):
                said = mlflow.artifacts.load_text(f"runs:/{run.info.run_id}/{SUMMARY}")
                found.append({"run": run.info.run_id, **json.loads(said)})
        return found

    def register(self, name: str, result: comparison.Result, parent_run: str, tags: Mapping[str, str]) -> str:
        """Store a candidate's classifier as a new version of the model `name`, the challenger. Returns the version.

        Raises:
            RegistryError: the candidate is a baseline and has nothing to store.
        """
        if result.pipeline is None:
            raise RegistryError(f"{result.candidate.name} is a baseline: it is compared, never registered")
        about = {"calibration_intervals": result.intervals.to_dict("list")}
        if result.candidate.family == "bert":
            uri = self._store_bert(result, parent_run, about)
        else:
            uri = self._store_pipeline(result, parent_run, about)
        files = manifest.files(self._download(uri))
        if not self._client.search_registered_models(f"name = '{name}'"):
            self._client.create_registered_model(name)
        made = self._client.create_model_version(
            name,
            uri,
            run_id=parent_run,
            tags={
                **tags,
                "candidate": result.candidate.name,
                "manifest": json.dumps(files, sort_keys=True),
                "seal": manifest.sealed(name, files, self._folder),
            },
        )
        self._client.set_registered_model_alias(name, CHALLENGER, made.version)
        return str(made.version)

    def _store_pipeline(self, result: comparison.Result, parent_run: str, about: Mapping[str, Any]) -> str:
        with mlflow.start_run(run_id=parent_run):
            logged = mlflow.sklearn.log_model(
                result.pipeline,
                name=result.candidate.name,
                serialization_format="skops",
                skops_trusted_types=list(artefact.TRUSTED_TYPES),
                # Explicit: inferring them takes fifteen seconds and reads the whole environment.
                pip_requirements=[f"scikit-learn=={sklearn.__version__}", f"skops=={skops.__version__}"],
                signature=SIGNATURE,
                pyfunc_predict_fn="predict_proba",
                metadata=dict(about),
            )
        return str(logged.model_uri)

    def _store_bert(self, result: comparison.Result, parent_run: str, about: Mapping[str, Any]) -> str:
        """One safetensors file and a description. No loader of MLflow's is named: only this registry reads it."""
        form, content = artefact.dumps(result.pipeline)
        with tempfile.TemporaryDirectory(dir=self._folder) as scratch:
            folder = Path(scratch) / MODEL
            folder.mkdir()
            (folder / artefact.FILES[form]).write_bytes(content)
            described = {"flavors": {"nightjar_bert": {"form": form}}, "signature": SIGNATURE.to_dict()}
            (folder / "MLmodel").write_text(yaml.safe_dump({**described, "metadata": dict(about)}), encoding="utf-8")
            self._client.log_artifacts(parent_run, str(folder), MODEL)
        return f"{self._client.get_run(parent_run).info.artifact_uri}/{MODEL}"

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
            night = self._client.get_model_version(name, version).tags.get("night", "")
            before = self._promoted(name, night)
            incumbent = None if before is None else _incumbent(before)
            refusals = promotion.refusals(result, compared, criteria, incumbent, night)
            aliased = self._aliased(name)
            is_newest = aliased is None or aliased.tags.get("night", "") <= night
            replaced = str(aliased.version) if aliased is not None and is_newest else None
            record(refusals, replaced)
            precision = f"{result.metrics['average_precision']:.6f}"
            self._client.set_model_version_tag(name, version, "average_precision", precision)
            if refusals:
                self._client.set_model_version_tag(name, version, "refused", "; ".join(refusals))
                return refusals
            self._client.set_model_version_tag(name, version, "promoted", "true")
            if is_newest:
                self._client.set_registered_model_alias(name, CHAMPION, version)
            challenger = self._aliased(name, CHALLENGER)
            if challenger is not None and str(challenger.version) == version:
                self._client.delete_registered_model_alias(name, CHALLENGER)
            return []

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """One promotion at a time on this machine: the kernel's lock, gone with its holder."""
        with open(self._folder / ".promotion.lock", "a", encoding="ascii") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def champion(self, name: str, night: date | None = None) -> artefact.Artefact | None:
        """The champion; with `night`, the newest version promoted on what was known by then. None if there is none.

        Raises:
            RegistryError: the registry cannot be read.
            artefact.ModelRefusedError: its files are not those that were registered.
        """
        found = self._aliased(name) if night is None else self._promoted(name, night.isoformat())
        return self._verified(found) if found is not None else None

    def load(self, name: str, version: str) -> artefact.Artefact:
        """One version by number.

        Raises:
            RegistryError: there is no such version.
            artefact.ModelRefusedError: its files are not those that were registered.
        """
        try:
            found = self._client.get_model_version(name, version)
        except MlflowException as error:
            raise RegistryError(f"the registry has no {name} version {version}: {error}") from error
        return self._verified(found)

    def _verified(self, found: ModelVersion) -> artefact.Artefact:
        what = f"{found.name} v{found.version}"
        try:
            folder = self._download(self._client.get_model_version_download_uri(found.name, found.version))
        except MlflowException as error:  # such as a link that leads out of the artifacts: MLflow does not follow it
            raise artefact.ModelRefusedError(f"the files of {what} cannot be had: {error}") from error
        expected = json.loads(found.tags.get("manifest", "{}"))
        files = manifest.files(folder)
        if not expected or files != expected:
            differing = sorted(n for n in {*files, *expected} if files.get(n) != expected.get(n))
            raise artefact.ModelRefusedError(f"{what} is not what was registered: {', '.join(differing)}")
        if not manifest.is_sealed(found.name, expected, found.tags.get("seal", ""), self._folder):
            raise artefact.ModelRefusedError(f"{what} was not registered by this deployment: its seal is not ours")
        about = yaml.safe_load((folder / "MLmodel").read_text(encoding="utf-8"))
        form = _form(about, what)
        intervals = pd.DataFrame(about["metadata"]["calibration_intervals"])
        file = artefact.FILES[form]
        blob = (folder / file).read_bytes()
        return artefact.Artefact(
            found.name, str(found.version), blob, expected[file], intervals, dict(found.tags), form
        )

    def _download(self, uri: str) -> Path:
        target = tempfile.mkdtemp(prefix="model-", dir=self._folder)
        return Path(mlflow.artifacts.download_artifacts(artifact_uri=uri, dst_path=target))

    def _versions(self, name: str) -> list[ModelVersion]:
        return [
            self._client.get_model_version(name, v.version)
            for v in self._client.search_model_versions(f"name = '{name}'")
        ]

    def _promoted(self, name: str, night: str) -> ModelVersion | None:
        """The newest version promoted on what was known by a night (ISO date)."""
        promoted = [v for v in self._versions(name) if v.tags.get("promoted") == "true"]
        in_time = [v for v in promoted if v.tags["night"] <= night]
        return max(in_time, key=lambda v: (v.tags["night"], int(v.version)), default=None)

    def _aliased(self, name: str, alias: str = CHAMPION) -> ModelVersion | None:
        try:
            return self._client.get_model_version_by_alias(name, alias)
        except MlflowException as error:
            if error.error_code in ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"):
                return None
            raise RegistryError(f"the registry cannot be read: {error}") from error

    def _experiment(self) -> str:
        found = self._client.get_experiment_by_name(EXPERIMENT)
        if found is not None:
            return str(found.experiment_id)
        return str(self._client.create_experiment(EXPERIMENT, self._artifacts))


def _incumbent(version: ModelVersion) -> promotion.Incumbent:
    tags = version.tags
    precision = float(tags.get("average_precision", "nan"))
    return promotion.Incumbent(str(version.version), tags.get("candidate", ""), tags.get("night", ""), precision)


def _form(about: Mapping[str, Any], what: str) -> str:
    """The form of a model's file, from an `MLmodel` that names nothing but what this registry writes.

    Raises:
        artefact.ModelRefusedError: it names a loader or code of its own, or another signature.
    """
    flavors = about.get("flavors", {})
    if about.get("signature") is not None and ModelSignature.from_dict(about["signature"]) != SIGNATURE:
        raise artefact.ModelRefusedError(f"{what} takes or gives something else than text to probability: not loaded")
    if set(flavors) == {"nightjar_bert"}:
        return artefact.BERT
    function, flavor = flavors.get("python_function", {}), flavors.get("sklearn", {})
    if function.get("loader_module") != LOADER or function.get("code") or flavor.get("code"):
        raise artefact.ModelRefusedError(f"{what} names a loader or code of its own: not loaded")
    file = artefact.FILES[artefact.SKOPS]
    if flavor.get("serialization_format") != "skops" or flavor.get("pickled_model") not in (None, file):
        raise artefact.ModelRefusedError(f"{what} is not stored as {file}: not loaded")
    return artefact.SKOPS
