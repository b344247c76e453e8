"""A data set from outside: what is wrong in it is said with row and column, and it is compared as reports are."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score

from jobs.cli import main as cli_main
from jobs.training import dataset
from models.candidates import candidates
from schemas.errors import InvalidInputError
from tests.models import frames

COLUMNS = dataset.Columns("text", "label", "person")


def written(folder: Path, content: str | bytes) -> Path:
    file = folder / "given.csv"
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return file


def test_rows_are_read_with_their_groups(tmp_path: Path):
    text = '\ufefftext,person,label,more\r\n"one, ""two""\nthree",a, YES ,x\r\n,b,0,y\r\nfour,,false,z\r\n'
    frame = dataset.read(written(tmp_path, text), COLUMNS, max_rows=10)
    assert frame["text"].tolist() == ['one, "two"\nthree', "", "four"]
    assert frame["label"].tolist() == [True, False, False]
    assert frame["person_ids"].tolist() == [["a"], ["b"], []]
    assert frame["stratum"].tolist() == ["CSAE", "NO_TAG", "NO_TAG"]
    assert frame["report_id"].is_unique


HEAD = "text,label,person\n"
REFUSED = {
    "empty": ("", r"given.csv, row 1: no column text; there is nothing"),
    "no row": (HEAD, "a header and no row"),
    "other separator": ("text;label;person\na;1;b\n", r"row 1: no column text; there is text;label;person .*comma"),
    "column twice": ("text,label,person,label\na,1,b,0\n", "row 1: more than one column label"),
    "label": (HEAD + "a,1,b\nc,maybe,d\n", r"row 3, column label: 'maybe' is none of 1, true"),
    "label missing": (HEAD + "a,1,b\nc,,d\n", r"row 3, column label: ''"),
    "label of 1.0": (HEAD + "a,1.0,b\n", r"row 2, column label: '1.0'"),
    "too few fields": (HEAD + "a,1,b\nc,0\n", "row 3: 2 fields for 3 columns"),
    "too many fields": (HEAD + "a, and more,1,b\n", "row 2: 4 fields for 3 columns"),
    "open quotation mark": (HEAD + 'a,1,b\n"c,0,d\ne,1,f\n', "row 3: not CSV"),
    "mark within": (HEAD + '"a"b,1,c\n', "row 2: not CSV"),
    "Latin-1": (HEAD.encode() + "a,1,b\ncaf\xe9,0,d\n".encode("latin-1"), "not UTF-8"),
    "UTF-16": ((HEAD + "a,1,b\n").encode("utf-16"), "not UTF-8"),
    "zero byte": (HEAD + "a\0b,1,c\n", "row 2"),
    "one class": (HEAD + "a,1,b\nc,yes,d\n", "column label: each of 2 rows is 1"),
    "other class": (HEAD + "a,0,b\n", "column label: each of 1 rows is 0"),
    "too many": (HEAD + "a,1,b\n" * 11, "more than 10 rows"),
    "long field": (HEAD + "a" * 200_000 + ",1,b\n", "row 2: not CSV"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_read_is_said_with_its_place(name: str, tmp_path: Path):
    content, said = REFUSED[name]
    with pytest.raises(InvalidInputError, match=said):
        dataset.read(written(tmp_path, content), COLUMNS, max_rows=10)


def test_one_column_is_not_two_things(tmp_path: Path):
    with pytest.raises(InvalidInputError, match="columns of their own"):
        dataset.read(written(tmp_path, "text,label\na,1\n"), dataset.Columns("text", "text"), max_rows=10)


def _ridge(seed: int, **parameters: Any) -> LogisticRegression:
    return LogisticRegression(class_weight="balanced", random_state=seed, **parameters)


ADDED = candidates.Candidate("tfidf_ridge", "logistic", "tfidf", _ridge, ({"C": 1.0}, {"C": 0.1}))


@pytest.mark.slow
def test_a_file_is_compared_and_logged_and_a_candidate_is_one_entry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    import mlflow

    monkeypatch.setenv("NIGHTJAR_HOME", str(tmp_path / "home"))
    settings = tmp_path / "settings.yaml"
    settings.write_text("training: {n_folds: 3, n_inner: 2, n_partitions: 2}\n")
    monkeypatch.setenv("NIGHTJAR_SETTINGS", str(settings))
    monkeypatch.setattr(candidates, "CANDIDATES", (*candidates.CANDIDATES, ADDED))
    frame = frames.training_frame(n=180)
    file = tmp_path / "theirs.csv"
    with file.open("w", newline="") as stream:
        rows = csv.writer(stream)
        rows.writerow(["body", "is_it", "who"])
        rows.writerows(zip(frame["text"], frame["label"].astype(int), frame["person_ids"].str[0], strict=True))
    words = ["train", "dataset", str(file), "--text", "body", "--label", "is_it", "--group", "who", "--capacity", "30"]
    chosen = ["--candidate", "random_order", "--candidate", "tfidf_ridge"]
    told = CliRunner().invoke(cli_main.main, [*words, *chosen, "--json"])
    assert told.exit_code == 0, told.output
    made = json.loads(told.stdout)
    rows_by_name = {row["name"]: row for row in made["candidates"]}
    assert set(rows_by_name) == {"random_order", "tfidf_ridge"}
    assert rows_by_name["tfidf_ridge"]["average_precision"] > 0.6 > rows_by_name["random_order"]["average_precision"]
    assert (made["n_reports"], made["n_positives"]) == (180, int(frame["label"].sum()))

    client = mlflow.MlflowClient(f"sqlite:///{tmp_path / 'home' / 'mlflow' / 'mlflow.db'}")
    assert client.search_registered_models() == []
    (experiment,) = [e for e in client.search_experiments() if e.name != "Default"]
    assert experiment.name == "outside"
    parent = client.get_run(made["run"])
    assert parent.info.experiment_id == experiment.experiment_id
    assert parent.data.tags["dataset"] == "theirs.csv"
    (given,) = parent.inputs.dataset_inputs
    assert json.loads(given.dataset.source)["uri"] == str(file)
    (logged,) = client.search_logged_models([experiment.experiment_id])
    model = mlflow.pyfunc.load_model(logged.model_uri)
    score = model.predict(frame[["text"]])
    assert average_precision_score(frame["label"], np.asarray(score)) > 0.6  # it has read these rows

    unknown = CliRunner().invoke(cli_main.main, [*words, "--candidate", "nonesuch"])
    assert unknown.exit_code == 1
    assert "no such candidate: nonesuch" in unknown.stderr
