"""A stored classifier: what it is made of, and how it is loaded only after it was verified.

Workers need no MLflow: they get the bytes of the model's one file with the SHA-256 that the registry's manifest states,
and refuse bytes that differ or that hold a type which is not on the committed list. The file is skops for pipelines of
scikit-learn and XGBoost, safetensors for BERT; neither runs code when read.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import sklearn.utils
from sklearn.pipeline import Pipeline

# Types beyond arrays and containers that our candidates are made of. Anything else in a file is refused.
TRUSTED_TYPES = (
    "sklearn.calibration.CalibratedClassifierCV",
    "sklearn.calibration._CalibratedClassifier",
    "sklearn.calibration._SigmoidCalibration",
    "sklearn.decomposition._truncated_svd.TruncatedSVD",
    "sklearn.ensemble._forest.RandomForestClassifier",
    "sklearn.feature_extraction.text.CountVectorizer",
    "sklearn.feature_extraction.text.TfidfTransformer",
    "sklearn.linear_model._logistic.LogisticRegression",
    "sklearn.naive_bayes.ComplementNB",
    "sklearn.naive_bayes.MultinomialNB",
    "sklearn.pipeline.FeatureUnion",
    "sklearn.pipeline.Pipeline",
    "sklearn.preprocessing._data.Normalizer",
    "sklearn.preprocessing._function_transformer.FunctionTransformer",
    "sklearn.svm._classes.LinearSVC",
    "sklearn.tree._classes.DecisionTreeClassifier",
    "sklearn.tree._tree.Tree",
    "xgboost.core.Booster",
    "xgboost.sklearn.XGBClassifier",
)


def _skops_io() -> Any:
    """`skops.io`. To trust every estimator of scikit-learn it imports all of its modules, tests and, where it is
    installed, PyTorch among them: three seconds in each process. We trust those above and no others."""
    whole = sklearn.utils.all_estimators
    sklearn.utils.all_estimators = list
    try:
        import skops.io
    finally:
        sklearn.utils.all_estimators = whole
    return skops.io


skops_io = _skops_io()

SKOPS, BERT = "skops", "bert"  # forms of the one file
FILES = {SKOPS: "model.skops", BERT: "model.safetensors"}


class ModelRefusedError(RuntimeError):
    """A model is not the one that was registered, or holds what a model of ours cannot hold. It was not loaded."""


class SignatureError(TypeError):
    """What was given to a model is not what its signature says: a list of texts."""


class OutputError(ValueError):
    """What a model gave is not one probability per text."""


@dataclass(frozen=True)
class Artefact:
    """A registered classifier as bytes.

    Attributes:
        blob: the model's file.
        sha256: what the registry's manifest says of it.
        intervals: table of `metrics.calibration_intervals`.
        form: of the file, a key of `FILES`.
    """

    name: str
    version: str
    blob: bytes = field(repr=False)
    sha256: str
    intervals: pd.DataFrame = field(repr=False)
    tags: Mapping[str, str] = field(default_factory=dict)
    form: str = SKOPS

    def load(self) -> Any:
        """The classifier, text to calibrated probability.

        Raises:
            ModelRefusedError: the bytes are not the registered ones, or hold a type that is not trusted.
        """
        return load(self.blob, self.sha256, self.form)


def load(blob: bytes, sha256: str, form: str = SKOPS) -> Any:
    """The classifier in a model's file, verified before it is parsed. One copy per process and content.

    Raises:
        ModelRefusedError: as `Artefact.load`.
    """
    digest = hashlib.sha256(blob).hexdigest()
    if digest != sha256:
        raise ModelRefusedError(f"the model's content is {digest[:12]}..., registered was {sha256[:12]}...: not loaded")
    if form not in FILES:
        raise ModelRefusedError(f"a model of form {form!r} is none of ours: not loaded")
    return _parsed(_Blob(blob, sha256), form)


def dumps(classifier: Any) -> tuple[str, bytes]:
    """(form, content) of a fitted classifier as it is stored."""
    if isinstance(classifier, Pipeline):
        return SKOPS, skops_io.dumps(classifier)
    return BERT, classifier.to_bytes()


def probabilities(classifier: Any, texts: Any) -> np.ndarray:
    """Probability of CSAE per text, checked by the signature on both sides; shape (n_texts,).

    Raises:
        SignatureError: `texts` is not a sequence of strings.
        OutputError: the classifier gave other than a probability per text.
    """
    checked_texts = checked(texts)
    if not len(checked_texts):
        return np.zeros(0)
    scores = np.asarray(classifier.predict_proba(checked_texts))
    if scores.shape != (len(checked_texts), 2):
        raise OutputError(f"{len(checked_texts)} texts gave an array of shape {scores.shape}")
    score = scores[:, 1].astype(np.float64)
    if not (np.isfinite(score).all() and (score >= 0).all() and (score <= 1).all()):
        raise OutputError("scores are not probabilities: some are not finite, or not between 0 and 1")
    return score


def checked_column(texts: pa.Array) -> pa.Array:
    """`checked` for a column of an Arrow batch, without a list of it.

    Raises:
        SignatureError: it is not of strings, or some are absent.
    """
    if not (pa.types.is_string(texts.type) or pa.types.is_large_string(texts.type)) or texts.null_count:
        raise SignatureError(f"the model takes texts; the column is of {texts.type}, {texts.null_count} absent")
    return texts


def checked(texts: Any) -> np.ndarray:
    """The texts as an object array, if a sequence of strings is what they are.

    Raises:
        SignatureError: they are not.
    """
    if isinstance(texts, str | bytes) or not hasattr(texts, "__len__"):
        raise SignatureError(f"the model takes a sequence of texts, not a {type(texts).__name__}")
    array = np.asarray(texts, dtype=object)
    if array.ndim != 1:
        raise SignatureError(f"the model takes one text a report, not an array of shape {array.shape}")
    for position, text in enumerate(array):
        if not isinstance(text, str):
            raise SignatureError(f"the model takes texts; number {position} is a {type(text).__name__}")
    return array


class _Blob:
    """Bytes that hash by their digest, so that a cache does not hash megabytes at each look-up."""

    def __init__(self, content: bytes, sha256: str) -> None:
        self.content, self.sha256 = content, sha256

    def __hash__(self) -> int:
        return hash(self.sha256)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Blob) and other.sha256 == self.sha256


@lru_cache(maxsize=2)
def _parsed(blob: _Blob, form: str) -> Any:
    if form == BERT:
        from models.candidates.bert import classifier as bert_classifier  # PyTorch, where a BERT is champion

        try:
            return bert_classifier.loads(blob.content)
        except (ValueError, KeyError, TypeError) as error:
            raise ModelRefusedError(f"the model is not a BERT of ours: {error}") from error
    try:
        untrusted = sorted(set(skops_io.get_untrusted_types(data=blob.content)) - set(TRUSTED_TYPES))
        loaded: Any = None if untrusted else skops_io.loads(blob.content, trusted=list(TRUSTED_TYPES))
    except Exception as error:  # of a file that is none of skops the parser raises anything
        raise ModelRefusedError(f"the model's file cannot be read ({type(error).__name__}): not loaded") from error
    if untrusted:
        raise ModelRefusedError(f"the model holds types that are not on the list: {', '.join(untrusted)}")
    if not isinstance(loaded, Pipeline):
        raise ModelRefusedError(f"the model is a {type(loaded).__name__}, not a pipeline")
    return loaded
