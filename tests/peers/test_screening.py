"""Real text that nobody here wrote, through the public door: the screening set as a sender by one YAML.

2,019 titles and abstracts, 101 of them relevant. Relevance is the tag; 30 % of the tags are deleted at random; everyone
is in scope. The night trains, scores and publishes; how many of the deleted tags are in the first 2 x deleted rows?
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
from schemas import gold
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
    ours, theirs = [], []
    for seed in SEEDS:
        home = tmp_path_factory.mktemp(f"screening{seed}")
        deleted = deleted_of(records, seed)
        land(home, records, deleted)
        ctx = RunContext(settings.load(home))
        # A whole night; of the other seeds what the queue of reports is made of.
        (nights.run if seed == SEEDS[0] else nights.run_to_queue)(ctx, NIGHT)
        assert night_run.report(ctx, NIGHT)["senders"][0]["loaded"] == 4 * len(records)
        shown = ctx.lake.read(gold.QUEUE_ITEMS).where(F.col("queue") == "reclassify").orderBy("rank")
        ranking = [row.subject_id.removeprefix("ZZ:") for row in shown.select("subject_id").collect()]
        ours.append(recall(ranking, deleted))
        theirs.append(recall(plain(records, deleted, seed), deleted))
    print("recall of deleted tags in the first 2 x deleted rows, by seed")
    print(f"the night: {np.round(ours, 3)}, mean {np.mean(ours):.3f}")
    print(f"plain TF-IDF with logistic regression: {np.round(theirs, 3)}, mean {np.mean(theirs):.3f}; stated {PLAIN}")
    assert np.mean(ours) >= PLAIN
