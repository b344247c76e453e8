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
    weights: t.Text | None
    n_layers: t.Count
    hidden: t.Count
    pretrain_epochs: t.CountOrNone
    epochs: t.Count
    max_windows: t.Count


class FirstTraining(Part):
    max_reports: t.Count
    n_sets: t.Count | None
    candidates: list[Candidate] = Field(min_length=1)


class Training(Part):
    model: t.Text
    candidates: list[Candidate] = Field(min_length=1)
    n_folds: t.Folds
    n_inner: t.Folds | None
    n_sets: t.Count | None
    max_reports: t.Count
    bert: Bert
    first: FirstTraining


class Promotion(Part):
    beats_baselines_by: t.Difference
    calibration_error_at_most: t.NotNegative
    transparency_at_least: t.Difference
    force_recall_at_least: t.Share
    force_positives_at_least: t.Count


class Queue(Part):
    capacity: t.Count
    capacity_by_force: dict[t.Force, t.CountOrNone]


class Review(Part):
    random_share: t.Share
    blind_share: t.Share
    second_share: t.Share
    duplicates_pool: t.Count
    similar_pool: t.Count


class Exposure(Part):
    cap_per_reviewer: t.Count
    is_text_masked: bool


class Certificate(Part):
    target: t.Inside
    alpha: t.Inside
    frame_nights: t.Count


class Overtagged(Part):
    is_on: bool
    capacity: t.Count
