"""`make bench`: every benchmark, each in a process of its own, printed and written to docs/benchmarks.md.

`make bench ARGS=--quick` leaves out the million reports.
"""

from __future__ import annotations

import os
import platform
import sys
from pathlib import Path

from jobs import settings
from tests.bench import measure

PAGE = settings.ROOT / "docs" / "benchmarks.md"


def main() -> None:
    sizes = (10_000, 100_000) if "--quick" in sys.argv else (10_000, 100_000, 1_000_000)
    lines = [
        "# Benchmarks",
        "",
        "Written by `make bench`; each row ran in a process of its own, peak memory is of all its processes.",
        f"Machine: {os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}.",
        "",
        "## Ingest and conform",
        "",
        "Rows are those of all seven feeds. Growth is seconds against the row above; ten times the rows should take at",
        "most twelve times as long.",
        "",
        "| reports | rows | making the world, s | ingest and conform, s | rows/s | peak memory, MiB | growth |",
        "|---:|---:|---:|---:|---:|---:|---:|",
    ]
    before = None
    for size in sizes:
        found = measure.in_process("tests.bench.bench_ingest", str(size))
        growth = f"{found['seconds'] / before:.1f}" if before else ""
        before = found["seconds"]
        lines.append(
            f"| {size:,} | {found['n_rows']:,} | {found['world_s']} | {found['seconds']} "
            f"| {found['n_rows'] / found['seconds']:,.0f} | {found['peak_mib']:,} | {growth} |"
        )
        print(lines[-1], flush=True)
    lines += network(sizes)
    scoring = measure.in_process("tests.bench.bench_scoring")
    people = measure.in_process("tests.bench.bench_entities")
    night = measure.in_process("tests.bench.bench_night")
    trained = measure.in_process("tests.bench.bench_training", "3000" if "--quick" in sys.argv else "20000")
    lines += [
        "",
        "## Scoring",
        "",
        f"{scoring['n']:,} texts of 60 words, TF-IDF and logistic regression: plain scikit-learn in one process "
        f"{scoring['plain_per_s']:,} a second; Spark {scoring['spark_per_s_and_core']:,} a second and core: "
        f"**ratio {scoring['ratio']}** (goal: at least 0.8).",
        "",
        "## Training",
        "",
        f"The twelve bag-of-words candidates on {trained['n_reports']:,} reports, five folds, search included: "
        f"**{trained['seconds'] / 60:.1f} minutes**, {trained['cpu_seconds']:,.0f} CPU seconds, peak memory "
        f"{trained['peak_mib']:,} MiB (goal for 20,000 on two cores: under 20 minutes). Where they went, in seconds:",
        "",
        "| candidate | search | fit | score | explain | all |",
        "|---|---:|---:|---:|---:|---:|",
        *(
            f"| {name} | {row['search']} | {row['fit']} | {row['score']} | {row['explain']} | {row['all']} |"
            for name, row in trained["spent"].items()
        ),
        "",
        "## People across forces",
        "",
        f"{people['n_records']:,} nominals: all pairs {people['full_s']} s (goal: under 30 s on 2 cores), a night "
        f"with {people['n_changed']:,} new records {people['incremental_s']} s. Blocks compare {people['n_pairs']:,} "
        f"pairs, {people['pairs_ratio']:.6%} of all. F1 against the truth {people['f1']}; "
        f"{people['kept_ratio']:.2%} of ids kept. Peak memory {people['peak_mib']:,} MiB.",
        "",
        "## The night's fixed cost",
        "",
        f"An empty night: {night['seconds']} s after start-up, {night['n_writes']} writes, {night['n_actions']} Spark "
        "actions.",
        "",
    ]
    text = "\n".join(lines)
    Path(PAGE).write_text(text, encoding="utf-8")
    print(text)


def network(sizes: tuple[int, ...]) -> list[str]:
    """The risk over a power-law graph with a supernode, and against its rivals on a small one."""
    lines = [
        "",
        "## Risk over the network",
        "",
        "Five edges an entity, power-law with hubs and one supernode of 50,000 contacts; one entity in a hundred a",
        "missing child, one in fifty a seed; three hops, preparation included, two cores. Goal: a million under 180 s",
        "and 6 GB.",
        "",
        "| entities | links | largest degree | paths | preparation, s | paths, s | all, s | peak memory, MiB |",
        "|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for size in sizes:
        found = measure.in_process("tests.bench.bench_network", str(size))
        lines.append(
            f"| {size:,} | {found['n_links']:,} | {found['largest_degree']:,} | {found['n_paths']:,} "
            f"| {found['prepare_s']} | {found['paths_s']} | {found['seconds']} | {found['peak_mib']:,} |"
        )
        print(lines[-1], flush=True)
    rivals = measure.in_process("tests.bench.bench_network", "5000", "--rivals")
    lines += [
        "",
        f"Against rivals, 5,000 entities: ours {rivals['seconds']} s, networkx {rivals['networkx_s']} s (agrees: "
        f"{rivals['networkx_agrees']}), plain SQL without pruning {rivals['sql_s']} s (agrees: "
        f"{rivals['sql_agrees']}).",
    ]
    return lines


if __name__ == "__main__":
    main()
