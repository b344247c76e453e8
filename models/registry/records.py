"""MLflow's records of models: which versions there are, what their tags and aliases say, and their files, verified.

What is compared, registered and promoted with them is in `registry`, the module that others use.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import filelock
import mlflow
from mlflow.entities.model_registry import ModelVersion
from mlflow.exceptions import MlflowException

from models.registry import relocation, tracking, verification
from models.serving import artefact
from schemas.errors import UserError

SERVER = "NIGHTJAR_MLFLOW_URI"  # variable that names the server of the records, where they are on one
DATABASE = "mlflow.db"
EXPERIMENT = "reclassify"
REFITS = "refits"  # the champion's kind, fitted again in a night with what analysts answered
OUTSIDE = "outside"  # comparisons on data sets that are not this deployment's own
CHAMPION = "champion"
CHALLENGER = "challenger"  # the newest version that was registered, until it is champion
PROMOTED, REFUSED, WITHDRAWN = "promoted", "refused", "withdrawn"  # tags of a version
_SCRATCH = "model-"  # beginning of a folder's name that lives as long as one model is written or read
_ABANDONED_S = 3600  # a scratch folder that old was left behind by a process that was killed


class RegistryError(UserError, RuntimeError):
    """The registry cannot do what was asked; the message says why."""


class WithdrawnError(RegistryError):
    """The version was withdrawn: no night uses it."""


class Records:
    """Runs and models in `folder` (SQLite and local artefacts), or on the server that `NIGHTJAR_MLFLOW_URI` names.

    Attributes:
        moved_from: where the records said that the artefacts are, if the folder was moved since; they were corrected.
    """

    @staticmethod
    def exist(folder: Path) -> bool:
        """Whether there are records: opening them makes some where there are none."""
        return SERVER in os.environ or (folder / DATABASE).exists()

    def __init__(self, folder: Path, alone: Callable[[], AbstractContextManager[object]] | None = None) -> None:
        """Open the records, and make the folder where there is none.

        Args:
            alone: what a promotion holds, so that there is one at a time; a lock of the kernel's in `folder` unless
                given, which a volume has not.
        """
        self._folder = folder
        self._alone = alone or self._locked
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        # Not MLflow's own variable: MLflow sets that one itself, to whatever it was last pointed at.
        server = os.environ.get(SERVER)
        self.uri = server or f"sqlite:///{folder / DATABASE}"
        self._artifacts = None if server else (folder / "artifacts").as_uri()
        self.moved_from = (
            None if self._artifacts is None else relocation.follow(folder / DATABASE, EXPERIMENT, self._artifacts)
        )
        mlflow.set_tracking_uri(self.uri)
        mlflow.set_registry_uri(self.uri)
        self._client = mlflow.MlflowClient(self.uri, self.uri)

    def prepare(self) -> None:
        """Make the database, where there is none yet; remove copies of models that killed processes left behind.

        Raises:
            RegistryError: it cannot be made or read.
        """
        for left in self._folder.glob(f"{_SCRATCH}*"):
            if left.is_dir() and time.time() - left.stat().st_mtime > _ABANDONED_S:
                shutil.rmtree(left, ignore_errors=True)
        try:
            self._client.search_registered_models(max_results=1)
        except MlflowException as error:
            raise RegistryError(f"the registry cannot be read: {error}") from error

    def _locked(self) -> filelock.BaseFileLock:
        """One promotion at a time on this machine: the kernel's lock, gone with its holder."""
        return filelock.FileLock(self._folder / ".promotion.lock", fallback_to_soft=False)

    def _verified(self, version: ModelVersion) -> artefact.Artefact:
        try:
            uri = self._client.get_model_version_download_uri(version.name, version.version)
            with self._downloaded(uri) as folder:
                return verification.verified(version, folder, self._folder)
        except MlflowException as error:  # such as a link that leads out of the artifacts: MLflow does not follow it
            what = f"{version.name} v{version.version}"
            raise artefact.ModelRefusedError(f"the files of {what} are unavailable: {error}") from error

    @contextmanager
    def _downloaded(self, uri: str) -> Iterator[Path]:
        """A copy of a model's files, for the length of the block: they hold words of reports."""
        with tempfile.TemporaryDirectory(prefix=_SCRATCH, dir=self._folder) as target:
            yield Path(mlflow.artifacts.download_artifacts(artifact_uri=uri, dst_path=target))

    def _version(self, name: str, version: str) -> ModelVersion:
        try:
            return self._client.get_model_version(name, version)
        except MlflowException as error:
            raise RegistryError(f"the registry has no {name} version {version}: {error}") from error

    def _all(self, name: str) -> list[ModelVersion]:
        versions = self._client.search_model_versions(f"name = '{name}'")
        return [self._client.get_model_version(name, version.version) for version in versions]

    def _in_use(self, name: str) -> list[ModelVersion]:
        """Versions that were promoted and not withdrawn."""
        return [v for v in self._all(name) if v.tags.get(PROMOTED) == "true" and WITHDRAWN not in v.tags]

    def _champion(self, name: str, night: str | None) -> ModelVersion | None:
        """The version of the alias; before the night that it learnt from, the newest in use that knew no more."""
        aliased = self._aliased(name)
        if aliased is None or night is None or aliased.tags.get("night", "") <= night:
            return aliased
        return max((v for v in self._in_use(name) if v.tags["night"] <= night), key=age, default=None)

    def _aliased(self, name: str, alias: str = CHAMPION) -> ModelVersion | None:
        try:
            return self._client.get_model_version_by_alias(name, alias)
        except MlflowException as error:
            if error.error_code in ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"):
                return None
            raise RegistryError(f"the registry cannot be read: {error}") from error

    def _refuse_withdrawn(self, version: ModelVersion) -> None:
        why = version.tags.get(WITHDRAWN)
        if why is not None:
            raise WithdrawnError(f"{version.name} v{version.version} was withdrawn: {why}")

    def _experiment(self, name: str = EXPERIMENT) -> str:
        kept = self._client.get_experiment_by_name(name)
        if kept is None:
            about = {OUTSIDE: tracking.ABOUT_OUTSIDE, REFITS: tracking.ABOUT_REFITS}.get(name, tracking.ABOUT)
            tags = {**tracking.KIND, "mlflow.note.content": about}
            return str(self._client.create_experiment(name, self._artifacts, tags))
        for key, value in tracking.KIND.items():  # of a registry that was made before experiments had a kind
            if kept.tags.get(key) != value:
                self._client.set_experiment_tag(kept.experiment_id, key, value)
        return str(kept.experiment_id)


def age(version: ModelVersion) -> tuple[str, int]:
    """Orders versions by the night that they learnt from, then by number."""
    return version.tags.get("night", ""), int(version.version)
