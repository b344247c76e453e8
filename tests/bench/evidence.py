"""docs/evidence.md: our figure beside the rule's and a public rival's, on worlds of both makers.

    make evidence                                 every measurement: an hour
    make evidence ARGS="risk_first risk_second"   some of them; the others stay as they were

Each measurement is a command of `nightjar evaluate`, in a process of its own; what it told is kept in
docs/evidence.json with the command and its minutes, and the page is made of that. A row says how far ours is from the
other, with an interval; where it is behind beyond chance, the page says so in its first line.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from jobs.runtime import settings

PAGE = settings.ROOT / "docs" / "evidence.md"
RESULTS = settings.ROOT / "docs" / "evidence.json"
Row = dict[str, Any]
_RISK = "evaluate network --worlds 12 --reports 5000 --days 8 --apart 30"
_HEAD = """\
Written by `make evidence`, never by hand. Ours, the rule that a force has without Nightjar, and a public rival's
method where there is one, on the same rows. Differences have 95 % intervals, worlds drawn again; *behind* and
*ahead* are those whose interval leaves out zero. Nothing is tuned or calibrated on the second maker's worlds. A
synthetic world says nothing of accuracy in the field. Entities are held against public records in
[network](network.md); classifiers in [models](models.md), travel in [travel](travel.md): they are not measured by
this page.
"""


@dataclass(frozen=True)
class Measurement:
    """A command, what it is measured on, and how its answer is read as rows."""

    title: str
    command: str  # after `nightjar`, without --json
    read: Callable[[Mapping[str, Any]], list[Row]]


def risk_rows(told: Mapping[str, Any]) -> list[Row]:
    """Of children: ours against the best of the rules, and against personalised PageRank."""
    scorers, rows = told["scorers"], []
    rules = ("police_risk", "episodes", "degree")
    for figure in ("precision", "average_precision"):
        best = max(rules, key=lambda name: scorers[name][figure][0])
        for other in (best, "page_rank"):
            rows.append(
                {
                    "what": f"queue children: {figure.replace('_', ' ')}" + " at capacity" * (figure == "precision"),
                    "ours": scorers["network"][figure], "other": other, "theirs": scorers[other][figure],
                    "ahead": told["differences"][other][figure],
                }
            )  # fmt: skip
    return rows


def risk_note(told: Mapping[str, Any]) -> str:
    ceiling, chance = (told["scorers"][name]["precision"][0] for name in ("ceiling", "random"))
    decoys = told["scorers"]["network"]["decoys"][0]
    return (
        f"{told['n_harmed']} children harmed in {told['n_worlds']} worlds; chance has {chance:.3f}, the ceiling "
        f"{ceiling:.3f}; decoys among shown {decoys:.3f}. {told['verdict'].capitalize()}."
    )


def lead_rows(told: Mapping[str, Any]) -> list[Row]:
    """F1 of each detector against its rule's."""
    return [
        {
            "what": f"leads {row['detector']}: F1", "ours": [row["f1"], row["f1_low"], row["f1_high"]],
            "other": "its rule", "theirs": [row["rule_f1"]],
            "ahead": [row["ahead"], row["ahead_low"], row["ahead_high"]],
        }
        for row in told["detectors"]
    ]  # fmt: skip


MEASUREMENTS = {
    "risk_first": Measurement("Risk, first maker's worlds (seeds 100 to 111)", _RISK, risk_rows),
    "risk_second": Measurement(
        "Risk, second maker's worlds (seeds 100 to 111)", f"{_RISK} --maker second", risk_rows
    ),
    "leads_first": Measurement("Leads, first maker's worlds (seeds from 100)", "evaluate leads --worlds 3", lead_rows),
    "leads_second": Measurement(
        "Leads, second maker's worlds (seeds from 100)", "evaluate leads --worlds 3 --maker second", lead_rows
    ),
}  # fmt: skip


def measured(name: str) -> dict[str, Any]:
    """Run a measurement.

    Raises:
        subprocess.CalledProcessError: the command failed.
    """
    each = MEASUREMENTS[name]
    begun = time.monotonic()
    argv = [sys.executable, "-m", "jobs.cli.main", *each.command.split(), "--json"]
    told = json.loads(subprocess.run(argv, check=True, stdout=subprocess.PIPE, text=True, cwd=settings.ROOT).stdout)
    minutes = round((time.monotonic() - begun) / 60, 1)
    note = risk_note(told) if "verdict" in told else ""
    return {"command": each.command, "minutes": minutes, "on": date.today().isoformat(), "note": note,
            "rows": each.read(told)}  # fmt: skip


def standing(row: Row) -> str:
    """Whether ours is ahead of or behind the other, or neither beyond chance."""
    _, low, high = row["ahead"]
    return "behind" if high < 0 else "ahead" if low > 0 else "tie"


def render(results: Mapping[str, Mapping[str, Any]]) -> str:
    """The page. Its first line says where ours is behind."""
    known = {name: results[name] for name in MEASUREMENTS if name in results}
    behind = [
        f"{row['what']} behind {row['other']} ({MEASUREMENTS[name].title.partition(' (')[0]})"
        for name, each in known.items()
        for row in each["rows"]
        if standing(row) == "behind"
    ]
    first = "**Nothing below is behind beyond chance.**" if known else "**Nothing was measured yet.**"
    if behind:
        first = f"**Where ours is behind: {'; '.join(behind)}.**"
    missing = [m.title for name, m in MEASUREMENTS.items() if name not in known]
    parts = ["# Evidence\n", first + "\n", _HEAD]
    if missing:
        parts.append(f"Not measured yet: {'; '.join(missing)}.\n")
    for name, each in known.items():
        parts.append(f"## {MEASUREMENTS[name].title}\n")
        parts.append(
            f"`nightjar {each['command']}`: {each['minutes']} minutes, {each['on']}. {each['note']}".rstrip() + "\n"
        )
        table = ["| what | ours | the other | theirs | ours minus theirs | |", "|---|---:|---|---:|---:|---|"]
        table += [
            f"| {r['what']} | {_said(r['ours'])} | {r['other'].replace('_', ' ')} | {_said(r['theirs'])} | "
            f"{_said(r['ahead'], '+')} | {standing(r)} |"
            for r in each["rows"]
        ]
        parts.append("\n".join(table) + "\n")
    return "\n".join(parts)


def _said(value: list[float], sign: str = "") -> str:
    numbers = [f"{v:{sign}.3f}" for v in value]
    return numbers[0] if len(numbers) == 1 else f"{numbers[0]} [{numbers[1]}, {numbers[2]}]"


def on_record() -> dict[str, Any]:
    """What was measured so far."""
    found: dict[str, Any] = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {}
    return found


def main(*names: str) -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.evidence", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("names", nargs="*", help=f"of {', '.join(MEASUREMENTS)} (default: all)")
    chosen = parser.parse_args(names or None).names or list(MEASUREMENTS)
    if unknown := set(chosen) - set(MEASUREMENTS):
        parser.error(f"no measurement is named {', '.join(sorted(unknown))}")
    for name in chosen:
        RESULTS.write_text(json.dumps({**on_record(), name: measured(name)}, indent=1) + "\n", encoding="utf-8")
        PAGE.write_text(render(on_record()), encoding="utf-8")
        print(f"{name}: measured", flush=True)


if __name__ == "__main__":
    main()
