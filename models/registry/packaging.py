"""A classifier as MLflow's users load it: its one file, and a copy of the modules that score a night with it.

Classes of our own are never pickled. MLflow's own scikit-learn flavour cannot hold our text normalisation, so a model
is logged from code (`serve.py`), with the modules that it needs as plain files under a package name made from their
content: two models of different versions load side by side, and neither meets an installed package `models`.
"""

from __future__ import annotations

import ast
import hashlib
import re
import tempfile
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

import mlflow
import pandas as pd
from mlflow.models import ModelSignature
from mlflow.models.model import ModelInfo
from mlflow.types import ColSpec, Schema

import models
from models.serving import artefact
from models.training import comparison

SIGNATURE = ModelSignature(Schema([ColSpec("string", "text")]), Schema([ColSpec("double", "probability")]))
EXAMPLE = pd.DataFrame({"text": ["Caller reports a blue van outside the shop.", "Older male waits at the station."]})
SERVE = Path(__file__).with_name("serve.py")
ENTRY = "models.serving.scoring"
ROOT = Path(models.__file__).parent
BERT_MODULES = "models.candidates.bert"  # imported only where a BERT is loaded

_LIBRARIES = ("mlflow", "numpy", "pandas", "pyarrow", "scipy", "scikit-learn", "skops")
_OF_FAMILY = {"xgboost": ("xgboost",), "bert": ("torch", "transformers", "tokenizers", "safetensors")}
_OURS = re.compile(r"^(\s*(?:from|import) )models(?=[. ])", re.MULTILINE)


def requirements(family: str) -> list[str]:
    """Every library that loading and scoring import, at the versions installed here.

    Stated, not inferred: inferring them loads the model in a new process, fifteen seconds each.
    """
    return [f"{name}=={metadata.version(name)}" for name in (*_LIBRARIES, *_OF_FAMILY.get(family, ()))]


def log(result: comparison.Result, folder: Path, about: Mapping[str, Any], tags: Mapping[str, str]) -> ModelInfo:
    """Log a candidate's classifier in the active run, as a model that MLflow itself loads, serves and runs in Spark.

    Args:
        folder: where its files are put together, and removed again.
        about: metadata of the model.
        tags: of the logged model.
    """
    form, content = artefact.dumps(result.pipeline)
    with tempfile.TemporaryDirectory(prefix="model-", dir=folder) as scratch:
        file = Path(scratch) / artefact.FILES[form]
        file.write_bytes(content)
        serve = Path(scratch) / SERVE.name  # a copy has the mode of what this process makes, which MLflow keeps
        serve.write_bytes(SERVE.read_bytes())
        logged: ModelInfo = mlflow.pyfunc.log_model(
            name=result.candidate.name,
            python_model=str(serve),
            artifacts={"classifier": str(file), "code": str(write_code(Path(scratch), form))},
            signature=SIGNATURE,
            input_example=EXAMPLE,
            pip_requirements=requirements(result.candidate.family),
            metadata=dict(about),
            params={name: str(value) for name, value in result.parameters.items()},
            tags=dict(tags),
            model_type="classifier",
        )
        return logged


def write_code(folder: Path, form: str) -> Path:
    """Write the package that scores below `folder`; its own folder, named for its content."""
    package = folder / package_name(form)
    for path, text in code(form).items():
        file = package / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    return package


@cache
def code(form: str) -> Mapping[str, str]:
    """Source by path within the package: what `ENTRY` imports of ours, with the package's name in the place of
    `models`."""
    name = package_name(form)
    return {path: _OURS.sub(rf"\g<1>{name}", text) for path, text in _sources(form).items()}


@cache
def package_name(form: str) -> str:
    """`nightjar_` and the first twelve digits of the SHA-256 of the sources."""
    digest = hashlib.sha256()
    for path, text in sorted(_sources(form).items()):
        digest.update(f"{path}\0{text}\0".encode())
    return f"nightjar_{digest.hexdigest()[:12]}"


def is_package(path: str) -> bool:
    """Whether a path within a model is that of a package as `write_code` names it."""
    return re.fullmatch(r"artifacts/nightjar_[0-9a-f]{12}", path) is not None


@cache
def _sources(form: str) -> Mapping[str, str]:
    sources: dict[str, str] = {}
    waiting = [ENTRY, *([f"{BERT_MODULES}.classifier"] if form == artefact.BERT else [])]
    while waiting:
        module = waiting.pop()
        path = _file(module)
        if path is None or path in sources or (form != artefact.BERT and module.startswith(BERT_MODULES)):
            continue
        text = (ROOT / path).read_text(encoding="utf-8")
        sources[path] = text
        waiting += [f"models.{'.'.join(parent.parts)}" for parent in Path(path).parents if parent.parts]
        waiting += _imported(text)
    return {"__init__.py": "", **sources}


def _imported(text: str) -> Iterator[str]:
    """Modules of ours that a source names in its imports, wherever they stand."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "models":
            yield str(node.module)
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _file(module: str) -> str | None:
    """Path of a module of ours below `ROOT`; None for a name that is not a module."""
    path = Path(*module.split(".")[1:])
    for candidate in (path / "__init__.py", path.with_suffix(".py")) if path.parts else ():
        if (ROOT / candidate).is_file():
            return candidate.as_posix()
    return None
