"""`make bench`: benchmarks, each piece in a process of its own, printed and written to docs/benchmarks.md.

    make bench                                      all of them, at all sizes: hours
    make bench ARGS="--quick"                       all of them, at the smallest sizes
    make bench ARGS="ingest night --sizes 10000"    some of them

A section of the page is replaced when its benchmark ran, and says when and on what; the others stay as they were.
"""

from __future__ import annotations

import argparse
import os
import platform
import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from jobs.runtime import settings
from tests.bench import bench_comms, measure

PAGE = settings.ROOT / "docs" / "benchmarks.md"
HEAD = """# Benchmarks

Written by `make bench`. Each figure comes from a process of its own; peak memory is that of all its processes. Goals
are for 2 cores. Growth is seconds against the row above.
"""
SIZES, QUICK = (10_000, 100_000, 1_000_000), (10_000,)
LARGE = 100_000  # benchmarks with one size of their own take the smaller below this
FAMILIES = ("bayes", "logistic", "svc", "tree", "forest", "xgboost", "bert")


def table(head: str, rows: Sequence[Sequence[Any]]) -> list[str]:
    """A table of figures, numbers to the right."""
    names = [name.strip() for name in head.split("|")]
    lines = [f"| {' | '.join(names)} |", f"|{'|'.join(['---'] + ['---:'] * (len(names) - 1))}|"]
    return lines + ["| " + " | ".join(_cell(value) for value in row) + " |" for row in rows]


def _cell(value: Any) -> str:
    if isinstance(value, bool) or value is None:
        return {True: "yes", False: "**no**", None: ""}[value]
    return f"{value:,}" if isinstance(value, int) else str(value)


def _growth(seconds: list[float]) -> str:
    return f"{seconds[-1] / seconds[-2]:.1f}" if len(seconds) > 1 else ""


def world(sizes: Sequence[int]) -> list[str]:
    rows, seconds = [], []
    for size in sizes:
        found = measure.in_process("tests.bench.bench_synthesis", str(size))
        seconds.append(found["seconds"])
        rows.append((size, found["n_rows"], found["written_mib"], found["seconds"], found["peak_mib"],
                     _growth(seconds)))  # fmt: skip
    head = "reports | rows of all feeds | written, MiB | seconds | peak, MiB | growth"
    return ["Goal: 1,000,000 reports in under 300 s, memory flat.", "", *table(head, rows)]


def ingest(sizes: Sequence[int]) -> list[str]:
    rows, seconds = [], []
    for size in sizes:
        found = measure.in_process("tests.bench.bench_ingest", str(size))
        seconds.append(found["seconds"])
        rate = round(found["n_rows"] / found["seconds"])
        rows.append((size, found["n_rows"], found["world_s"], found["seconds"], rate, found["peak_mib"],
                     _growth(seconds)))  # fmt: skip
    head = "reports | rows of all feeds | making the world, s | ingest and conform, s | rows/s | peak, MiB | growth"
    return ["Goal: ten times the rows in at most twelve times the time.", "", *table(head, rows)]


def scoring(sizes: Sequence[int]) -> list[str]:
    rows = []
    for family in FAMILIES:
        n = max(sizes) if family != "bert" else max(sizes) // 50  # a compact one: a hundred times as long a text
        found = measure.in_process("tests.bench.bench_scoring", str(n), family)
        figures = ("plain_per_s", "spark_per_s_and_core", "ratio", "seconds", "growth", "model_mib", "peak_mib")
        rows.append((family, *(found[name] for name in figures)))
    head = "family | plain, texts/s | Spark, texts/s and core | ratio | all, s | growth | model, MiB | peak, MiB"
    return [
        f"The champion of each family over {max(sizes):,} texts of 60 words (compact BERT: a fiftieth), in batches of "
        "10,000 on both sides: Spark on all cores against the same pipeline in one process. Goals: a ratio of 0.8 with "
        "logistic regression and 0.9 with each. Growth is seconds against a tenth of the texts.",
        "",
        *table(head, rows),
    ]


def training(sizes: Sequence[int]) -> list[str]:
    found = measure.in_process("tests.bench.bench_training", "3000" if max(sizes) < LARGE else "20000")
    stages = ("search", "fit", "score", "explain", "all")
    rows = [(name, *(row[stage] for stage in stages)) for name, row in found["spent"].items()]
    return [
        f"The twelve bag-of-words candidates on {found['n_reports']:,} reports, five folds, search included: "
        f"**{found['seconds'] / 60:.1f} minutes**, {found['cpu_seconds']:,.0f} CPU seconds, peak {found['peak_mib']:,} "
        "MiB (goal for 20,000: under 20 minutes). CPU seconds by stage:",
        "",
        *table("candidate | " + " | ".join(stages), rows),
    ]


def people(sizes: Sequence[int]) -> list[str]:
    found = measure.in_process("tests.bench.bench_entities", "3000" if max(sizes) < LARGE else "70000")
    return [
        f"{found['n_records']:,} nominals: all pairs {found['full_s']} s (goal for 50,000: under 30 s), a night with "
        f"{found['n_changed']:,} new records {found['incremental_s']} s. Blocks compare {found['n_pairs']:,} pairs, "
        f"{found['pairs_ratio']:.4%} of all. F1 against the truth {found['f1']}; {found['kept_ratio']:.2%} of ids "
        f"kept. Peak {found['peak_mib']:,} MiB."
    ]


def network(sizes: Sequence[int]) -> list[str]:
    rows, seconds = [], []
    for size in sizes:
        found = measure.in_process("tests.bench.bench_network", str(size))
        seconds.append(found["seconds"])
        rows.append((size, found["n_links"], found["largest_degree"], found["n_paths"], found["prepare_s"],
                     found["paths_s"], found["seconds"], found["peak_mib"], _growth(seconds)))  # fmt: skip
    rivals = measure.in_process("tests.bench.bench_network", "5000", "--rivals")
    head = "entities | links | largest degree | paths | preparation, s | paths, s | all, s | peak, MiB | growth"
    return [
        "Five edges an entity, power-law with hubs and a supernode; one entity in a hundred a missing child, one in "
        "fifty a seed; three hops, preparation included. Goal: a million under 180 s and 6 GB.",
        "",
        *table(head, rows),
        "",
        f"Compared with other tools, 5,000 entities: ours {rivals['seconds']} s, networkx {rivals['networkx_s']} s "
        f"(equal: {_cell(rivals['networkx_agrees'])}), plain SQL without pruning {rivals['sql_s']} s (equal: "
        f"{_cell(rivals['sql_agrees'])}).",
    ]


def night(sizes: Sequence[int]) -> list[str]:
    found = measure.in_process("tests.bench.bench_night")
    rows = [(name, *(found[name][k] for k in ("wall_s", "seconds", "n_writes", "n_actions")))
            for name in ("first", "next", "empty")]  # fmt: skip
    longest = sorted(found["steps"].items(), key=lambda item: -item[1])[:12]
    return [
        "`nightjar nightly` as a user runs it, each night a process of its own: the demonstration's first night with "
        "its training (goal with set-up: under 8 minutes), the next night (goal: under 2 minutes), and one on which "
        f"nothing came. Peak {found['peak_mib']:,} MiB (goal: under 6,144).",
        "",
        *table("night | in all, s | after start, s | writes | Spark actions", rows),
        "",
        "Longest steps of the next night, in seconds: " + ", ".join(f"{name} {s:.0f}" for name, s in longest) + ".",
    ]


def comms(sizes: Sequence[int]) -> list[str]:
    rows, seconds = [], []
    for events in (1_000_000, 10_000_000, 100_000_000)[: 1 if max(sizes) < LARGE else 3]:
        found = measure.in_process("tests.bench.bench_comms", str(events), "5000", "duckdb", "pandas", "spark")
        engines = [found[name] for name in ("duckdb", "pandas", "spark")]
        seconds.append(found["spark"]["first_s"])
        ratios = [f"{engines[2][turn] / engines[0][turn]:.1f}" for turn in ("first_s", "warm_s")]
        rows.append((events, *(_first_and_warm(each) for each in engines), *ratios, _growth(seconds),
                     *(each["peak_mib"] for each in engines)))  # fmt: skip
    # Layouts are compared where each of a few hundred files holds a small part of the numbers.
    layout_events = min(rows[-1][0], 10_000_000)
    layouts = measure.in_process("tests.bench.bench_comms", str(layout_events), "5000", "layouts")["layouts"]["layouts"]
    head = "events | DuckDB, s | pandas, s | Spark, s | Spark to DuckDB: first | warm | growth | "
    head += "peak of DuckDB, MiB | of pandas | of Spark"
    return [
        "5,000 identifiers: both sides of a call merged, contacts, common contacts, weekly indicators; results equal. "
        f"Each engine has a process of its own and does it {bench_comms.RUNS} times; given are the first, at once "
        "after its start, and the last, warm. Goals: under 60 s and 6 GB at 10,000,000, within five times DuckDB, and "
        f"linear beyond. pandas may take {bench_comms.MEMORY_GIB} GiB.",
        "",
        *table(head, rows),
        "",
        f"One number's whole picture from {layout_events:,} events, warm (goal: under 3 s): "
        + "; ".join(
            f"{name} {found['seconds']} s ({found['files_read']} of {found['files']} files)"
            for name, found in layouts.items()
        )
        + ".",
    ]


def _first_and_warm(engine: dict[str, Any]) -> str:
    return f"{engine['first_s']} / {engine['warm_s']}" if engine["first_s"] else "no memory"


def travel(sizes: Sequence[int]) -> list[str]:
    rows = []
    for subjects, passengers in ((500, 20_000), (5_000, 1_000_000))[: 1 if max(sizes) < LARGE else 2]:
        found = measure.in_process("tests.bench.bench_travel", str(subjects), str(passengers))
        rows.append((subjects, passengers, found["wall_s"], found["peak_mib"], found["planted"], found["published"]))
    head = "subjects | passenger rows | in all, s | peak, MiB | planted on flights | published"
    return table(head, rows)


def devices(sizes: Sequence[int]) -> list[str]:
    """Seized devices: reading a report; finding and searching in messages, next to ripgrep and RE2 where installed."""
    rows = []
    for megabytes in (67, 400) if max(sizes) >= LARGE else (20,):
        read = measure.in_process("tests.bench.device.report", str(megabytes))
        rows.append((megabytes, read["n_messages"], read["cpu_s"], read["mb_per_s"], read["added_mib"]))
    lines = table("report.xml, MB | messages | CPU, s | MB/s a core | memory added, MiB", rows)
    found = measure.in_process("tests.bench.device.search", str(50 if max(sizes) >= LARGE else 10))
    ways = ("prefilter", "find", "search", "search_accented", "ripgrep", "re2", "re")
    searched = [
        (way, found[f"{way}_mb_per_s"] or "not installed", found[f"{way}_n"] or "", _times(found, way)) for way in ways
    ]
    lines += ["", *table("way | MB/s a core | found | CPU, times ripgrep's", searched)]
    submitted, seconds = [], []
    for megabytes in (100, 1000) if max(sizes) >= LARGE else (20,):
        made = measure.in_process("tests.bench.device.submission", str(megabytes))
        seconds.append(made["read_s"] + made["search_s"])
        submitted.append(
            (megabytes, made["n_messages"], made["read_s"], made["search_s"], made["driver_mib"], _growth(seconds))
        )
    lines += ["", *table("device, MB | messages | reading, s | searching, s | driver, MiB | growth", submitted)]
    counted = measure.in_process("tests.bench.device.counts")
    ways_ = [(way, each["planted"], each["found"]) for way, each in counted["by_way"].items()]
    lines += ["", *table("accounts and wallets planted in | planted | found", ways_), "", _counted(counted)]
    alike = measure.in_process("tests.bench.device.alike", "1000", "200000")
    rows = [tuple(alike[k] for k in ("n_pictures", "n_items", "n_pairs", "banded_cpu_s", "every_pair_cpu_s"))]
    return [*lines, "", *table("pictures | items of a list | alike | by bands, CPU s | each with each, CPU s", rows)]


def _counted(made: dict[str, Any]) -> str:
    return (
        f"{made['accounts']:,} different accounts, told by {made['people']:,} people and, in pictures of text, "
        f"{made['accounts_told_by_nobody_known']:,} by nobody known; {made['wallets']:,} wallets; "
        f"{made['found_and_not_planted']:,} found that nobody planted."
    )


def _times(found: dict[str, Any], way: str) -> Any:
    rival, own = found["ripgrep_mb_per_s"], found[f"{way}_mb_per_s"]
    return round(rival / own, 1) if rival and own else ""


SECTIONS: dict[str, tuple[str, Callable[[Sequence[int]], list[str]]]] = {
    "world": ("The synthetic world", world),
    "ingest": ("Ingest and conform", ingest),
    "night": ("A night's time", night),
    "scoring": ("Scoring", scoring),
    "training": ("Training", training),
    "devices": ("Seized devices", devices),
    "people": ("People across forces", people),
    "network": ("Risk over the network", network),
    "comms": ("Bulk research of communications data", comms),
    "travel": ("Subjects against passengers", travel),
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"which: {', '.join(SECTIONS)} (default: all)")
    parser.add_argument("--sizes", type=lambda words: tuple(map(int, words.split(","))), default=SIZES)
    parser.add_argument("--quick", action="store_true", help=f"the same as --sizes {QUICK[0]}")
    chosen = parser.parse_args()
    if unknown := set(chosen.names) - set(SECTIONS):
        parser.error(f"no benchmark is named {', '.join(sorted(unknown))}")
    for name in chosen.names or SECTIONS:
        title, work = SECTIONS[name]
        lines = [f"## {title}", "", *work(QUICK if chosen.quick else chosen.sizes), "", _where(), ""]
        print("\n".join(lines), flush=True)
        put(title, "\n".join(lines))


def _where() -> str:
    return (
        f"*{datetime.now(UTC):%Y-%m-%d}, {settings.code_commit()[:10]}: {os.cpu_count()} cores, {platform.machine()}, "
        f"Python {platform.python_version()}.*"
    )


def put(title: str, text: str) -> None:
    """Put one section into the page, in the order of SECTIONS; the others stay."""
    there = PAGE.read_text(encoding="utf-8") if PAGE.exists() else ""
    parts = {part.splitlines()[0]: f"## {part}" for part in re.split(r"^## ", there, flags=re.MULTILINE)[1:]}
    parts[title] = text
    ordered = [parts[name].strip() + "\n" for name, _ in SECTIONS.values() if name in parts]
    PAGE.write_text("\n".join([HEAD, *ordered]), encoding="utf-8")


if __name__ == "__main__":
    main()
