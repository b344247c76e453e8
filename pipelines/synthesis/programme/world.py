"""The programme's world: records of investigations whose counts are the published totals, over three nights.

What is planted is written as it is made: how many of each there are on each night is counted of the plan, in the
truth, and no pipeline is asked. Some records come late, some are corrected later, and who is not recognised elsewhere
has an entry that comes near: another name, another birth, listed a day too late, or removed the day before.
"""

from __future__ import annotations

import csv
import json
import os
import random
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

from pipelines.synthesis.core import names
from pipelines.synthesis.files.landing import WRITTEN_AT
from schemas.programme import codes
from schemas.programme.published import TOTALS

SENDER = "programme"
LAYOUT = Path(__file__).with_name("programme.yaml")
N_NIGHTS = 3
N_CORRECTED = 5  # investigations whose threat is another until the last night
N_RECOGNISED = {"OCG": 28, "PRIORITY_INDIVIDUAL": 28, "VULNERABILITY": 6, "REPORT": 203}
N_UNRECOGNISED = {
    "OCG": 2, "PRIORITY_INDIVIDUAL": 2, "VULNERABILITY": TOTALS["vulnerabilities_new"],
    "REPORT": TOTALS["reports_not_seen_elsewhere"],
}  # fmt: skip
PILLARS = {"PURSUE": 97, "PROTECT": 41, "PREVENT": 33, "PREPARE": 3}  # 174; one is under five
THREATS = {"CCE": 190, "MSHT": 140, "DRUGS": 133, "OTHER": 3}  # and CSAE
KINDS = {
    "OCG": "Organised crime group", "PRIORITY_INDIVIDUAL": "Priority individual", "VULNERABILITY": "Vulnerability",
    "REPORT": "Report",
}  # fmt: skip
WORDS = {"CSAE": "Child sexual abuse and exploitation", "CCE": "County lines", "MSHT": "Modern slavery",
         "DRUGS": "Drugs", "OTHER": "Other"}  # fmt: skip
OUTCOME_WORDS = {"VICTIM_FOUND": "Victim found", "SAFEGUARDED": "Safeguarded", "ARREST": "Arrest", "CHARGE": "Charge"}
_FIRST = date(2025, 1, 6)

Row = dict[str, str]


@dataclass
class Plan:
    """Rows by feed and night, from 0, and what each night's figures are."""

    rows: dict[str, list[list[Row]]] = field(default_factory=dict)
    truth: list[Counter[str]] = field(default_factory=lambda: [Counter() for _ in range(N_NIGHTS)])

    def add(self, feed: str, night: int, row: Mapping[str, object], *figures: str) -> None:
        """A row that comes on a night, and the figures that count it from then on."""
        said = {name: "" if value is None else str(value) for name, value in row.items()}
        self.rows.setdefault(feed, [[] for _ in range(N_NIGHTS)])[night].append(said)
        self.count(night, *figures)

    def count(self, night: int, *figures: str, by: int = 1) -> None:
        for later in range(night, N_NIGHTS):
            for name in figures:
                self.truth[later][name] += by


def plan(seed: int, scale: int = 1) -> Plan:
    """The whole world; `scale` times as many of everything, for measuring."""
    made, rng = Plan(), random.Random(f"{seed} programme")
    for copy in range(scale):
        mark = f"{copy}-" if copy else ""
        _cases(made, rng, mark)
        _subjects(made, rng, mark)
        _disruptions(made, rng, mark)
        _outcomes(made, rng, mark)
    return made


def _night(n: int) -> int:
    """When the record comes: six of ten on the first night, three on the second, one on the last."""
    return (0, 0, 0, 1, 0, 1, 0, 2, 0, 1)[n % 10]


def _cases(made: Plan, rng: random.Random, mark: str) -> None:
    threats = ["CSAE"] * TOTALS["csae"] + [name for name, n in THREATS.items() for _ in range(n)]
    n_all, n_corrected = len(threats), 0
    children = {n for n in range(n_all) if n < TOTALS["about_children"]}  # those of CSAE, and others
    wide = set(rng.sample(range(n_all), TOTALS["wider_footprint"]))
    for n, threat in enumerate(threats):
        night, is_csae = _night(n), threat == "CSAE"
        is_group = is_csae and n < TOTALS["csae_group_based"]
        is_listed = is_csae and n < TOTALS["csae_on_master_list"]
        is_corrected = is_csae and not is_group and night == 0 and n_corrected < N_CORRECTED
        n_corrected += is_corrected
        row = {
            "Investigation": f"INV/{mark}{n:04d}", "Operation": _operation(rng), "Threat": WORDS[threat],
            "Group based": "Y" if is_group else "N", "On master list": "Y" if is_listed else "N",
            "About children": "Y" if n in children else "N",
            "Opened": _FIRST + timedelta(days=n % 300), "Closed": None,
        }  # fmt: skip
        figures = ["investigations"]
        figures += ["about_children"] if n in children else []
        figures += ["wider_footprint"] if n in wide else []
        made.add("case_records", night, {**row, "Threat": WORDS["OTHER"]} if is_corrected else row, *figures)
        if is_corrected:
            made.add("case_records", N_NIGHTS - 1, row)
        of_csae = ["csae"] * is_csae + ["csae_group_based"] * is_group + ["csae_on_master_list"] * is_listed
        made.count(N_NIGHTS - 1 if is_corrected else night, *of_csae)
        _areas(made, rng, night, row["Investigation"], n in wide)


def _areas(made: Plan, rng: random.Random, night: int, case: object, is_wide: bool) -> None:
    regions = list(codes.REGIONS)
    forces = [rng.choice(codes.REGIONS[rng.choice(regions)])]
    countries: list[str] = []
    if is_wide:
        kind = rng.choice(("REGIONAL", "MULTI_REGION", "INTERNATIONAL"))
        if kind == "INTERNATIONAL":
            countries = rng.sample(("ES", "NL", "RO", "VN", "AL"), rng.randint(1, 2))
        elif kind == "REGIONAL":
            forces = rng.sample(codes.REGIONS[rng.choice(("EASTERN", "NORTH_WEST", "SOUTH_WEST"))], 2)
        else:
            forces = [rng.choice(codes.REGIONS[region]) for region in rng.sample(regions, 3)]
    for area in (*forces, *countries):
        is_abroad = area in countries
        made.add("case_areas", night, {"Investigation": case, "Force": "" if is_abroad else area,
                                       "Country": area if is_abroad else ""})  # fmt: skip


def _operation(rng: random.Random) -> str:
    return str(names.OPERATIONS[rng.randrange(len(names.OPERATIONS))]).upper()


def _subjects(made: Plan, rng: random.Random, mark: str) -> None:
    n = 0
    for kind in KINDS:
        for is_known in (True, False):
            for place in range((N_RECOGNISED if is_known else N_UNRECOGNISED)[kind]):
                _subject(made, rng, mark, n, kind, None if is_known else place)
                n += 1


def _subject(made: Plan, rng: random.Random, mark: str, n: int, kind: str, near: int | None) -> None:
    """One subject and its entry; `near` says in which way the entry of one who is not recognised comes near."""
    night, found_on = _night(n), _FIRST + timedelta(days=30 + n % 250)
    is_person, is_report = kind == "PRIORITY_INDIVIDUAL", kind == "REPORT"
    name = None if is_report else _name(rng, kind, n, mark)
    born = date(1960 + n % 40, 1 + n % 12, 1 + n % 28) if is_person else None
    ref = f"NAT/{mark}{n:05d}" if is_report else None
    row = {"Subject": f"S/{mark}{n:05d}", "Investigation": f"INV/{mark}{n % 100:04d}", "Kind": KINDS[kind],
           "Name": name, "Born": born, "National reference": ref, "Identified": found_on}  # fmt: skip
    is_new = near is not None
    figures = {"OCG": ["ocgs"], "PRIORITY_INDIVIDUAL": ["priority_individuals"]}.get(kind, [])
    figures += ["groups_not_seen_elsewhere"] if is_new and kind in ("OCG", "PRIORITY_INDIVIDUAL") else []
    figures += ["vulnerabilities_new"] if is_new and kind == "VULNERABILITY" else []
    figures += ["reports_not_seen_elsewhere"] if is_new and is_report else []
    made.add("case_subjects", night, row, *figures)
    if is_new and is_report:
        return  # nobody else has it
    listed, removed = found_on - timedelta(days=n % 90), None
    way = (near or 0) % 2 if kind != "VULNERABILITY" else 2
    if is_new and kind == "OCG":
        name, listed = (f"{name}S", listed) if way == 0 else (name, found_on + timedelta(days=1))
    elif is_new and is_person and born is not None:
        born, removed = (born + timedelta(days=400), None) if way == 0 else (born, found_on)
        listed = found_on - timedelta(days=60)
    elif is_new:
        listed = found_on + timedelta(days=1)
    elif name and n % 3 == 0:
        name = f"  {name.title()} "  # another hand wrote it
    entry = {"Entry": f"E/{mark}{n:05d}", "Kind": KINDS[kind], "Name": name, "Born": born, "National reference": ref,
             "Listed": listed, "Removed": removed}  # fmt: skip
    made.add("master_list", 0, entry)


def _name(rng: random.Random, kind: str, n: int, mark: str) -> str:
    surname = str(names.SURNAMES[rng.randrange(len(names.SURNAMES))]).upper()
    if kind == "PRIORITY_INDIVIDUAL":
        return f"{str(names.MALE[rng.randrange(len(names.MALE))]).upper()} {surname}"
    return f"{surname} {'GROUP' if kind == 'OCG' else 'SCHEME'} {mark}{n}"


def _disruptions(made: Plan, rng: random.Random, mark: str) -> None:
    pillars = [name for name, n in PILLARS.items() for _ in range(n)]
    for n, pillar in enumerate(pillars):
        row = {"Disruption": f"D/{mark}{n:04d}", "Investigation": f"INV/{mark}{n % 200:04d}", "Pillar": pillar,
               "Level": rng.choices(codes.LEVELS, (1, 4, 8))[0], "Date": _FIRST + timedelta(days=60 + n)}  # fmt: skip
        made.add("disruptions", _night(n), row, "disruptions")


def _outcomes(made: Plan, rng: random.Random, mark: str) -> None:
    n = 0
    for kind, n_of, figure in (
        ("VICTIM_FOUND", TOTALS["victims_found"], "victims_found"),
        ("SAFEGUARDED", TOTALS["safeguarded"], "safeguarded"),
        ("ARREST", 41, "arrests"), ("CHARGE", 19, "charges"),
    ):  # fmt: skip
        for _ in range(n_of):
            case = n % 2 if kind in ("VICTIM_FOUND", "SAFEGUARDED") else rng.randrange(60)
            row = {"Outcome": f"O/{mark}{n:04d}", "Investigation": f"INV/{mark}{case:04d}",
                   "Kind": OUTCOME_WORDS[kind], "Date": _FIRST + timedelta(days=200 + n), "Person": f"P{mark}{n}",
                   "Queue item": ""}  # fmt: skip
            made.add("case_outcomes", _night(n), row, figure)
            n += 1


def write(landing: Path, truth: Path, *, seed: int, first_night: date) -> dict[str, int]:
    """Write the world's files below `landing` and its figures below `truth`; returns counts of files and rows."""
    made = plan(seed)
    n_files = n_rows = 0
    for feed, nights in made.rows.items():
        for n, rows in enumerate(nights):
            night = first_night + timedelta(days=n)
            n_files += _file(landing / SENDER / feed / night.isoformat(), feed, rows)
            n_rows += len(rows)
    truth.mkdir(parents=True, exist_ok=True, mode=0o700)
    told = {(first_night + timedelta(days=n)).isoformat(): dict(counts) for n, counts in enumerate(made.truth)}
    (truth / "programme.json").write_text(json.dumps(told, indent=2), encoding="utf-8")
    return {"n_files": n_files, "n_rows": n_rows}


def _file(folder: Path, feed: str, rows: Iterable[Row]) -> int:
    rows = list(rows)
    if not rows:
        return 0
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder / f"{feed}.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    os.utime(path, (WRITTEN_AT, WRITTEN_AT))
    return 1
