"""What classifiers read, and what the keyword rule says."""

from __future__ import annotations

import pytest
from sklearn.base import clone

from models.candidates import candidates, keyword_rule
from models.text import vocabulary


def test_names_are_unique_and_builds_are_unfitted():
    names = [candidate.name for candidate in candidates.CANDIDATES]
    assert len(names) == len(set(names))
    for candidate in candidates.CANDIDATES:
        assert candidate.vectoriser in (*candidates.VECTORISERS, candidates.RAW_TEXT)
        assert candidate.family in candidates.FAMILIES
        built = candidate.build(7, **candidate.grid[0])
        assert not hasattr(built, "classes_")
        clone(built)


def test_an_unknown_name_is_refused():
    with pytest.raises(ValueError, match="no such candidate: nonesuch"):
        candidates.named(["nonesuch"])


def test_protected_and_function_words_and_long_numbers_are_not_read():
    analyse = candidates.word_counts().build_analyzer()
    text = "A Somali male, IC3, of Polish nationality, the caller: 14yo not seen since 2024, ring 07700900123"
    read = {word for term in analyse(text) for word in term.split()}
    assert read == {"male", "caller", "14yo", "not", "seen", "ring"}  # negation and age stay
    assert not read & set(vocabulary.PROTECTED_WORDS)


def test_keyword_rule_counts_each_phrase_once_and_ignores_negation():
    # "groomed" 2; "child" 0.5; "gifts" 0.5; twice "gifts" is still 0.5
    assert keyword_rule.points(["child groomed with gifts, gifts"]).tolist() == [3.0]
    assert keyword_rule.points(["no sign of grooming"]).tolist() == keyword_rule.points(["grooming"]).tolist() == [2.0]
    assert keyword_rule.points(["a quiet evening"]).tolist() == [0.0]


def test_the_thirteen_and_two_baselines_are_there():
    six = ("bayes", "logistic", "svc", "tree", "forest", "xgboost")
    by_name = {candidate.name: candidate for candidate in candidates.CANDIDATES}
    assert set(candidates.BAG_OF_WORDS) == {f"{reading}_{family}" for reading in ("count", "tfidf") for family in six}
    assert all(len(by_name[name].grid) > 1 for name in candidates.BAG_OF_WORDS)  # each is searched
    assert {c.name for c in candidates.CANDIDATES if c.is_baseline} == {"random_order", "keyword_rule"}
    assert by_name["bert_compact"].vectoriser == candidates.RAW_TEXT


def test_a_bert_is_named_for_its_weights_and_never_for_what_it_is_not():
    assert candidates.fine_tuned().name == "bert_compact"
    assert candidates.fine_tuned("/models/bert-base-uncased").name == "bert_bert_base_uncased"
