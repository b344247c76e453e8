"""The door that MLflow opens to a classifier: this file lies in each logged model, and runs when MLflow loads it.

It has no rule of its own. The modules that score a night lie next to it, copied when the model was logged under a
package name that only this content has (`packaging`), so a model answers as it did then, wherever it is served and
whatever version of Nightjar is installed there, or none. A night reads the classifier's file itself and never runs
this one.
"""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import mlflow.models
import numpy as np
import pandas as pd
from mlflow.pyfunc.model import PythonModel


def _package(folder: Path) -> str:
    """Name of the package in `folder`, which can be imported from now on. Nothing is written next to its files."""
    if folder.name not in sys.modules:
        spec = importlib.util.spec_from_file_location(
            folder.name, folder / "__init__.py", submodule_search_locations=[str(folder)]
        )
        if spec is None or spec.loader is None:
            raise ImportError(f"{folder} is not a package")
        sys.modules[folder.name] = importlib.util.module_from_spec(spec)
    return folder.name


def _modules(folder: Path, *names: str) -> list[ModuleType]:
    package, writes = _package(folder), sys.dont_write_bytecode
    sys.dont_write_bytecode = True
    try:
        return [importlib.import_module(f"{package}.{name}") for name in names]
    finally:
        sys.dont_write_bytecode = writes


class TextClassifier(PythonModel):
    """Texts to probability of CSAE, one number per text, equal to what a night gives."""

    def load_context(self, context: Any) -> None:
        """Read the classifier's file: skops with the committed list of types, or safetensors. Neither runs code."""
        artefact, self._scoring = _modules(Path(context.artifacts["code"]), "serving.artefact", "serving.scoring")
        file = Path(context.artifacts["classifier"])
        form = next(form for form, name in artefact.FILES.items() if name == file.name)
        blob = file.read_bytes()
        self._classifier = artefact.load(blob, hashlib.sha256(blob).hexdigest(), form)

    def predict(self, context: Any, model_input: pd.DataFrame, params: dict[str, Any] | None = None) -> np.ndarray:
        """Calibrated probability per row of the column `text`, shape (n_rows,).

        Raises:
            TypeError: a text is absent, or not a string.
        """
        scores: np.ndarray = self._scoring.scores(self._classifier, model_input["text"].tolist())
        return scores


mlflow.models.set_model(TextClassifier())
