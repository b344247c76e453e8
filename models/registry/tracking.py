"""A comparison as MLflow's users read it: a parent run, a nested run per candidate, and a model that loads per run.

Runs last as long as the training did, not as long as it takes to write them down. Figures are linked to the logged
model and to the data, so that searching, comparing and charting work on runs and on models alike. No text of a report
is kept.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import mlflow
import numpy as np
import pandas as pd
from mlflow.entities import Dataset, DatasetInput, InputTag, Metric, Param, Run, RunTag
from mlflow.utils.mlflow_tags import MLFLOW_DATASET_CONTEXT, MLFLOW_GIT_COMMIT, MLFLOW_PARENT_RUN_ID, MLFLOW_RUN_NOTE

from models.evaluation import metrics
from models.registry import packaging
from models.training import comparison, plots

KIND = {"mlflow.experimentKind": "custom_model_development"}  # opens as machine learning, not as agents
ABOUT = (
    "Which classifier finds reports that miss their CSAE tag. Each parent run compares all candidates on the same "
    "grouped folds; its nested runs hold one candidate each, with figures out of fold. A random order and a keyword "
    "rule are baselines: compared, never registered. Durations are CPU seconds of training."
)
ABOUT_OUTSIDE = (
    "The candidates compared on data sets from outside, which `nightjar train dataset` read: for whoever wants to "
    "check them on data of their own. Nothing here is registered, and no night uses it."
)
ABOUT_REFITS = (
    "The champion's kind, fitted again in a night with what analysts answered since, and the baselines that it has to "
    "beat. What met the criteria is a version of the registered model (tag `refit_of`); which kind is best is compared "
    "in the experiment `reclassify`."
)
_SHOWN = ("average_precision", "recall_no_tag", "calibration_error", "deletion_fidelity", "ms_per_report")
SOURCE_TYPE = "delta_table"  # as MLflow names a version of a Delta table
FILE_TYPE = "local"  # as MLflow names a file
_MOST_AT_ONCE = 1000  # metrics of one call to MLflow


@dataclass(frozen=True)
class Input:
    """A table that a comparison learnt from, at its version. `location` is a folder, or a three-level name.

    Without a version it is a file from outside.
    """

    table: str
    location: str
    version: int | None = None

    @property
    def source(self) -> tuple[str, dict[str, str | int]]:
        """Kind of source and where it is, as MLflow writes them."""
        if self.version is None:
            return FILE_TYPE, {"uri": self.location}
        return SOURCE_TYPE, {"path": self.location, "delta_table_version": self.version}


def log(
    client: mlflow.MlflowClient,
    experiment: str,
    compared: comparison.Comparison,
    tags: Mapping[str, str],
    extra: Mapping[str, Mapping[str, float]],
    inputs: Sequence[Input],
    scratch: Path,
) -> str:
    """Log a comparison. Returns the parent's run id.

    Args:
        extra: more figures by candidate, for example from a synthetic world's truth.
        inputs: tables that the reports came from.
        scratch: folder for the models' files while they are put together.
    """
    tags = {**tags, "fold_hash": compared.fold_hash, "seed": str(compared.seed), **_commit(tags)}
    data = _datasets(compared, inputs)
    best = str(compared.table()["name"].iloc[0])
    name = f"comparison {tags.get('night', tags.get('dataset', ''))}".strip()
    note = {MLFLOW_RUN_NOTE: _summary(compared, tags), "best": best}
    parent = client.create_run(experiment, _ms(compared.began_at), tags={**tags, **note}, run_name=name)
    run = str(parent.info.run_id)
    try:
        client.log_batch(run, params=_params({**_shared(compared), **_left_out(compared)}))
        client.log_inputs(run, data)
        _log_metrics(client, run, _figures(compared, best, extra), data)
        _log_tables(client, run, compared)
        for result in compared.results:
            _log_candidate(client, experiment, run, compared, result, tags, extra, data, scratch)
    except BaseException:
        client.set_terminated(run, "FAILED")
        raise
    client.set_terminated(run, end_time=_ms(compared.ended_at))
    return run


def child(client: mlflow.MlflowClient, parent: str, candidate: str) -> Run | None:
    """The nested run of a candidate."""
    experiment = client.get_run(parent).info.experiment_id
    wanted = f"tags.`{MLFLOW_PARENT_RUN_ID}` = '{parent}' and tags.candidate = '{candidate}'"
    runs = client.search_runs([experiment], wanted, max_results=1)
    return runs[0] if runs else None


def model_id(run: Run | None) -> str | None:
    """Id of the model that a run logged."""
    outputs = run.outputs.model_outputs if run is not None and run.outputs is not None else []
    return str(outputs[0].model_id) if outputs else None


def judged(client: mlflow.MlflowClient, parent: str, refused: Mapping[str, Sequence[str]]) -> None:
    """Tag each candidate's run and model with whether it meets the criteria of promotion, and if not, why."""
    for candidate, reasons in refused.items():
        run = child(client, parent, candidate)
        if run is None:
            continue
        tags = {"meets_criteria": str(not reasons).lower(), **({"refused": "; ".join(reasons)} if reasons else {})}
        client.log_batch(run.info.run_id, tags=_tags(tags))
        logged = model_id(run)
        if logged is not None:
            client.set_logged_model_tags(logged, tags)


def _log_candidate(
    client: mlflow.MlflowClient,
    experiment: str,
    parent: str,
    compared: comparison.Comparison,
    result: comparison.Result,
    tags: Mapping[str, str],
    extra: Mapping[str, Mapping[str, float]],
    data: Sequence[DatasetInput],
    scratch: Path,
) -> None:
    candidate = result.candidate
    own = {**tags, **_tie(compared, candidate.name), "candidate": candidate.name, "family": candidate.family}
    about = {MLFLOW_PARENT_RUN_ID: parent, MLFLOW_RUN_NOTE: describe(result, tags)}
    begun = compared.began_at
    made = client.create_run(experiment, _ms(begun), tags={**own, **about}, run_name=candidate.name)
    run = str(made.info.run_id)
    settings = {f"setting.{name}": value for name, value in result.parameters.items()}
    grid = {"candidate": candidate.name, "family": candidate.family, "reads": candidate.vectoriser}
    tried = {"grid": json.dumps(candidate.grid, default=str)}
    client.log_batch(run, params=_params({**_shared(compared), **grid, **tried, **settings}))
    client.log_inputs(run, data)
    logged = None
    if result.pipeline is not None:
        intervals = {"calibration_intervals": result.intervals.to_dict("list")}
        with mlflow.start_run(run_id=run):
            logged = str(packaging.log(result, scratch, intervals, own).model_id)
    _log_metrics(client, run, _figures(compared, candidate.name, extra), data, logged)
    for step, figures in enumerate(_by_fold(compared, result), start=1):
        _log_metrics(client, run, figures, data, logged, step)
    label = compared.reports["label"].to_numpy(dtype=bool)
    client.log_figure(run, plots.curve(label, result), "precision_recall.png")
    client.log_figure(run, plots.reliability(label, result), "reliability.png")
    own_s = compared.spent.loc[compared.spent["candidate"] == candidate.name, "seconds"].sum()
    client.set_terminated(run, end_time=_ms(begun + float(own_s)))


def describe(result: comparison.Result, tags: Mapping[str, str]) -> str:
    """What a candidate is and what it reached, in a sentence for people."""
    candidate = result.candidate
    settings = ", ".join(f"{name} {value}" for name, value in result.parameters.items())
    reads = "the text itself" if candidate.vectoriser == "text" else f"{candidate.vectoriser} of words and pairs"
    return (
        f"{candidate.name}: {candidate.family} on {reads}{f' ({settings})' if settings else ''}. Average precision "
        f"{result.metrics['average_precision']:.3f} out of fold on {int(result.metrics['n_reports']):,} reports "
        f"{_origin(tags)}. Takes one text per row, gives the calibrated probability of "
        f"CSAE: a reason to look, not a finding."
    )


def _origin(tags: Mapping[str, str]) -> str:
    """Where reports come from, in words."""
    return f"of {tags['dataset']}" if "dataset" in tags else f"known in the night of {tags.get('night', 'unknown')}"


def _shared(compared: comparison.Comparison) -> dict[str, Any]:
    return {
        "n_reports": len(compared.reports),
        "n_positives": int(compared.reports["label"].sum()),
        "capacity": compared.capacity,
        "n_folds": compared.folds.n_folds,
        "n_partitions": len(compared.partitions),
        "fold_hash": compared.fold_hash,
        "seed": compared.seed,
        "data_digest": data_digest(compared),
    }


def _left_out(compared: comparison.Comparison) -> dict[str, Any]:
    excluded = {f"n_excluded_{why}": n for why, n in compared.n_excluded.items()}
    return {**excluded, **{f"not_installed_{name}": why for name, why in compared.not_installed.items()}}


def data_digest(compared: comparison.Comparison) -> str:
    """First sixteen digits of the SHA-256 of which versions of which reports trained, and with which label."""
    rows = compared.reports.sort_values("report_id")[["report_id", "text_hash", "label"]]
    return hashlib.sha256(pd.util.hash_pandas_object(rows, index=False).to_numpy().tobytes()).hexdigest()[:16]


def _datasets(compared: comparison.Comparison, inputs: Sequence[Input]) -> list[DatasetInput]:
    """The tables as MLflow's datasets: where, which version, how many, how rare; nothing of what they say."""
    reports = compared.reports
    profile = {
        "n_reports": len(reports),
        "n_positives": int(reports["label"].sum()),
        "prevalence": round(float(reports["label"].mean()), 6),
        **{f"n_excluded_{why}": n for why, n in compared.n_excluded.items()},
    }
    context = [InputTag(MLFLOW_DATASET_CONTEXT, "training")]
    return [
        DatasetInput(
            Dataset(
                name=each.table,
                digest=data_digest(compared),
                source_type=each.source[0],
                source=json.dumps(each.source[1]),
                profile=json.dumps(profile if each.version is None else {"table_version": each.version, **profile}),
            ),
            context,
        )
        for each in inputs
    ]


def _figures(compared: comparison.Comparison, name: str, extra: Mapping[str, Mapping[str, float]]) -> dict[str, float]:
    """All figures of a candidate, ends of intervals and recall per force among them."""
    result = compared.result(name)
    row = compared.table().set_index("name").loc[name].drop("family")
    forces = zip(result.by_force["force"], result.by_force["recall"].astype(float), strict=True)
    figures: dict[str, Any] = {
        **{str(key): value for key, value in row.items() if not isinstance(value, bool | np.bool_)},
        **extra.get(name, {}),
        **{f"recall_force_{force}": recall for force, recall in forces},
    }
    return {str(key): float(value) for key, value in figures.items() if pd.notna(value)}


def _by_fold(compared: comparison.Comparison, result: comparison.Result) -> Iterator[dict[str, float]]:
    """Figures of each fold, partition after partition."""
    label = compared.reports["label"].to_numpy(dtype=bool)
    for partition, scores in zip(compared.partitions, result.by_partition, strict=False):  # a dear candidate has fewer
        for number in np.unique(partition.fold):
            own, score = label[partition.fold == number], scores[partition.fold == number]
            yield {
                "fold_average_precision": metrics.average_precision(own, score),
                "fold_brier": metrics.brier(own, score),
                "fold_prevalence": float(own.mean()),
            }


def _tie(compared: comparison.Comparison, name: str) -> dict[str, str]:
    table = compared.table().set_index("name")
    return {"tie_with_best": str(bool(table.loc[name, "ap_is_tie"])).lower()} if "ap_is_tie" in table else {}


def _summary(compared: comparison.Comparison, tags: Mapping[str, str]) -> str:
    """The comparison as a small table in Markdown."""
    table = compared.table()
    shown = [column for column in _SHOWN if column in table]
    lines = [
        f"{len(compared.reports):,} reports {_origin(tags)}, "
        f"{int(compared.reports['label'].sum()):,} with a CSAE tag; {compared.folds.n_folds} folds, "
        f"dealt {len(compared.partitions)} times.",
        "",
        f"| candidate | {' | '.join(column.replace('_', ' ') for column in shown)} |",
        f"|---|{'---:|' * len(shown)}",
        *(
            f"| {row['name']} | {' | '.join(f'{row[column]:.3f}' for column in shown)} |"
            for row in table.to_dict("records")
        ),
    ]
    return "\n".join(lines)


def _log_tables(client: mlflow.MlflowClient, run: str, compared: comparison.Comparison) -> None:
    client.log_table(run, compared.table(), "comparison.json")
    for reading, table in compared.differences.items():
        client.log_table(run, table, f"differences_{reading}.json")
    client.log_table(run, compared.spent.groupby(["candidate", "stage"], as_index=False).sum(), "seconds.json")
    client.log_figure(run, plots.curves(compared), "precision_recall.png")


def _log_metrics(
    client: mlflow.MlflowClient,
    run: str,
    figures: Mapping[str, float],
    data: Sequence[DatasetInput],
    logged: str | None = None,
    step: int = 0,
) -> None:
    """Figures of a run, of the model that it logged, and of the first of its datasets."""
    dataset = data[0].dataset if data else None
    now = int(pd.Timestamp.now("UTC").timestamp() * 1000)
    rows = [
        Metric(
            key, value, now, step, model_id=logged, run_id=run,
            dataset_name=dataset.name if dataset else None, dataset_digest=dataset.digest if dataset else None,
        )
        for key, value in figures.items()
    ]  # fmt: skip
    for start in range(0, len(rows), _MOST_AT_ONCE):
        client.log_batch(run, metrics=rows[start : start + _MOST_AT_ONCE])


def _params(values: Mapping[str, Any]) -> list[Param]:
    return [Param(name, str(value)) for name, value in values.items()]


def _tags(values: Mapping[str, str]) -> list[RunTag]:
    return [RunTag(name, value) for name, value in values.items()]


def _commit(tags: Mapping[str, str]) -> dict[str, str]:
    """The commit where MLflow's pages look for it."""
    return {MLFLOW_GIT_COMMIT: tags["code_commit"]} if "code_commit" in tags else {}


def _ms(seconds: float) -> int:
    """Milliseconds since the epoch."""
    return int(seconds * 1000)
