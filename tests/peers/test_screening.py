"""Real text that nobody here wrote, through the public door: the screening set as a sender by one YAML.

2,019 titles and abstracts, 101 of them relevant. Relevance is the tag; 30 % of the tags are deleted at random; everyone
is in scope. The night trains, scores and publishes; how many of the deleted tags are in the first 2 x deleted rows? One
hiding goes through a whole night. Of the others the reports are ranked as that night's training ranks them, which the
night's own queue is seen to follow row by row, near-duplicates apart.

Plain TF-IDF with logistic regression, scored out of fold on the same deletions, finds 0.51 of them as a mean of five
seeds.
"""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.pipeline import make_pipeline

from jobs.night import run as night_run
from jobs.runtime import settings
from jobs.runtime.context import RunContext
from jobs.training import learning
from schemas import gold, review
from tests.support import whole_nights as nights

pytestmark = [pytest.mark.spark, pytest.mark.slow]
NIGHT = date(2026, 1, 5)
SEEDS = (1, 2, 3, 4, 5)
PLAIN = 0.51  # mean over five seeds of the peer, as first measured


@pytest.fixture(scope="module")
def records(shared_data: Path) -> pd.DataFrame:
    found = pd.read_csv(shared_data / "screening" / "Nagtegaal_2019.csv", keep_default_na=False)
    return found[(found["title"] + found["abstract"]).str.strip() != ""].reset_index(drop=True)


def recall(ranking: list[str], deleted: set[str]) -> float:
    return len(deleted & set(ranking[: 2 * len(deleted)])) / len(deleted)


def deleted_of(records: pd.DataFrame, seed: int) -> set[str]:
    relevant = records.loc[records["label_included"] == 1, "record_id"].astype(str).to_numpy()
    return set(np.random.default_rng(seed).choice(relevant, size=round(0.3 * len(relevant)), replace=False))


def land(home: Path, records: pd.DataFrame, deleted: set[str]) -> None:
    (home / "sources").mkdir(parents=True)
    shutil.copyfile(Path(__file__).with_name("screening.yaml"), home / "sources" / "screening.yaml")
    ids = records["record_id"].astype(str)
    is_tagged = (records["label_included"] == 1) & ~ids.isin(deleted)
    everything = pd.DataFrame({"record_id": ids, "on": "2026-01-02"})
    drops = {
        "reports": everything.assign(
            tags=np.where(is_tagged, "relevant", ""), text1=records["title"], text2=records["abstract"],
        ),
        "nominals": everything,
        "report_links": everything,
        "investigations": everything,
    }  # fmt: skip
    for feed, rows in drops.items():
        folder = home / "landing" / "screening" / feed / NIGHT.isoformat()
        folder.mkdir(parents=True)
        rows.to_csv(folder / f"{feed}.csv", index=False)
        (folder / f"{feed}.csv.done").touch()


def plain(records: pd.DataFrame, deleted: set[str], seed: int) -> list[str]:
    """The peer: plain TF-IDF with logistic regression, out of fold, over what carries no tag."""
    ids = records["record_id"].astype(str).to_numpy()
    tagged = (records["label_included"] == 1).to_numpy() & ~np.isin(ids, list(deleted))
    model = make_pipeline(TfidfVectorizer(), LogisticRegression(max_iter=1000, class_weight="balanced"))
    folds = StratifiedKFold(5, shuffle=True, random_state=seed)
    texts = (records["title"] + "\n" + records["abstract"]).to_numpy()
    score = cross_val_predict(model, texts, tagged, cv=folds, method="predict_proba")[:, 1]
    order = np.argsort(-score[~tagged], kind="stable")
    return [str(report) for report in ids[~tagged][order]]


def trained(night: settings.Settings, reports: pd.DataFrame, records: pd.DataFrame, deleted: set[str]) -> list[str]:
    """Untagged reports in the order of the classifier that a night would train where these tags are deleted."""
    relevant = "ZZ:" + records.loc[records["label_included"] == 1, "record_id"].astype(str)
    is_tagged = reports["report_id"].isin(set(relevant) - {f"ZZ:{record}" for record in deleted})
    stratum = np.where(is_tagged, "CSAE", "NO_TAG")
    frame = reports.assign(label=is_tagged, recorded=is_tagged, stratum=stratum)
    compared = learning.compared_on(night, frame, NIGHT, is_first=True)
    scores = compared.out_of_fold(compared.best().candidate.name).set_index("report_id")["score"]
    untagged = scores[scores.index.isin(reports.loc[~is_tagged, "report_id"])]
    ranked = untagged.reset_index().sort_values(["score", "report_id"], ascending=[False, True])
    return [report.removeprefix("ZZ:") for report in ranked["report_id"]]


def test_the_night_finds_deleted_tags_at_least_as_well_as_the_plain_peer(
    spark: SparkSession,
    records: pd.DataFrame,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
):
    override = tmp_path_factory.mktemp("settings") / "settings.yaml"
    # The order alone is judged here, and of the candidates the pair that the peer is to be compared with.
    shares = "{random_share: 0, blind_share: 0, second_share: 0}"
    first = "{candidates: [random_order, keyword_rule, tfidf_logistic]}"
    override.write_text(f"queue: {{capacity: 200}}\nreview: {shares}\ntraining: {{first: {first}}}\n")
    monkeypatch.setenv("NIGHTJAR_SETTINGS", str(override))
    home = tmp_path_factory.mktemp("screening")
    land(home, records, deleted_of(records, SEEDS[0]))
    ctx = RunContext(settings.load(home))
    nights.run(ctx, NIGHT)
    assert night_run.report(ctx, NIGHT)["senders"][0]["loaded"] == 4 * len(records)
    shown = ctx.lake.read(gold.QUEUE_ITEMS).where(F.col("queue") == "reclassify").orderBy("rank")
    published = [row.subject_id.removeprefix("ZZ:") for row in shown.select("subject_id").collect()]
    reports = ctx.known(NIGHT).training_reports().toPandas()
    # The queue shows one of several near-duplicates; but for them it is the first of the ranking.
    alike = {row.subject_id for row in ctx.lake.read(review.QUEUE_NEAR_DUPLICATES).select("subject_id").collect()}
    ranked = trained(ctx.settings, reports, records, deleted_of(records, SEEDS[0]))
    shown_of_it = [record for record in ranked if f"ZZ:{record}" not in alike]
    assert len(published) == 200
    assert shown_of_it[: len(published)] == published
    ours, theirs = [], []
    for seed in SEEDS:
        deleted = deleted_of(records, seed)
        order = ranked if seed == SEEDS[0] else trained(ctx.settings, reports, records, deleted)
        ours.append(recall(order, deleted))
        theirs.append(recall(plain(records, deleted, seed), deleted))
    print("recall of deleted tags in the first 2 x deleted rows, by seed")
    print(f"the night: {np.round(ours, 3)}, mean {np.mean(ours):.3f}")
    print(f"plain TF-IDF with logistic regression: {np.round(theirs, 3)}, mean {np.mean(theirs):.3f}; stated {PLAIN}")
    assert np.mean(ours) >= PLAIN
