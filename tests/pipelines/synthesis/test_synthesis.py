"""The landing zone that the world writes: determinism, senders' layouts, what goes wrong in the field, and the truth.

The files are read here with plain libraries (csv, json, openpyxl, pyarrow), so that the writer and the pipeline's
reader cannot agree on a mistake.
"""

from __future__ import annotations

import csv
import hashlib
import json
from collections import Counter
from contextlib import closing
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import dateutil.parser
import openpyxl
import phonenumbers
import pyarrow.parquet as pq
import pytest

from pipelines import synthesis
from pipelines.synthesis.core import senders
from schemas import bronze, codes, ties
from schemas.programme import records

pytestmark = pytest.mark.slow  # what its fixture makes takes seconds

FIRST = date(2026, 3, 28)  # clocks went forward on 29 March 2026
SEED = 11
KNOWN_WAYS, MET_WAYS = ("reports", "known"), ("calls", "place")


@dataclass(frozen=True)
class Written:
    landing: Path
    truth: Path
    summary: synthesis.Summary

    def files(self, sender: str, feed: str, kind: str = "normal") -> list[Path]:
        return [self.landing / f.path for f in self.summary.files if (f.sender, f.feed, f.kind) == (sender, feed, kind)]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Written:
    """Three nights, two thousand reports, the five default forces."""
    folder = tmp_path_factory.mktemp("world")
    summary = synthesis.write(
        folder / "landing", folder / "truth", seed=SEED, first_night=FIRST, n_nights=3, n_reports=2000
    )
    return Written(folder / "landing", folder / "truth", summary)


def _hashes(folder: Path) -> dict[str, str]:
    return {
        str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest()
        for p in sorted(folder.rglob("*"))
        if p.is_file()
    }


def _rows(path: Path, layout: senders.Layout, feed_name: str) -> list[dict[str, Any]]:
    """Rows as the sender wrote them, by a library of its own for each format."""
    feed = layout.feeds[feed_name]
    if feed.format == "csv":
        with path.open(encoding=feed.encoding, newline="") as f:
            return list(csv.DictReader(f, delimiter=feed.delimiter))
    if feed.format == "jsonl":
        return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    if feed.format == "xlsx":
        with closing(openpyxl.load_workbook(path, read_only=True)) as workbook:
            header, *body = workbook.worksheets[0].iter_rows(values_only=True)
        return [dict(zip(map(str, header), row, strict=True)) for row in body]
    return pq.read_table(path).to_pylist()


@pytest.mark.slow
def test_equal_arguments_give_byte_identical_files(tmp_path: Path) -> None:
    for name, seed in (("a", 3), ("b", 3), ("c", 4)):
        synthesis.write(
            tmp_path / name, tmp_path / name / "truth", seed=seed, first_night=FIRST, n_reports=200, forces=("45", "22")
        )
    first, again, other = (_hashes(tmp_path / name) for name in "abc")
    assert first == again
    assert {Path(name).parts[0] for name in first} == {Path(name).parts[0] for name in other}
    # reference lists, a submission's manifest and list of terms, and a file that no reader knows are those of any world
    fixed = ("hubs", "part2", "skyline_airports", "skyline_flight_routes", "submission.yaml", "terms.csv", "app_state")
    same = [p for p in first if first[p] == other.get(p) and not any(word in p for word in fixed)]
    assert not same, f"another seed gives other content, but these are equal: {same}"


@pytest.mark.slow
def test_content_does_not_depend_on_the_size_of_chunks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    arguments: dict[str, Any] = {"seed": 5, "first_night": FIRST, "n_reports": 300, "forces": ("36",)}
    synthesis.write(tmp_path / "a", tmp_path / "ta", **arguments)
    monkeypatch.setattr("pipelines.synthesis.files.landing.CHUNK", 70)
    synthesis.write(tmp_path / "b", tmp_path / "tb", **arguments)
    layout = senders.of(("36",))["norfolk"]

    def urns_and_texts(folder: Path) -> list[tuple[str, str]]:
        found = [r for p in sorted(folder.glob("norfolk/reports/*/*")) for r in _rows(p, layout, "reports")]
        return [(r["Intel Ref"], r["Item 1 Text"]) for r in found]

    assert len(list((tmp_path / "b").glob("norfolk/reports/*/*"))) == 5  # 300 reports in files of 70
    assert urns_and_texts(tmp_path / "a") == urns_and_texts(tmp_path / "b")


def test_every_sender_sends_every_feed(world: Written) -> None:
    found = {(f.sender, f.feed) for f in world.summary.files}
    layouts = senders.of(synthesis.DEFAULT_FORCES)
    for sender in synthesis.DEFAULT_SENDERS:
        assert {feed for s, feed in found if s == sender} == set(layouts[sender].feeds) - set(ties.BY_FEED), sender
    others = {*ties.BY_FEED, *records.BY_FEED}  # the world holds no such records
    assert {feed for _, feed in found} == set(bronze.FEEDS) - others
    assert world.summary.n_reports == 2000


def test_layouts_really_differ(world: Written) -> None:
    headers: dict[str, set[str]] = {}
    for sender, layout in senders.of(synthesis.DEFAULT_FORCES).items():
        if layout.force is None:
            continue
        rows = _rows(world.files(sender, "reports")[0], layout, "reports")
        headers[sender] = set(rows[0])
        assert len(rows) > 100
    for one in headers:
        for other in headers:
            assert one == other or not headers[one] & headers[other], f"{one} and {other} share column names"
    assert world.files("suffolk", "reports")[0].read_bytes().count(b"|") > 1000
    text = b"".join(p.read_bytes() for p in world.files("suffolk", "reports"))
    assert b"\xa3" in text  # a pound sign in Windows-1252
    with pytest.raises(UnicodeDecodeError):
        text.decode("utf-8")
    nested = _rows(world.files("sussex", "reports")[0], senders.of(("47",))["sussex"], "reports")[0]
    assert isinstance(nested["entries"], list)
    assert nested["entries"][0]["grading"][0] in codes.INTELLIGENCE_GRADES
    typed = pq.read_table(world.files("west_mercia", "reports")[0]).schema
    assert str(typed.field("intel_items").type).startswith("list<")
    assert str(typed.field("intel_tags").type).startswith("list<")
    assert str(typed.field("created_ts").type) == "timestamp[us, tz=UTC]"


def test_workbooks_hold_real_dates_and_dates_typed_as_text(world: Written) -> None:
    layout = senders.of(("45",))["surrey"]
    values = [r["Intel Date"] for r in _rows(world.files("surrey", "reports")[0], layout, "reports")]
    kinds = Counter(type(v) for v in values if v is not None)
    assert kinds[datetime] > 10 * kinds[str] > 0
    typed = [v for v in values if isinstance(v, str)]
    assert all(datetime.strptime(v, "%d-%b-%Y") for v in typed)


def test_a_row_says_the_same_in_every_layout(world: Written) -> None:
    """Numbered items, list tags and gradings come out of each format whole."""
    found = senders.of(synthesis.DEFAULT_FORCES)
    norfolk = _rows(world.files("norfolk", "reports")[0], found["norfolk"], "reports")
    assert any(";" in r["Crime Types"] for r in norfolk), "several tags in one cell"
    words = set(senders.parse(senders.texts(("36",))["norfolk"]).feeds["reports"].theirs["tags"].values())
    known = {w for several in words for w in several} | {"Wildlife", "Rural Crime", "Night-time Economy", "Festival"}
    assert {t for r in norfolk for t in r["Crime Types"].split(";") if t} <= known
    sussex = _rows(world.files("sussex", "reports")[0], found["sussex"], "reports")
    assert {1, 2, 3} == {len(r["entries"]) for r in sussex}
    assert all(entry["body"] for r in sussex for entry in r["entries"])
    mercia = _rows(world.files("west_mercia", "reports")[0], found["west_mercia"], "reports")
    assert {1, 2, 3} == {len(r["intel_items"]) for r in mercia}


def test_providers_write_numbers_and_times_in_their_own_ways(world: Written) -> None:
    found = senders.of(synthesis.DEFAULT_FORCES)

    def read(sender: str, feed: str) -> list[dict[str, Any]]:
        return [r for p in world.files(sender, feed) for r in _rows(p, found[sender], feed)]

    north, south = read("telco_north", "comms_events"), read("telco_south", "comms_events")
    assert all(r["calling"].startswith("+44") for r in north)
    assert all(r["start_utc"].endswith("Z") for r in north)
    assert all(r["A Party"].startswith("0") for r in south)
    times = sorted(datetime.strptime(r["Start Time"], "%d/%m/%Y %H:%M:%S") for r in south)
    assert times[0] < datetime(2025, 10, 26) < times[-1], "spans the change of clocks in October"
    assert times[-1].date() < FIRST, "nothing comes from the future"
    assert any(not r["authorisation"] for r in north + [{"authorisation": r["Auth URN"]} for r in south])
    urns = {r["authorisation"] for r in read("telco_north", "comms_authorisations")}
    unknown = [r for r in north if r["authorisation"] and r["authorisation"] not in urns]
    assert len(unknown) < len(north) / 100


def test_numbers_reach_nobody(world: Written) -> None:
    """Every telephone number is from Ofcom's ranges for drama, or a short code."""
    found = senders.of(synthesis.DEFAULT_FORCES)
    people = [r for p in world.files("norfolk", "nominals") for r in _rows(p, found["norfolk"], "nominals")]
    events = [
        r for p in world.files("telco_south", "comms_events") for r in _rows(p, found["telco_south"], "comms_events")
    ]
    numbers = {r["Telephone"] for r in people} | {r[k] for r in events for k in ("A Party", "B Party")}
    for number in numbers - {""}:
        if len(number) == 5:
            continue
        national = str(phonenumbers.parse(number, "GB").national_number)
        drama = ("7700900", "2079460", "1632960", "2920180", "2896496", "3069990")
        assert national.startswith(drama) or national[3:7] == "4960", number


def test_late_resent_corrected_and_bad_files(world: Written) -> None:
    kinds = Counter(f.kind for f in world.summary.files)
    assert kinds["late"] >= 2
    assert kinds["bad"] >= 1
    resent = [f for f in world.summary.files if f.kind == "resent"]
    assert resent
    for f in resent:
        assert f.copy_of is not None
        assert f.path != f.copy_of
        assert (world.landing / f.path).read_bytes() == (world.landing / f.copy_of).read_bytes()
    layout = senders.of(("36",))["norfolk"]
    first = {r["Intel Ref"]: r for r in _rows(world.files("norfolk", "reports")[0], layout, "reports")}
    corrections = [p for p in world.files("norfolk", "reports") if "corrections" in p.name]
    corrected = [r for p in corrections for r in _rows(p, layout, "reports") if r["Intel Ref"] in first]
    assert corrected
    assert all(r["Item 1 Text"] != first[r["Intel Ref"]]["Item 1 Text"] for r in corrected)
    late = [r for p in world.files("norfolk", "reports", "late") for r in _rows(p, layout, "reports")]
    assert all(datetime.strptime(r["Date Created"], "%d/%m/%Y %H:%M").date() < FIRST for r in late)


def test_a_later_export_has_a_column_that_no_layout_names(world: Written) -> None:
    changes = [p for p in world.files("norfolk", "nominals") if "changes" in p.name]
    assert all("Occupation" in p.read_text(encoding="utf-8").splitlines()[0] for p in changes)
    assert changes


def test_truth_names_every_report_and_person_sent(world: Written) -> None:
    truth = pq.read_table(world.truth / "reports.parquet").to_pylist()
    found = senders.of(synthesis.DEFAULT_FORCES)
    sent = {
        (sender, r[column])
        for sender, column in (("norfolk", "Intel Ref"), ("surrey", "Report Number"), ("west_mercia", "intel_urn"))
        for kind in ("normal", "late")
        for p in world.files(sender, "reports", kind)
        for r in _rows(p, found[sender], "reports")
        if r[column]
    }
    known = {(senders.sender(r["force"]), r["urn"]) for r in truth}
    assert sent <= known
    assert len({(r["report_id"], r["night"]) for r in truth}) == len(truth), "one row per version"
    assert len({r["report_id"] for r in truth}) == 2000
    people = {r["person_id"] for r in pq.read_table(world.truth / "people.parquet").to_pylist()}
    nominals = {
        "36:" + r["Nominal No"]
        for p in world.files("norfolk", "nominals")
        for r in _rows(p, found["norfolk"], "nominals")
    }
    links = {
        "36:" + r["Nominal No"]
        for p in world.files("norfolk", "report_links")
        for r in _rows(p, found["norfolk"], "report_links")
    }
    assert links <= nominals <= people
    ties = pq.read_table(world.truth / "ties.parquet").to_pylist()
    assert {t["child_id"] for t in ties} <= people
    assert all(t["harm_on"] is None or t["complete_on"] is None or t["harm_on"] > t["complete_on"] for t in ties)


def test_the_files_hold_the_way_by_which_each_harm_could_have_been_seen(tmp_path: Path) -> None:
    """Every tie of the truth is looked for in what the senders wrote, dated before the harm; three in ten of those
    harmed have none."""
    synthesis.write(tmp_path / "l", tmp_path / "t", seed=7, first_night=FIRST, n_reports=3000, forces=("36",))
    layouts = senders.of(("36",))

    def read(sender: str, feed: str) -> list[dict[str, Any]]:
        paths = sorted((tmp_path / "l" / sender / feed).rglob("*.csv"))
        return [r for p in paths if "part2" not in p.name for r in _rows(p, layouts[sender], feed)]

    def number(written: str) -> str:
        return phonenumbers.format_number(phonenumbers.parse(written, "GB"), phonenumbers.PhoneNumberFormat.E164)

    def day(written: str) -> date:
        return dateutil.parser.parse(written, dayfirst=True).date()

    named: dict[str, set[str]] = {}
    for r in read("norfolk", "report_links"):
        named.setdefault(r["Intel Ref"], set()).add("36:" + r["Nominal No"])
    created = {r["Intel Ref"]: day(r["Date Created"]) for r in read("norfolk", "reports") if r["Date Created"]}
    is_tagged = {r["urn"]: r["is_tag_recorded"] for r in pq.read_table(tmp_path / "t" / "reports.parquet").to_pylist()}
    postcode, phone = {}, {}
    for r in read("norfolk", "nominals"):
        postcode["36:" + r["Nominal No"]] = r["Postcode"]
        phone["36:" + r["Nominal No"]] = number(r["Telephone"]) if r["Telephone"] else None
    ends = [("36:" + r["Nominal No"], r["Located Postcode"], r["Located"]) for r in read("norfolk", "missing_episodes")]
    found = {(child, where, day(at)) for child, where, at in ends if at}
    calls = [(r["calling"], r["called"]) for r in read("telco_north", "comms_events")]
    calls += [(r["A Party"], r["B Party"]) for r in read("telco_south", "comms_events")]
    called = {frozenset(map(number, pair)) for pair in calls if all(pair) and min(map(len, pair)) > 5}
    ties = pq.read_table(tmp_path / "t" / "ties.parquet").to_pylist()
    for t in ties:
        child, via, offender = t["child_id"], t["via_id"], t["offender_id"]
        if t["kind"] == "reports":
            assert any({child, via} <= who and created.get(r) == t["began_on"] for r, who in named.items())
            known = [r for r, who in named.items() if {via, offender} <= who and is_tagged[r]]
            assert min(created[r] for r in known if r in created) <= t["began_on"]
        elif t["kind"] == "calls":
            assert {frozenset({phone[child], phone[via]}), frozenset({phone[via], phone[offender]})} <= called
        elif t["kind"] == "place":
            assert (child, postcode[offender], t["began_on"]) in found
        assert t["harm_on"] is None or t["kind"] == "none" or t["harm_on"] > t["complete_on"] >= t["began_on"]
    reported, met = ({t["offender_id"] for t in ties if t["kind"] in kinds} for kinds in (KNOWN_WAYS, MET_WAYS))
    assert reported & met, "whom reports suspect and whom associates call are not the same people"
    n_ties, n_harmed = (Counter(t["kind"] for t in ties if t["harm_on"] or not harmed) for harmed in (False, True))
    assert set(n_ties) == {"reports", "calls", "place", "known", "none"}
    assert n_harmed["known"] > 0
    assert n_harmed["none"] / n_harmed.total() == pytest.approx(0.3, abs=0.03)


def test_decoys_are_recorded_at_a_home_that_offenders_call(world: Written) -> None:
    decoys = pq.read_table(world.truth / "decoys.parquet").to_pylist()
    tied = {t[end] for t in pq.read_table(world.truth / "ties.parquet").to_pylist() for end in ("child_id", "via_id")}
    hubs = {h["number"]: h["what"] for h in pq.read_table(world.truth / "hubs.parquet").to_pylist()}
    assert not {d["child_id"] for d in decoys} & tied
    assert {hubs[d["home_number"]] for d in decoys} == {"care home office"}
    found = senders.of(("36",))["norfolk"]
    phones = {
        "36:" + r["Nominal No"]: phonenumbers.parse(r["Telephone"], "GB")
        for p in world.files("norfolk", "nominals")
        for r in _rows(p, found, "nominals")
        if r["Telephone"]
    }
    ours = [d for d in decoys if d["child_id"].startswith("36:") and d["child_id"] in phones]
    assert ours
    assert all(phones[d["child_id"]] == phonenumbers.parse(d["home_number"]) for d in ours)
    north = senders.of(("36",))["telco_north"]
    events = [r for p in world.files("telco_north", "comms_events") for r in _rows(p, north, "comms_events")]
    assert {r[end] for r in events for end in ("calling", "called")} & {d["home_number"] for d in decoys}


def test_reports_name_one_to_three_people_and_most_are_in_scope(world: Written) -> None:
    layout = senders.of(("36",))["norfolk"]

    def read(feed: str) -> list[dict[str, Any]]:
        return [r for p in world.files("norfolk", feed) for r in _rows(p, layout, feed)]

    people = Counter(r["Intel Ref"] for r in read("report_links"))
    assert set(people.values()) == {1, 2, 3}
    roles = ("Victim", "Subject")
    subjects = {r["Nominal No"] for r in read("investigations") if r["Status"] == "Live" and r["Involvement"] in roles}
    in_scope = {
        r["Intel Ref"] for r in read("report_links") if r["Nominal No"] in subjects and r["Involvement"] in roles
    }
    assert 0.5 < len(in_scope) / len(people) < 0.7


def test_a_world_of_one_night_has_a_copy_and_a_bad_file(tmp_path: Path) -> None:
    summary = synthesis.write(
        tmp_path / "l", tmp_path / "t", seed=1, first_night=FIRST, n_reports=100, forces=("36", "37")
    )
    assert Counter(f.kind for f in summary.files if f.kind != "normal") == {"resent": 1, "bad": 1}


@pytest.mark.slow
def test_further_forces_write_in_one_of_the_five_layouts(tmp_path: Path) -> None:
    texts = synthesis.layouts(tuple(codes.FORCES))
    assert len(texts) == len(codes.FORCES) + len(senders.PROVIDERS) + len(senders.TRAVEL)
    parsed = {name: senders.parse(text) for name, text in texts.items()}
    assert all(layout.sender == name for name, layout in parsed.items())
    assert {p.force for p in parsed.values() if p.force} == set(codes.FORCES)
    summary = synthesis.write(
        tmp_path / "l", tmp_path / "t", seed=1, first_night=FIRST, n_reports=100, forces=("01", "63", "36")
    )
    assert {"metropolitan", "dyfed_powys", "norfolk"} < {f.sender for f in summary.files}


@pytest.mark.parametrize("bad", [{"forces": ("99",)}, {"forces": ("36", "36")}, {"n_nights": 0}, {"n_reports": 5}])
def test_impossible_worlds_are_refused(tmp_path: Path, bad: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"force|n_nights"):
        synthesis.write(tmp_path, tmp_path, **{"seed": 1, "first_night": FIRST, **bad})
