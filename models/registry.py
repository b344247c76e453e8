"""The registry: the only door to MLflow. What is compared is logged; what is registered has a manifest of hashes.

MLflow runs on SQLite with local artefacts by default; `NIGHTJAR_MLFLOW_URI` names a server where there is one. Before a
version is loaded, every file of it must have the hash that was noted when it was registered, and its `MLmodel` must
name MLflow's own scikit-learn loader and no code.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Mapping
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
from matplotlib.figure import Figure
from mlflow.entities.model_registry import ModelVersion
from mlflow.exceptions import MlflowException
from mlflow.models import ModelSignature
from mlflow.types import ColSpec, Schema
from sklearn.metrics import precision_recall_curve

from models import artefact, metrics, training

EXPERIMENT = "reclassify"
CHAMPION = "champion"
MODEL_FILE = "model.skops"
LOADER = "mlflow.sklearn"
SIGNATURE = ModelSignature(Schema([ColSpec("string", "text")]), Schema([ColSpec("double", "probability")]))


class RegistryError(RuntimeError):
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

    def log(self, comparison: training.Comparison, tags: Mapping[str, str]) -> str:
        """Log a comparison: a parent run, and a nested run per candidate with figures, plots and the fitted model.

        Returns the parent's run id.
        """
        experiment = self._experiment()
        figures = {r.candidate.name: r for r in comparison.results}
        with mlflow.start_run(
            experiment_id=experiment, run_name=f"comparison {tags.get('night', '')}".strip()
        ) as parent:
            mlflow.set_tags({**tags, "fold_hash": comparison.folds.hash, "seed": str(comparison.seed)})
            mlflow.log_params({"n_reports": len(comparison.reports), "capacity": comparison.capacity})
            mlflow.log_params({f"n_excluded_{why}": n for why, n in comparison.n_excluded.items()})
            mlflow.log_table(comparison.table(), "comparison.json")
            for name, result in figures.items():
                with mlflow.start_run(experiment_id=experiment, run_name=name, nested=True):
                    mlflow.set_tags({**tags, "fold_hash": comparison.folds.hash, "seed": str(comparison.seed)})
                    mlflow.log_params({"candidate": name, "family": result.candidate.family, **result.parameters})
                    mlflow.log_metrics(dict(result.metrics))
                    label = comparison.reports["label"].to_numpy()
                    mlflow.log_figure(_curve(label, result), "precision_recall.png")
                    mlflow.log_figure(_reliability(label, result), "reliability.png")
        return str(parent.info.run_id)

    def register(self, name: str, result: training.Result, parent_run: str, tags: Mapping[str, str]) -> str:
        """Store a candidate's fitted pipeline as a new version of the model `name`. Returns the version.

        Raises:
            RegistryError: the candidate is a baseline and has nothing to store.
        """
        if result.pipeline is None:
            raise RegistryError(f"{result.candidate.name} is a baseline: it is compared, never registered")
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
                metadata={"calibration_intervals": result.intervals.to_dict("list")},
            )
        files = _files(self._download(logged.model_uri))
        if not self._client.search_registered_models(f"name = '{name}'"):
            self._client.create_registered_model(name)
        made = self._client.create_model_version(
            name,
            logged.model_uri,
            run_id=parent_run,
            tags={**tags, "candidate": result.candidate.name, "manifest": json.dumps(files, sort_keys=True)},
        )
        return str(made.version)

    def promote(self, name: str, version: str, result: training.Result, baseline: training.Result) -> list[str]:
        """Make a version the champion if it meets the criteria. Returns the reasons of a refusal: none, if promoted.

        Criteria: it beats the keyword rule on the same folds, and is not below the incumbent's average precision.
        """
        precision = result.metrics["average_precision"]
        refusals = []
        at_least = baseline.metrics["average_precision"]
        if precision <= at_least:
            refusals.append(f"average precision {precision:.3f} does not beat the keyword rule's {at_least:.3f}")
        incumbent = self._aliased(name)
        if incumbent is not None and precision < float(incumbent.tags["average_precision"]):
            refusals.append(
                f"average precision {precision:.3f} is below the champion's {incumbent.tags['average_precision']}"
            )
        self._client.set_model_version_tag(name, version, "average_precision", f"{precision:.6f}")
        if refusals:
            self._client.set_model_version_tag(name, version, "refused", "; ".join(refusals))
            return refusals
        self._client.set_model_version_tag(name, version, "promoted", "true")
        self._client.set_registered_model_alias(name, CHAMPION, version)
        return []

    def champion(self, name: str, night: date | None = None) -> artefact.Artefact | None:
        """The champion; with `night`, the newest version promoted on what was known by then. None if there is none.

        Raises:
            RegistryError: the registry cannot be read.
            artefact.ModelRefusedError: its files are not those that were registered.
        """
        if night is None:
            found = self._aliased(name)
        else:
            promoted = [v for v in self._versions(name) if v.tags.get("promoted") == "true"]
            in_time = [v for v in promoted if v.tags["night"] <= night.isoformat()]
            found = max(in_time, key=lambda v: (v.tags["night"], int(v.version)), default=None)
        return self._verified(found) if found is not None else None

    def load(self, name: str, version: str) -> artefact.Artefact:
        """One version by number.

        Raises:
            RegistryError: there is no such version.
            artefact.ModelRefusedError: its files are not those that were registered.
        """
        try:
            return self._verified(self._client.get_model_version(name, version))
        except MlflowException as error:
            raise RegistryError(f"the registry has no {name} version {version}: {error}") from error

    def _verified(self, found: ModelVersion) -> artefact.Artefact:
        folder = self._download(f"models:/{found.name}/{found.version}")
        expected = json.loads(found.tags.get("manifest", "{}"))
        files = _files(folder)
        if not expected or files != expected:
            differing = sorted(n for n in {*files, *expected} if files.get(n) != expected.get(n))
            raise artefact.ModelRefusedError(
                f"{found.name} v{found.version} is not what was registered: {', '.join(differing)}"
            )
        about = yaml.safe_load((folder / "MLmodel").read_text(encoding="utf-8"))
        _refuse_code(about, f"{found.name} v{found.version}")
        intervals = pd.DataFrame(about["metadata"]["calibration_intervals"])
        blob = (folder / MODEL_FILE).read_bytes()
        return artefact.Artefact(
            found.name, str(found.version), blob, expected[MODEL_FILE], intervals, dict(found.tags)
        )

    def _download(self, uri: str) -> Path:
        target = tempfile.mkdtemp(prefix="model-", dir=self._folder)
        return Path(mlflow.artifacts.download_artifacts(artifact_uri=uri, dst_path=target))

    def _versions(self, name: str) -> list[ModelVersion]:
        return [
            self._client.get_model_version(name, v.version)
            for v in self._client.search_model_versions(f"name = '{name}'")
        ]

    def _aliased(self, name: str) -> ModelVersion | None:
        try:
            return self._client.get_model_version_by_alias(name, CHAMPION)
        except MlflowException as error:
            if error.error_code in ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"):
                return None
            raise RegistryError(f"the registry cannot be read: {error}") from error

    def _experiment(self) -> str:
        found = self._client.get_experiment_by_name(EXPERIMENT)
        if found is not None:
            return str(found.experiment_id)
        return str(self._client.create_experiment(EXPERIMENT, self._artifacts))


def _refuse_code(about: Mapping[str, Any], what: str) -> None:
    """Refuse an `MLmodel` that names another loader than MLflow's for scikit-learn, or any code of its own."""
    function = about.get("flavors", {}).get("python_function", {})
    flavor = about.get("flavors", {}).get("sklearn", {})
    if function.get("loader_module") != LOADER or function.get("code") or flavor.get("code"):
        raise artefact.ModelRefusedError(f"{what} names a loader or code of its own: not loaded")
    if flavor.get("serialization_format") != "skops" or flavor.get("pickled_model") not in (None, MODEL_FILE):
        raise artefact.ModelRefusedError(f"{what} is not stored as {MODEL_FILE}: not loaded")


def _files(folder: Path) -> dict[str, str]:
    """SHA-256 per file of a model's folder, but for the note that MLflow's own download leaves in it."""
    found = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != "registered_model_meta")
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in found}


def _curve(label: Any, result: training.Result) -> Figure:
    precision, recall, _ = precision_recall_curve(label, result.score)
    figure = Figure(figsize=(5, 4), layout="constrained")
    axes = figure.subplots()
    axes.step(recall, precision, where="post")
    axes.set(xlabel="recall", ylabel="precision", xlim=(0, 1), ylim=(0, 1.02))
    axes.set_title(f"{result.candidate.name}: average precision {result.metrics['average_precision']:.3f}, out of fold")
    return figure


def _reliability(label: Any, result: training.Result) -> Figure:
    bins = metrics.calibration_bins(label, result.score)
    figure = Figure(figsize=(5, 4), layout="constrained")
    axes = figure.subplots()
    most = max(float(bins[["score", "observed"]].to_numpy().max()), 0.01) * 1.05
    axes.plot([0, most], [0, most], color="grey", linestyle=":")
    axes.plot(bins["score"], bins["observed"], marker="o")
    axes.set(xlabel="mean score of the bin", ylabel="share with a CSAE tag")
    axes.set_title(f"{result.candidate.name}: calibration error {result.metrics['calibration_error']:.3f}")
    return figure
