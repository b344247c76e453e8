"""A stored classifier: what it is made of, and how it is loaded only after it was verified.

Workers need no MLflow: they get the bytes of the skops file with the SHA-256 that the registry's manifest states, and
refuse bytes that differ or that hold a type which is not on the committed list.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import pandas as pd
import skops.io
from sklearn.pipeline import Pipeline

# Types beyond skops' own trusted ones that our candidates are made of. Anything else in a file is refused.
TRUSTED_TYPES = (
    "sklearn.calibration._CalibratedClassifier",
    "sklearn.calibration._SigmoidCalibration",
    "sklearn.tree._tree.Tree",
    "xgboost.core.Booster",
    "xgboost.sklearn.XGBClassifier",
)


class ModelRefusedError(RuntimeError):
    """A model is not the one that was registered, or holds what a model of ours cannot hold. It was not loaded."""


@dataclass(frozen=True)
class Artefact:
    """A registered classifier as bytes.

    Attributes:
        blob: the skops file.
        sha256: what the registry's manifest says of it.
        intervals: table of `metrics.calibration_intervals`.
    """

    name: str
    version: str
    blob: bytes = field(repr=False)
    sha256: str
    intervals: pd.DataFrame = field(repr=False)
    tags: Mapping[str, str] = field(default_factory=dict)

    def load(self) -> Pipeline:
        """The pipeline, text to calibrated probability.

        Raises:
            ModelRefusedError: the bytes are not the registered ones, or hold a type that is not trusted.
        """
        return load(self.blob, self.sha256)


def load(blob: bytes, sha256: str) -> Pipeline:
    """The pipeline in a skops file, verified before it is parsed. One copy per process and content.

    Raises:
        ModelRefusedError: as `Artefact.load`.
    """
    found = hashlib.sha256(blob).hexdigest()
    if found != sha256:
        raise ModelRefusedError(f"the model's content is {found[:12]}..., registered was {sha256[:12]}...: not loaded")
    return _parsed(_Blob(blob, sha256))


class _Blob:
    """Bytes that hash by their digest, so that a cache does not hash megabytes at each look-up."""

    def __init__(self, content: bytes, sha256: str) -> None:
        self.content, self.sha256 = content, sha256

    def __hash__(self) -> int:
        return hash(self.sha256)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Blob) and other.sha256 == self.sha256


@lru_cache(maxsize=2)
def _parsed(blob: _Blob) -> Pipeline:
    untrusted = sorted(set(skops.io.get_untrusted_types(data=blob.content)) - set(TRUSTED_TYPES))
    if untrusted:
        raise ModelRefusedError(f"the model holds types that are not on the list: {', '.join(untrusted)}")
    loaded: Any = skops.io.loads(blob.content, trusted=list(TRUSTED_TYPES))
    if not isinstance(loaded, Pipeline):
        raise ModelRefusedError(f"the model is a {type(loaded).__name__}, not a pipeline")
    return loaded
