"""What a registered version must be before a night reads it: the files that were registered, and no code that is run.

A night takes one file out of a version's folder and parses it without running code. Older versions were stored with
MLflow's scikit-learn flavour, or as a BERT of our own description; they stay readable. `serve.py` and the modules next
to it are MLflow's door and are hashed and sealed like every other file, but no night imports them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import yaml
from mlflow.entities.model_registry import ModelVersion
from mlflow.models import ModelSignature

from models.registry import manifest, packaging
from models.serving import artefact

FROM_CODE = "mlflow.pyfunc.loaders.code_model"
SKLEARN = "mlflow.sklearn"  # loader of versions that were registered before models were logged from code
NAMED = frozenset(["loader_module", "model_code_path", "artifacts", "code", "env", "python_version", "streamable",
                   "cloudpickle_version", "model_config"])  # fmt: skip


def verified(version: ModelVersion, folder: Path, key_folder: Path) -> artefact.Artefact:
    """The classifier of a version whose files lie in `folder`.

    Raises:
        artefact.ModelRefusedError: the files are not those that were registered here, or name code of their own.
    """
    what = f"{version.name} v{version.version}"
    expected = json.loads(version.tags.get("manifest", "{}"))
    files = manifest.files(folder)
    if not expected or files != expected:
        differing = sorted(n for n in {*files, *expected} if files.get(n) != expected.get(n))
        raise artefact.ModelRefusedError(f"{what} is not what was registered: {', '.join(differing)}")
    if not manifest.is_sealed(version.name, expected, version.tags.get("seal", ""), key_folder):
        raise artefact.ModelRefusedError(f"{what} was not registered by this deployment: its seal is not ours")
    about = yaml.safe_load((folder / "MLmodel").read_text(encoding="utf-8"))
    form, file = form_and_file(about, what)
    if file not in expected:
        raise artefact.ModelRefusedError(f"{what} has no file {file}: not loaded")
    intervals = pd.DataFrame(about["metadata"]["calibration_intervals"])
    return artefact.Artefact(
        version.name,
        str(version.version),
        (folder / file).read_bytes(),
        expected[file],
        intervals,
        dict(version.tags),
        form,
    )


def form_and_file(about: Mapping[str, Any], what: str) -> tuple[str, str]:
    """Form and path of a model's one file, from an `MLmodel` that names nothing but what this registry writes.

    Raises:
        artefact.ModelRefusedError: it names a loader or code of its own, or another signature.
    """
    flavors = about.get("flavors", {})
    if about.get("signature") is not None and ModelSignature.from_dict(about["signature"]) != packaging.SIGNATURE:
        raise artefact.ModelRefusedError(f"{what} takes or gives something else than text to probability: not loaded")
    function = flavors.get("python_function", {})
    if set(flavors) == {"python_function"}:
        return _from_code(function, what)
    if set(flavors) == {"nightjar_bert"}:
        return artefact.BERT, artefact.FILES[artefact.BERT]
    flavor, file = flavors.get("sklearn", {}), artefact.FILES[artefact.SKOPS]
    if function.get("loader_module") != SKLEARN or function.get("code") or flavor.get("code"):
        raise artefact.ModelRefusedError(f"{what} names a loader or code of its own: not loaded")
    if flavor.get("serialization_format") != "skops" or flavor.get("pickled_model") not in (None, file):
        raise artefact.ModelRefusedError(f"{what} is not stored as {file}: not loaded")
    return artefact.SKOPS, file


def _from_code(function: Mapping[str, Any], what: str) -> tuple[str, str]:
    """Of a version as `packaging` logs it: our own `serve.py`, the package that scores, and the classifier's file."""
    files = {name: str(where.get("path")) for name, where in function.get("artifacts", {}).items()}
    forms = {f"artifacts/{file}": form for form, file in artefact.FILES.items()}
    is_ours = (
        function.get("loader_module") == FROM_CODE
        and Path(str(function.get("model_code_path"))).name == packaging.SERVE.name  # MLflow reads no more of it
        and not function.get("code")
        and not function.get("model_config")
        and set(function) <= NAMED
        and set(files) == {"classifier", "code"}
        and files["classifier"] in forms
        and packaging.is_package(files["code"])
    )
    if not is_ours:
        raise artefact.ModelRefusedError(f"{what} names a loader or code of its own: not loaded")
    return forms[files["classifier"]], files["classifier"]
