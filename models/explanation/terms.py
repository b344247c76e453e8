"""Why a report scored as it did: the terms that moved its score, with their place in the text.

What moved a score is `contributions` for classifiers of terms, and occlusion for BERT. Only terms that stand in the
report are named; a tree also splits on words that are absent, which no analyst could look up. Explanations are
made for the few reports that are shown, not for all that are scored.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse
from sklearn.feature_extraction.text import CountVectorizer, strip_accents_unicode

from models.explanation import contributions

NotExplainableError = contributions.NotExplainableError


@dataclass(frozen=True)
class Term:
    """A term of a report.

    Attributes:
        weight: part in the log-odds; positive moves the score up.
        start, end: characters of its first place in the text, end exclusive; None where the reading joined or changed
            characters so that the place cannot be named.
    """

    text: str
    weight: float
    start: int | None
    end: int | None


def terms(classifier: Any, texts: Sequence[str], n_up: int = 6, n_down: int = 2) -> list[list[Term]]:
    """Per text, the `n_up` terms that moved its score up most, then the `n_down` that moved it down most.

    Args:
        classifier: a pipeline of ours, or what explains itself by a method `word_parts` (BERT).

    Raises:
        NotExplainableError: the classifier is of no family known.
    """
    if hasattr(classifier, "word_parts"):
        return [_strongest_words(text, classifier.word_parts(text), n_up, n_down) for text in texts]
    counts: CountVectorizer = classifier.steps[0][1]
    matrix = sparse.csr_matrix(classifier[:-1].transform(texts))
    moved = _present(contributions.of(classifier, matrix), matrix)
    names = counts.get_feature_names_out()
    explained = []
    for row, text in enumerate(texts):  # the few reports of a queue
        columns, values = (
            moved.indices[moved.indptr[row] : moved.indptr[row + 1]],
            moved.data[moved.indptr[row] : moved.indptr[row + 1]],
        )
        order = np.lexsort((columns, -values))
        up = [k for k in order[:n_up] if values[k] > 0]
        down = [k for k in order[::-1][:n_down] if values[k] < 0]
        weights = {str(names[columns[k]]): float(values[k]) for k in (*up, *down)}
        places = _places(counts, text, set(weights))
        explained.append([Term(name, weight, *places.get(name, (None, None))) for name, weight in weights.items()])
    return explained


def _present(moved: sparse.csr_matrix, matrix: sparse.csr_matrix) -> sparse.csr_matrix:
    """Parts of the terms that each report holds."""
    held = sparse.csr_matrix(matrix[:, : moved.shape[1]] != 0)
    return sparse.csr_matrix(moved.multiply(held))


def _strongest_words(text: str, moved: Sequence[tuple[int, int, float]], n_up: int, n_down: int) -> list[Term]:
    """Words by place and part; of a word that stands several times, the place that moved most."""
    strongest: dict[str, Term] = {}
    for start, end, weight in moved:
        name = text[start:end].lower()
        if name not in strongest or abs(weight) > abs(strongest[name].weight):
            strongest[name] = Term(name, weight, start, end)
    ordered = sorted(strongest.values(), key=lambda term: (-term.weight, term.start))
    up = [term for term in ordered[:n_up] if term.weight > 0]
    down = [term for term in ordered[::-1][:n_down] if term.weight < 0]
    return [*up, *down]


def _places(counts: CountVectorizer, text: str, wanted: set[str]) -> dict[str, tuple[int, int]]:
    """First place of each wanted term in the text as written, found by the vectoriser's own reading of it."""
    shortest, longest = counts.ngram_range
    words = list(_words(counts, text))
    places: dict[str, tuple[int, int]] = {}
    for n in range(shortest, longest + 1):
        for first in range(len(words) - n + 1):
            name = " ".join(word for word, _, _ in words[first : first + n])
            if name in wanted and name not in places:
                places[name] = (words[first][1], words[first + n - 1][2])
    return places


def _words(counts: CountVectorizer, text: str) -> Iterator[tuple[str, int, int]]:
    unread = set(counts.get_stop_words() or ())
    for match in re.finditer(counts.token_pattern, text):
        word = match.group().lower() if counts.lowercase else match.group()
        word = strip_accents_unicode(word) if counts.strip_accents == "unicode" else word
        if word not in unread:
            yield word, match.start(), match.end()
