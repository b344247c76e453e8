"""The words of the world: varied, hard for a keyword rule, possible for a learned model, in professional register."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score
from sklearn.model_selection import GroupKFold, cross_val_predict

from pipelines import synthesis
from pipelines.synthesis.core import grammar, world
from pipelines.synthesis.reports import mixes, slips, subjects, texts
from pipelines.synthesis.reports.phrases import writers
from schemas import codes

# What a force's search would look for. No stemming beyond word ends, as such searches are.
KEYWORDS = re.compile(
    r"\b(groom\w*|exploit\w*|cse|csa|csae|iioc|indecent|sexual\w*|sextort\w*|under-?age|nude|paedo\w*|abus\w*)\b", re.I
)
# Words that have no place in a report for other eyes, whatever it is about.
GRAPHIC = re.compile(
    r"\b(rap(e|ed|ing)|penetrat\w*|genital\w*|naked|intercourse|molest(ed|ing)|porn\w*|whore|slut|pervert)\b", re.I
)


@dataclass(frozen=True)
class Reports:
    texts: list[str]
    sentences: list[str]
    is_csae: np.ndarray
    has_csae_tag: np.ndarray
    hidden_by: np.ndarray
    content: np.ndarray
    is_duplicate: np.ndarray
    words: texts.Words  # of the first force


@pytest.fixture(scope="module")
def reports() -> Reports:
    """Eight thousand reports of the five default forces."""
    planet = world.make(1, date(2026, 3, 28), 1, 8000, synthesis.DEFAULT_FORCES)
    parts: list[tuple[subjects.Latent, texts.Words]] = []
    for force in planet.forces:
        latent = subjects.Latent(planet, force, np.arange(force.n_reports))
        parts.append((latent, texts.Words(latent)))
    found: list[str] = []
    for _, words in parts:
        columns = [words.titles.to_pylist(), *(i.to_pylist() for i in words.items)]
        found += ["\n".join(t for t in row if t) for row in zip(*columns, strict=True)]
    tags = [subjects.recorded_tags(latent)[:, : len(codes.CSAE_TAGS)].any(axis=1) for latent, _ in parts]
    return Reports(
        texts=found,
        sentences=[s for _, words in parts for s in words._sentences.to_pylist()],
        is_csae=np.concatenate([latent.is_csae for latent, _ in parts]),
        has_csae_tag=np.concatenate(tags),
        hidden_by=np.concatenate([latent.hidden_by for latent, _ in parts]),
        content=np.concatenate([latent.content for latent, _ in parts]),
        is_duplicate=np.concatenate([latent.is_duplicate for latent, _ in parts]),
        words=parts[0][1],
    )


def test_prevalence_and_hidden_share(reports: Reports) -> None:
    hidden = reports.is_csae & ~reports.has_csae_tag
    assert 0.03 < reports.is_csae.mean() < 0.05
    assert 0.22 < hidden.sum() / reports.is_csae.sum() < 0.38
    by = np.bincount(reports.hidden_by[hidden], minlength=3) / hidden.sum()
    assert 0.35 < by[0] < 0.65, "about half at random"
    assert min(by[1], by[2]) > 0.1, "the rest by force and by phrasing"
    wrong = reports.has_csae_tag & ~reports.is_csae
    assert 0 < wrong.mean() < 0.01, "labels are noisy the other way too"


def test_texts_are_varied(reports: Reports) -> None:
    distinct = len(set(reports.texts)) / len(reports.texts)
    sentences = len(set(reports.sentences)) / len(reports.sentences)
    combinations = sum(_n_combinations(t, reports.words) for pool in mixes.POOLS.values() for t in pool)
    print(
        f"distinct texts {distinct:.3f}, distinct sentences {sentences:.3f}, sentences that can be: {combinations:.1e}"
    )
    assert combinations > 1e7
    assert distinct > 0.99
    assert sentences > 0.5, "short routine sentences recur, as they do in the field; the rest does not"
    skeletons = _n_skeletons(reports.sentences)
    assert skeletons > 5_000, "sentences differ in their words and not only in names and numbers"


def _n_combinations(template: str, words: texts.Words) -> float:
    """Texts that a template can make: its own choices times its slots' values in one force's reports."""
    slots = set(re.findall(r"\{(\w+)\}", template))
    return grammar.variants(template) * float(np.prod([len(words._slots(s).unique()) for s in slots]))


def _n_skeletons(sentences: list[str]) -> int:
    """Distinct sentences once names, numbers and places (capitals and digits) are taken out."""
    return len({re.sub(r"\b[A-Z][\w']*|\d+|£", "_", s) for s in sentences})


def test_keyword_rule_finds_well_under_half_of_the_hidden_tags(reports: Reports) -> None:
    hits = np.array([bool(KEYWORDS.search(t)) for t in reports.texts])
    untagged = ~reports.has_csae_tag
    hidden = reports.is_csae & untagged
    found = (hits & hidden).sum() / hidden.sum()
    precision = (hits & hidden).sum() / (hits & untagged).sum()
    print(f"keyword rule: finds {found:.0%} of {hidden.sum()} hidden tags, at a precision of {precision:.1%}")
    assert 0.1 < found < 0.45
    assert precision < 0.1, "the same words stand in reports about other things"


@pytest.mark.slow
def test_a_learned_model_finds_more_but_not_all(reports: Reports) -> None:
    """TF-IDF with logistic regression on the recorded tags, out of fold, judged on the untagged reports."""
    untagged = ~reports.has_csae_tag
    hidden = reports.is_csae & untagged
    features = TfidfVectorizer(sublinear_tf=True, min_df=3).fit_transform(reports.texts)
    scores = cross_val_predict(
        LogisticRegression(C=10, max_iter=300),
        features,
        reports.has_csae_tag,
        groups=reports.content,
        cv=GroupKFold(3),
        method="predict_proba",
    )[:, 1]
    counts = np.array([len(KEYWORDS.findall(t)) for t in reports.texts])
    learned = average_precision_score(hidden[untagged], scores[untagged])
    rule = average_precision_score(hidden[untagged], counts[untagged])
    print(f"average precision on hidden tags: learned {learned:.2f}, keyword rule {rule:.2f}")
    assert learned > rule + 0.1
    assert 0.2 < learned < 0.75


def test_register_is_professional(reports: Reports) -> None:
    graphic = [t for t in reports.texts if GRAPHIC.search(t)]
    assert not graphic, graphic[:3]
    templates = [t for pool in mixes.POOLS.values() for t in pool]
    assert not [t for t in templates if GRAPHIC.search(t)]


def test_duplicates_say_nearly_the_same_under_another_number(reports: Reports) -> None:
    by_content: dict[int, list[str]] = {}
    for key, text in zip(reports.content.tolist(), reports.texts, strict=True):
        by_content.setdefault(key, []).append(text)
    pairs = [several for several in by_content.values() if len(several) > 1]
    assert 0.01 < reports.is_duplicate.mean() < 0.03
    assert len(pairs) > 50
    for one, other, *_ in pairs:
        assert one != other
    shared = [len(set(a.lower().split()) & set(b.lower().split())) / len(set(a.lower().split())) for a, b, *_ in pairs]
    assert np.median(shared) > 0.8


def test_negations_hearsay_abbreviations_and_slips_occur(reports: Reports) -> None:
    everything = "\n".join(reports.texts)
    for what in (
        "NFA",
        " & ",
        "veh",
        "no indicators",
        "rumour",
        "susp ",
        "MISPER",
        "YP",
        "beleived",
        "£",
        "Intelligence suggests",
    ):
        assert what in everything, what
    assert any(t.isupper() for t in everything.split("\n") if len(t) > 60), "some call handlers write in capitals"


def test_templates_use_known_slots_and_styles() -> None:
    """Every slot that a phrase names can be filled: a misspelt slot would only fail on the rare row that draws it."""
    planet = world.make(1, date(2026, 3, 28), 1, 100, ("36",))
    words = texts.Words(subjects.Latent(planet, planet.forces[0], np.arange(100)))
    pools = [*mixes.POOLS.values(), mixes.CORRECTIONS, writers.PROVENANCE, writers.TITLES_CHILD, writers.TITLES_GENERIC]
    slots = {s for pool in (*pools, *writers.TITLES_TOPIC.values()) for t in pool for s in re.findall(r"\{(\w+)\}", t)}
    for slot in sorted(slots):
        values = words._slots(slot)
        assert len(values) == 100, slot
        assert values.null_count == 0, slot
    for style in writers.STYLES:
        assert writers.ADMIN[style]
        assert writers.ABBREVIATIONS[style]


def test_typos_keep_utf8_and_change_one_letter_at_most() -> None:
    planet = world.make(1, date(2026, 3, 28), 1, 100, ("36",))
    before = pa.array(["Renée said £40 was owed", None, "ab", "the vehicle was seen", ""] * 50)
    keys = np.arange(len(before))
    after = slips.typos(before, np.ones(len(before), dtype=bool), planet.draw, "test", keys)
    changed = 0
    for one, other in zip(before.to_pylist(), after.to_pylist(), strict=True):
        if one is None or len(one) < 4:
            assert other == one
            continue
        changed += one != other
        assert len(one) - 1 <= len(other) <= len(one)
        assert other.count("£") == one.count("£")
    assert changed > 30
