"""What a comparison found, as plain values to keep and show, and in words for the command line."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from models.training import comparison, promotion

N_POINTS = 80  # of a precision-recall curve that is kept: enough for a figure
# Figure, heading, format, factor: columns of the command line's table.
COLUMNS = (
    ("average_precision", "avg prec", "{:.3f}", 1),
    ("recall_no_tag", "rec none", "{:.2f}", 1),
    ("precision_no_tag", "prec none", "{:.2f}", 1),
    ("recall_other_tag", "rec other", "{:.2f}", 1),
    ("precision_other_tag", "prec other", "{:.2f}", 1),
    ("calibration_error", "calib err", "{:.4f}", 1),
    ("brier", "brier", "{:.4f}", 1),
    ("deletion_fidelity", "fidelity", "{:.2f}", 1),
    ("explanation_stability", "stability", "{:.2f}", 1),
    ("ms_per_report", "ms/report", "{:.3f}", 1),
    ("fit_s", "fit s", "{:.2f}", 1),
    ("model_mib", "MiB", "{:.2f}", 1),
    ("peak_mib", "peak MiB", "{:.0f}", 1),
)


def summary(
    compared: comparison.Comparison,
    *,
    tags: Mapping[str, str],
    registered: Mapping[str, str],
    refusals: Sequence[str],
    refused: Mapping[str, Sequence[str]],
    true: Mapping[str, Mapping[str, float]],
    hidden: Mapping[str, int],
    marking: str,
    lower_is_better: Sequence[str],
    criteria: Mapping[str, Sequence[promotion.Measured]] = MappingProxyType({}),
    kept: str = "",
    ceiling: float | None = None,
) -> dict[str, Any]:
    """Everything that the page and the command line show: JSON values only, no text and no id of a report."""
    table = compared.table()
    spent = compared.spent.groupby(["candidate", "stage"], as_index=False)["seconds"].sum()
    adjudicated = compared.reports["adjudicated"].notna()
    return {
        **tags,
        "fold_hash": compared.fold_hash,
        "seed": compared.seed,
        "n_partitions": len(compared.partitions),
        "n_reports": len(compared.reports),
        "n_positives": int(compared.reports["label"].sum()),
        "n_adjudicated": int(adjudicated.sum()),
        "n_excluded": dict(compared.n_excluded),
        "capacity": compared.capacity,
        "candidates": [{k: _value(v) for k, v in row.items()} for row in table.to_dict("records")],
        "baselines": [r.candidate.name for r in compared.results if r.candidate.is_baseline],
        "parameters": {r.candidate.name: dict(r.parameters) for r in compared.results},
        "differences": {reading: _records(table) for reading, table in compared.differences.items()},
        "curves": {r.candidate.name: _curve(compared, r) for r in compared.results},
        "by_force": {r.candidate.name: _records(r.by_force) for r in compared.results},
        "spent": _records(spent),
        "not_installed": dict(compared.not_installed),
        "registered": dict(registered),
        "refusals": list(refusals),
        "refused": {name: list(why) for name, why in refused.items()},
        "criteria": {name: [_plain(asdict(each)) for each in own] for name, own in criteria.items()},
        "kept": kept,
        "base_rate": float(compared.reports["label"].mean()),
        "ceiling": ceiling,
        "truth": {name: {k: _value(v) for k, v in figures.items()} for name, figures in true.items()},
        "hidden": dict(hidden),
        "marking": marking,
        "lower_is_better": list(lower_is_better),
    }


def _records(frame: Any) -> list[dict[str, Any]]:
    return [_plain(row) for row in frame.to_dict("records")]


def _plain(row: Mapping[Any, Any]) -> dict[str, Any]:
    return {k: _value(v) for k, v in row.items()}


def _value(value: Any) -> Any:
    """JSON has no NaN and no numpy."""
    plain = value.item() if hasattr(value, "item") else value
    return None if isinstance(plain, float) and plain != plain else plain


def _curve(compared: comparison.Comparison, result: comparison.Result) -> list[list[float]]:
    """[recall, precision] along the curve, rising in recall."""
    import numpy as np
    from sklearn.metrics import precision_recall_curve

    precision, recall, _ = precision_recall_curve(compared.reports["label"].to_numpy(dtype=bool), result.score)
    recall, precision = recall[::-1], precision[::-1]
    kept = np.unique(np.searchsorted(recall, np.linspace(0, 1, N_POINTS)).clip(0, len(recall) - 1))
    return [[round(float(recall[k]), 4), round(float(precision[k]), 4)] for k in kept]


def text(compared: Mapping[str, Any]) -> str:
    """The comparison in words and columns."""
    lines = [
        f"trained on {compared['n_reports']:,} reports known in night {compared['night']}, "
        f"{compared['n_positives']:,} of them CSAE; queue capacity {compared['capacity']} per force",
        f"data {compared['data_version']}, folds {compared['fold_hash'][:12]}, code {compared['code_commit'][:12]}, "
        f"seed {compared['seed']}",
        "",
        *figures(compared),
        "",
        *_differences(compared),
        *_readings(compared),
        *_truth(compared),
        "",
        *_spent(compared),
        "",
    ]
    following = "next: make notebooks (20_compare_models), or make ui and MLflow's page"
    return "\n".join([*lines, *_verdict(compared), following])


def outside_text(compared: Mapping[str, Any]) -> str:
    """A comparison on a data set from outside in words and columns."""
    lines = [
        f"compared on {compared['n_reports']:,} rows of {compared['dataset']}, {compared['n_positives']:,} of them "
        f"labelled; {compared['n_left_out']:,} without text left out; capacity {compared['capacity']}",
        f"SHA-256 {compared['sha256'][:12]}, folds {compared['fold_hash'][:12]}, seed {compared['seed']}",
        "",
        *figures(compared),
        "",
        *_differences(compared),
        "",
        *_spent(compared),
        "",
        f"logged in MLflow's experiment `{compared['experiment']}`, run {compared['run']}; nothing was registered",
    ]
    return "\n".join(lines)


def figures(compared: Mapping[str, Any]) -> list[str]:
    """The table of candidates, with what its marks mean and between what its first figure lies."""
    return [
        *_table(compared),
        "",
        bounds(compared),
        "* best of the column; = not told apart from the best average precision (95 % paired bootstrap over groups "
        "and partitions)",
        "rec, prec: at queue capacity in the strata `no tag` and `other tag`; times are CPU seconds, out of fold",
        *(f"{name}: not installed ({needs}; make setup-bert)" for name, needs in compared["not_installed"].items()),
    ]


def bounds(compared: Mapping[str, Any]) -> str:
    """What average precision can be read against: the base rate, and where the truth is known the ceiling."""
    base, ceiling = compared.get("base_rate", math.nan), compared.get("ceiling")
    least = f"average precision: {base:.3f} is the base rate, what a random order reaches"
    if ceiling is None:
        return f"{least}; against tags, a perfect order stays below 1 by as many as are missing"
    return f"{least}; {ceiling:.3f} is the ceiling against tags: a perfect order of what is true reaches no more"


def best_of(rows: Sequence[Mapping[str, Any]], figure: str, lower: Sequence[str]) -> float | None:
    """The best value of a column, None where nobody has one."""
    values = [row[figure] for row in rows if row.get(figure) is not None]
    return (min(values) if figure in lower else max(values)) if values else None


def _table(compared: Mapping[str, Any]) -> list[str]:
    rows = compared["candidates"]
    real = [row for row in rows if row["name"] not in compared["baselines"]]
    lines = [f"{'candidate':<24}" + "".join(f"{heading:>12}" for _, heading, _, _ in COLUMNS)]
    for row in rows:
        cells = []
        for figure, _, pattern, _ in COLUMNS:
            value = row.get(figure)
            mark = " "
            if value is not None and row in real and value == best_of(real, figure, compared["lower_is_better"]):
                mark = "*"
            elif figure == "average_precision" and row.get("ap_is_tie"):
                mark = "="
            cells.append(f"{'–' if value is None else pattern.format(value):>11}{mark}")
        lines.append(f"{row['name']:<24}" + "".join(cells))
    return lines


def _differences(compared: Mapping[str, Any]) -> list[str]:
    rows = compared["differences"].get("corrected", [])
    if not rows:
        return []
    n = compared.get("n_partitions", 1)
    lines = [f"behind {rows[0]['name']} in average precision, 95 % interval; reports parted into folds {n} times"]
    return lines + [
        f"  {row['name']:<24}{row['behind']:>7.3f}  [{row['behind_low']:.3f}, {row['behind_high']:.3f}]"
        f"{_by_draw(row)}{'  tie' if row['is_tie'] else ''}"
        for row in rows[1:]
    ]


def _by_draw(row: Mapping[str, Any]) -> str:
    """How far one throw of folds moves the difference; nothing where there was one throw."""
    moved = row.get("behind_draw_sd")
    return "" if moved is None else f"  one throw of folds +-{moved:.3f}"


def _readings(compared: Mapping[str, Any]) -> list[str]:
    """Average precision against recorded tags, and against decisions, where they say something else."""
    if not compared["n_adjudicated"]:
        return ["", "no analyst has decided yet: figures against recorded tags and against decisions are the same"]
    lines = ["", f"average precision against          recorded tags   decisions ({compared['n_adjudicated']} reports)"]
    for row in compared["candidates"]:
        shown = [row.get(f"{reading}_average_precision") for reading in ("recorded", "adjudicated")]
        cells = ["–" if value is None else f"{value:.3f}" for value in shown]
        lines.append(f"  {row['name']:<32}{cells[0]:>13}{cells[1]:>12}")
    return lines


def _truth(compared: Mapping[str, Any]) -> list[str]:
    if not compared["truth"]:
        return []
    ways = sorted(compared["hidden"])
    said = ", ".join(f"{compared['hidden'][way]} {way}" for way in ways)
    lines = ["", f"synthetic world only: recall of hidden reports at capacity, by how they were hidden ({said})"]
    lines[-1] += "; average precision (AP) on the truth, over untagged reports"
    lines.append(f"  {'candidate':<24}{'AP':>8}{'all':>8}" + "".join(f"{way:>10}" for way in ways))
    for row in compared["candidates"]:
        own = compared["truth"].get(row["name"], {})
        cells = "".join(f"{own.get(f'truth_recall_{way}', float('nan')):>10.2f}" for way in ways)
        reached = own.get("truth_average_precision", float("nan"))
        lines.append(f"  {row['name']:<24}{reached:>8.3f}{own.get('truth_recall', float('nan')):>8.2f}{cells}")
    return lines


def _spent(compared: Mapping[str, Any]) -> list[str]:
    """Where the time went: candidates by stage, the dearest first."""
    by_name: dict[str, dict[str, float]] = {}
    for row in compared["spent"]:
        by_name.setdefault(row["candidate"], {})[row["stage"]] = row["seconds"]
    total = sum(sum(stages.values()) for stages in by_name.values())
    lines = [f"where {total:.0f} CPU seconds went"]
    for name in sorted(by_name, key=lambda n: -sum(by_name[n].values())):
        stages = ", ".join(f"{stage} {s:.1f}" for stage, s in sorted(by_name[name].items(), key=lambda p: -p[1]))
        lines.append(f"  {name:<24}{sum(by_name[name].values()):>8.1f}  {stages}")
    return lines


def _verdict(compared: Mapping[str, Any]) -> list[str]:
    made = compared["registered"]
    what = f"{made['model']} v{made['version']} ({made['candidate']})"
    passed = [f"{name} was passed over: {'; '.join(why)}" for name, why in _passed_over(compared) if why]
    passed += [compared["kept"]] if compared.get("kept") else []
    if compared["refusals"]:
        return [*passed, f"{what} was refused: {'; '.join(compared['refusals'])}"]
    return [*passed, f"{what} is now champion"]


def _passed_over(compared: Mapping[str, Any]) -> list[tuple[str, Sequence[str]]]:
    """Candidates of a higher average precision than the registered one that did not meet the criteria."""
    names = list(compared["refused"])
    higher = names[: names.index(compared["registered"]["candidate"])]
    return [(name, compared["refused"][name]) for name in higher]
