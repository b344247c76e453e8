"""Sections of training and of the queue of reports: candidates, promotion, capacity, review, certificates."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from jobs.runtime.sections import types as t
from schemas.validation import Part

Candidate = Literal[
    "random_order", "keyword_rule", "count_bayes", "count_logistic", "count_svc", "count_tree", "count_forest",
    "count_xgboost", "tfidf_bayes", "tfidf_logistic", "tfidf_svc", "tfidf_tree", "tfidf_forest", "tfidf_xgboost",
    "tfidf_topics_logistic", "bert_compact", "bert",
]  # fmt: skip


class Bert(Part):
    """The BERT that the candidate `bert` stands for."""

    weights: t.Text | None
    n_layers: t.Count
    hidden: t.Count
    pretrain_epochs: t.CountOrNone
    epochs: t.Count
    max_windows: t.Count


class FirstTraining(Part):
    """Training within a night that has no champion yet."""

    max_reports: t.Count
    n_sets: t.Count | None
    n_partitions: t.Count
    n_partitions_dear: t.Count
    candidates: list[Candidate] = Field(min_length=1)


class Refit(Part):
    """The champion fitted again in a night."""

    is_on: bool
    min_answers: t.Count
    max_reports: t.Count


class Training(Part):
    """The comparison of candidates."""

    model: t.Text
    candidates: list[Candidate] = Field(min_length=1)
    n_folds: t.Folds
    n_inner: t.Folds | None
    n_sets: t.Count | None
    n_partitions: t.Count
    n_partitions_dear: t.Count
    max_reports: t.Count
    bert: Bert
    first: FirstTraining
    refit: Refit


class Promotion(Part):
    """When a classifier may become champion."""

    beats_baselines_by: t.Difference
    calibration_error_at_most: t.NotNegative
    transparency_at_least: t.Difference
    force_recall_at_least: t.Share
    force_positives_at_least: t.Count


class Queue(Part):
    """Rows of the queue of reports."""

    capacity: t.Count
    capacity_by_force: dict[t.Force, t.CountOrNone]


class Review(Part):
    """What is drawn for review, as shares of a force's capacity."""

    random_share: t.Share
    blind_share: t.Share
    second_share: t.Share
    is_reordered: bool
    duplicates_pool: t.Count
    similar_pool: t.Count


class Exposure(Part):
    """What a reviewer is shown of distressing material."""

    cap_per_reviewer: t.Count
    is_text_masked: bool


class Certificate(Part):
    """The share of hidden reports that a force wants to be able to say were found."""

    target: t.Inside
    alpha: t.Inside
    frame_nights: t.Count


class Overtagged(Part):
    """The queue of recorded tags that look wrong."""

    is_on: bool
    capacity: t.Count
