"""How many hidden reports a comparison found, by the way they were hidden: for the synthetic world only.

The truth of a synthetic world is beside its landing zone and nothing that runs in a night reads it. This looks at it
after the fact, where it exists; its figures are logged and shown, and decide nothing.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

    from models.training import comparison


def figures(folder: Path, compared: comparison.Comparison, night: date) -> dict[str, dict[str, float]]:
    """Per candidate: `truth_recall_<how it was hidden>` and `truth_recall`, where each force reads its capacity of
    reports without a recorded tag, and `truth_average_precision` over these. Empty without a truth.
    """
    from models.evaluation import metrics

    untagged = _untagged(folder, compared, night)
    if untagged is None or not untagged["is_hidden"].any():
        return {}
    figures_by_name = {}
    for result in compared.results:
        scored = untagged.assign(score=result.score[untagged.index])
        ranked = scored.sort_values(["score", "report_id"], ascending=[False, True])
        read = ranked.groupby("force").head(compared.capacity).index
        is_read = scored.index.isin(read)
        hidden = scored["is_hidden"].to_numpy(dtype=bool)
        own = {
            "truth_average_precision": metrics.average_precision(hidden, scored["score"].to_numpy()),
            "truth_recall": float(is_read[hidden].mean()),
        }
        for how in sorted(scored.loc[hidden, "hidden_by"].dropna().unique()):
            this = (scored["hidden_by"] == how).to_numpy()
            own[f"truth_recall_{how}"] = float(is_read[this].mean())
        figures_by_name[result.candidate.name] = own
    return figures_by_name


def ceiling(folder: Path, compared: comparison.Comparison, night: date) -> float | None:
    """Average precision against recorded tags of an order that is perfect: every CSAE report first, tagged or not.

    No order that knows nothing of who was tagged can be expected to reach more. None without a truth.
    """
    from models.evaluation import metrics

    true = _true(folder, night)
    if true is None:
        return None
    reports = compared.reports[["report_id", "recorded"]].join(true[["is_csae"]], on="report_id", how="inner")
    recorded, is_csae = (reports[name].to_numpy(dtype=bool) for name in ("recorded", "is_csae"))
    return metrics.average_precision(recorded, is_csae.astype(float)) if recorded.any() else None


def counts(folder: Path, compared: comparison.Comparison, night: date) -> dict[str, int]:
    """Hidden reports by the way they were hidden; empty without a truth."""
    untagged = _untagged(folder, compared, night)
    if untagged is None:
        return {}
    return {str(how): int(n) for how, n in untagged.loc[untagged["is_hidden"], "hidden_by"].value_counts().items()}


def _untagged(folder: Path, compared: comparison.Comparison, night: date) -> pd.DataFrame | None:
    """Reports of the comparison without a recorded tag, with what is true of their newest version; index: row of it."""
    true = _true(folder, night)
    if true is None:
        return None
    reports = compared.reports[["report_id", "force", "recorded"]]
    reports = reports[~reports["recorded"].to_numpy(dtype=bool)]
    joined = reports.join(true[["is_csae", "hidden_by"]], on="report_id", how="inner")
    return joined.assign(is_hidden=joined["is_csae"].astype(bool))


def _true(folder: Path, night: date) -> pd.DataFrame | None:
    """What is true of each report's newest version that was known; index: report_id. None without a truth."""
    import pandas as pd

    path = folder / "reports.parquet"
    if not path.is_file():
        return None
    columns = ["report_id", "night", "is_csae", "hidden_by"]
    true = pd.read_parquet(path, columns=columns)
    true = true[pd.to_datetime(true["night"]).dt.date <= night].sort_values("night", kind="stable")
    return true.drop_duplicates("report_id", keep="last").set_index("report_id")
