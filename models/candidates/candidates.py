"""The candidates: what is compared, in one visible tuple. Each row builds an unfitted classifier.

A candidate names its vectoriser rather than holding one: the text of a fold is vectorised once per vectoriser and
shared by every candidate that reads it. Classifiers take the sparse matrix and give `decision_function` or
`predict_proba`; calibration is put around them by `models.training.compare`, the same way for all.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sklearn.decomposition import TruncatedSVD
from sklearn.ensemble import RandomForestClassifier
from sklearn.feature_extraction.text import CountVectorizer, TfidfTransformer
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import ComplementNB, MultinomialNB
from sklearn.pipeline import FeatureUnion, Pipeline
from sklearn.preprocessing import Normalizer
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier

from models.candidates import keyword_rule
from models.text import vocabulary

# A word of letters, or a two-figure number with a short ending (an age: 14, 15yo, 13yrs). Longer numbers are years,
# telephone numbers and references, which a classifier would only memorise. Linear time: no nested repetition.
TOKEN = r"(?u)\b(?:[^\W\d_]\w+|\d\d[^\W\d_]{0,3})\b"
N_TOPICS = 150
FEWEST_REPORTS = 3  # a term of fewer reports is a name or a misspelling more often than a sign
MOST_TERMS = 200_000  # the commonest are kept: bounds memory and the size of a model whatever text arrives
RAW_TEXT = "text"  # in the place of a vectoriser: the candidate reads the text itself


def word_counts() -> CountVectorizer:
    """Counts of words and pairs of words, lower case, without accents, function words or protected words."""
    return CountVectorizer(
        token_pattern=TOKEN,
        ngram_range=(1, 2),
        min_df=FEWEST_REPORTS,
        max_features=MOST_TERMS,
        strip_accents="unicode",
        stop_words=list(vocabulary.UNREAD_WORDS),
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
    "keywords": Vectoriser(keyword_rule.phrases),
    "count": Vectoriser(word_counts),
    "tfidf": Vectoriser(word_counts, sublinear_weights),
    "tfidf_topics": Vectoriser(word_counts, weights_and_topics),
}


@dataclass(frozen=True)
class Candidate:
    """One way to classify reports.

    Attributes:
        name: unique, lower case; names runs and models.
        family: what its explanations and its loading depend on; one of `FAMILIES`.
        vectoriser: key of `VECTORISERS`, or `RAW_TEXT`.
        build: `build(seed, **parameters)` gives an unfitted classifier.
        grid: parameter sets to choose among, on training folds only; the first is the one to take without a search.
        is_baseline: compared and logged as figures, never registered.
        needs: package of an extra, without which the candidate is listed as not installed.
    """

    name: str
    family: str
    vectoriser: str
    build: Callable[..., Any]
    grid: tuple[Mapping[str, Any], ...] = ({},)
    is_baseline: bool = False
    needs: str | None = None


def _random_order(seed: int) -> keyword_rule.RandomOrder:
    return keyword_rule.RandomOrder(seed)


def _keyword_rule(seed: int) -> keyword_rule.KeywordRule:
    return keyword_rule.KeywordRule()


def _bayes(seed: int, *, kind: str, alpha: float) -> MultinomialNB | ComplementNB:
    # Complement (Rennie et al. 2003) weighs a word by the reports of the *other* class: steadier with few positives.
    return ComplementNB(alpha=alpha) if kind == "complement" else MultinomialNB(alpha=alpha)


def _logistic(seed: int, **parameters: Any) -> LogisticRegression:
    # Balanced weights: at 1-5 % positives an unweighted fit spends its slope on the base rate. The strong default
    # penalty also keeps reports whose tag is missing, hence labelled negative, from being learnt by heart.
    # liblinear's dual: single-threaded, repeatable by its seed, and 7 to 14 times quicker than the other solvers where
    # terms outnumber reports (0.2 s against 2.8 s on 2,019 abstracts with topics), with the same weights.
    return LogisticRegression(
        solver="liblinear", dual=True, class_weight="balanced", max_iter=1000, random_state=seed, **parameters
    )


def _svc(seed: int, **parameters: Any) -> LinearSVC:
    return LinearSVC(class_weight="balanced", dual=True, max_iter=5000, random_state=seed, **parameters)


def _tree(seed: int, **parameters: Any) -> DecisionTreeClassifier:
    return DecisionTreeClassifier(class_weight="balanced", random_state=seed, **parameters)


def _forest(seed: int, **parameters: Any) -> RandomForestClassifier:
    # One thread: candidates run in parallel, and a stored model must not take a worker's other cores.
    return RandomForestClassifier(
        n_estimators=100, class_weight="balanced_subsample", n_jobs=1, random_state=seed, **parameters
    )


def _xgboost(seed: int, **parameters: Any) -> Any:
    from xgboost import XGBClassifier  # half a second that reading this tuple need not spend

    # Few bins: a term's count or weight in a report takes few values. A tenth to a third of the terms a tree: with
    # more terms than reports, trees that see all of them repeat one another.
    return XGBClassifier(
        n_estimators=100, tree_method="hist", max_bin=16, subsample=0.8, colsample_bytree=0.3, n_jobs=1,
        random_state=seed, **parameters,
    )  # fmt: skip


def _bert(seed: int, **parameters: Any) -> Any:
    from models.candidates.bert import classifier

    return classifier.BertClassifier(seed=seed, **parameters)


def fine_tuned(weights: str | None = None, **sizes: Any) -> Candidate:
    """Fine-tuned BERT: of given weights (a folder or a hub's name), or one made from the reports at hand.

    Args:
        sizes: parameters of `bert.BertClassifier`. One of our own that is not compact is named after its layers and
            width: `bert_own_12x768` has the size of bert-base-uncased and nothing else of it.
    """
    n_layers, hidden = sizes.get("n_layers", 2), sizes.get("hidden", 128)
    own = "bert_compact" if n_layers <= 4 and hidden <= 312 else f"bert_own_{n_layers}x{hidden}"
    name = own if weights is None else re.sub(r"[^a-z0-9]+", "_", f"bert {Path(weights).name}".lower())
    return Candidate(name, "bert", RAW_TEXT, _bert, ({"weights": weights, **sizes},), needs="transformers")


_BAYES = tuple({"kind": k, "alpha": a} for k, a in (("multinomial", 0.1), ("multinomial", 0.5), ("complement", 0.3)))
_COST = ({"C": 1.0}, {"C": 0.1}, {"C": 10.0})
_MARGIN = ({"C": 0.1}, {"C": 0.01}, {"C": 1.0})
_LEAVES = ({"max_depth": 12, "min_samples_leaf": 5}, {"max_depth": 6, "min_samples_leaf": 3})
_BUSHES = ({"min_samples_leaf": 2}, {"min_samples_leaf": 5})
_BOOSTS = ({"max_depth": 4, "learning_rate": 0.15}, {"max_depth": 2, "learning_rate": 0.3})

RANDOM_ORDER = Candidate("random_order", "random", "keywords", _random_order, is_baseline=True)
KEYWORD_RULE = Candidate("keyword_rule", "rule", "keywords", _keyword_rule, is_baseline=True)
TFIDF_LOGISTIC = Candidate("tfidf_logistic", "logistic", "tfidf", _logistic, _COST)
# Beside the thirteen: for collections where most words of an untagged report were never seen with a tag. Nothing says
# that it is better there: compare it.
TOPICS_LOGISTIC = Candidate("tfidf_topics_logistic", "logistic", "tfidf_topics", _logistic, ({"C": 1.0},))

CANDIDATES: tuple[Candidate, ...] = (
    RANDOM_ORDER,
    KEYWORD_RULE,
    Candidate("count_bayes", "bayes", "count", _bayes, _BAYES),
    Candidate("count_logistic", "logistic", "count", _logistic, ({"C": 0.1}, {"C": 0.01}, {"C": 1.0})),
    Candidate("count_svc", "svc", "count", _svc, ({"C": 0.01}, {"C": 0.001}, {"C": 0.1})),
    Candidate("count_tree", "tree", "count", _tree, _LEAVES),
    Candidate("count_forest", "forest", "count", _forest, _BUSHES),
    Candidate("count_xgboost", "xgboost", "count", _xgboost, _BOOSTS),
    Candidate("tfidf_bayes", "bayes", "tfidf", _bayes, _BAYES),
    TFIDF_LOGISTIC,
    Candidate("tfidf_svc", "svc", "tfidf", _svc, _MARGIN),
    Candidate("tfidf_tree", "tree", "tfidf", _tree, _LEAVES),
    Candidate("tfidf_forest", "forest", "tfidf", _forest, _BUSHES),
    Candidate("tfidf_xgboost", "xgboost", "tfidf", _xgboost, _BOOSTS),
    TOPICS_LOGISTIC,
    fine_tuned(),
)
FAMILIES = ("random", "rule", "bayes", "logistic", "svc", "tree", "forest", "xgboost", "bert")
BAG_OF_WORDS: tuple[str, ...] = tuple(
    c.name for c in CANDIDATES if c.vectoriser in ("count", "tfidf") and not c.is_baseline
)


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
