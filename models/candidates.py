"""The candidates: what is compared, in one visible tuple. Each row builds an unfitted classifier.

A candidate names its vectoriser rather than holding one: the text of a fold is vectorised once per vectoriser and
shared by every candidate that reads it. Classifiers take the sparse matrix and give `decision_function` or
`predict_proba`; calibration is put around them by `models.training`, the same way for all.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import CountVectorizer, TfidfTransformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import FeatureUnion, Pipeline
from sklearn.preprocessing import Normalizer

from models import keywords, words

# A word of letters, or a two-figure number with a short ending (an age: 14, 15yo, 13yrs). Longer numbers are years,
# telephone numbers and references, which a classifier would only memorise. Linear time: no nested repetition.
TOKEN = r"(?u)\b(?:[^\W\d_]\w+|\d\d[^\W\d_]{0,3})\b"
N_TOPICS = 150
FEWEST_REPORTS = 3  # a term of fewer reports is a name or a misspelling more often than a sign


def word_counts() -> CountVectorizer:
    """Counts of words and pairs of words, lower case, without accents, function words or protected words."""
    return CountVectorizer(
        token_pattern=TOKEN,
        ngram_range=(1, 2),
        min_df=FEWEST_REPORTS,
        strip_accents="unicode",
        stop_words=list(words.UNREAD_WORDS),
    )


def sublinear_weights(n_terms: int, seed: int) -> TfidfTransformer:
    """TF-IDF on counts; 1 + log(count), since a word said ten times is not ten times the evidence."""
    return TfidfTransformer(sublinear_tf=True)


def weights_and_topics(n_terms: int, seed: int) -> Pipeline:
    """TF-IDF, and beside it the report's place among latent topics of all reports (Deerwester et al. 1990).

    With few tagged reports most words of an untagged one were never seen with a tag; topics are learnt without labels
    from every report and carry what such words share. Each report's topics have length one, so long and short
    count alike.
    """
    topics = TruncatedSVD(min(N_TOPICS, n_terms - 1), random_state=seed) if n_terms > 1 else "passthrough"
    both = FeatureUnion([("terms", "passthrough"), ("topics", Pipeline([("svd", topics), ("length", Normalizer())]))])
    return Pipeline([("tfidf", sublinear_weights(n_terms, seed)), ("both", both)])


@dataclass(frozen=True)
class Vectoriser:
    """Text to matrix in up to two steps. Two vectorisers with the same `counts` share that step's work."""

    counts: Callable[[], CountVectorizer]
    weights: Callable[[int, int], Any] | None = None  # of number of terms and seed


VECTORISERS: dict[str, Vectoriser] = {
    "keywords": Vectoriser(keywords.phrases),
    "count": Vectoriser(word_counts),
    "tfidf": Vectoriser(word_counts, sublinear_weights),
    "tfidf_topics": Vectoriser(word_counts, weights_and_topics),
}


@dataclass(frozen=True)
class Candidate:
    """One way to classify reports.

    Attributes:
        name: unique, lower case; names runs and models.
        family: what its explanations and its loading depend on ("rule", "logistic", "bayes", "svc", "tree", ...).
        vectoriser: key of `VECTORISERS`.
        build: `build(seed, **parameters)` gives an unfitted classifier.
        grid: parameter sets to choose among, on training folds only. One set: nothing is searched.
        is_baseline: compared and logged as figures, never registered.
    """

    name: str
    family: str
    vectoriser: str
    build: Callable[..., Any]
    grid: tuple[Mapping[str, Any], ...] = ({},)
    is_baseline: bool = False


def _keyword_rule(seed: int) -> keywords.KeywordRule:
    return keywords.KeywordRule()


def _logistic(seed: int, **parameters: Any) -> LogisticRegression:
    # Balanced weights: at 1-5 % positives an unweighted fit spends its slope on the base rate. The strong default
    # penalty also keeps reports whose tag is missing, hence labelled negative, from being learnt by heart.
    # liblinear's dual: single-threaded, repeatable by its seed, and 7 to 14 times quicker than the other solvers where
    # terms outnumber reports (0.2 s against 2.8 s on 2,019 abstracts with topics), with the same weights.
    return LogisticRegression(
        solver="liblinear", dual=True, class_weight="balanced", max_iter=1000, random_state=seed, **parameters
    )


KEYWORD_RULE = Candidate("keyword_rule", "rule", "keywords", _keyword_rule, is_baseline=True)
TFIDF_LOGISTIC = Candidate("tfidf_logistic", "logistic", "tfidf", _logistic, grid=({"C": 1.0},))
TOPICS_LOGISTIC = Candidate("tfidf_topics_logistic", "logistic", "tfidf_topics", _logistic, grid=({"C": 1.0},))

CANDIDATES: tuple[Candidate, ...] = (KEYWORD_RULE, TFIDF_LOGISTIC, TOPICS_LOGISTIC)
FIRST_TRAINING: tuple[str, ...] = tuple(candidate.name for candidate in CANDIDATES)  # what the first night compares


def named(names: tuple[str, ...] | list[str]) -> tuple[Candidate, ...]:
    """The candidates of these names, in the order of `CANDIDATES`.

    Raises:
        ValueError: a name that no candidate has.
    """
    known = {candidate.name for candidate in CANDIDATES}
    unknown = sorted(set(names) - known)
    if unknown:
        raise ValueError(f"no such candidate: {', '.join(unknown)}; known are {', '.join(sorted(known))}")
    return tuple(candidate for candidate in CANDIDATES if candidate.name in set(names))
