"""Settings: an override changes what it names; every mistake is refused, before anything starts, with its line."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from dagster._utils.schedules import is_valid_cron_schedule, schedule_execution_time_iterator
from hypothesis import example, given
from hypothesis import settings as trials
from hypothesis import strategies as st

from jobs.runtime import risk_rules, settings
from jobs.runtime.sections import cron, queues, sections

Override = Callable[[str], Path]


@pytest.fixture
def override(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Override:
    """Writes the file that NIGHTJAR_SETTINGS names."""

    def write(text: str) -> Path:
        path = tmp_path / "s.yaml"
        path.write_text(text, encoding="utf-8")
        monkeypatch.setenv("NIGHTJAR_SETTINGS", str(path))
        return path

    return write


@pytest.fixture
def shipped(monkeypatch: pytest.MonkeyPatch) -> settings.Settings:
    monkeypatch.delenv("NIGHTJAR_SETTINGS", raising=False)
    return settings.load()


def test_override_changes_only_what_it_names(shipped: settings.Settings, override: Override):
    override("queue: {capacity: 7}\n")
    changed = settings.load()
    assert changed.capacity() == {"*": 7}
    assert changed.training == shipped.training
    assert changed.config_hash != shipped.config_hash


MISTAKES = {
    "queue: {capacity: lots}": "1: queue.capacity: takes a whole number, not 'lots'",
    "queue: {capacity: 9999999999}": "1: queue.capacity: takes 2,147,483,647 or less, not 9999999999",
    "seed: 0x" + "f" * 5000: "1: seed: takes 2,147,483,647 or less, not so large a number",
    '"a\\nb": 1': "1: a\\nb: is not a key here",
    "queue: {capacity: 0}": "1: queue.capacity: takes 1 or more, not 0",
    "queue:\n  capacity: true": "2: queue.capacity: takes a whole number, not true",
    "queue:\n  capacity_by_force: {36: 5}\n  capacity: 2.5": "3: queue.capacity: takes a whole number, not 2.5",
    "queue: {capcity: 7}": "1: queue.capcity: is not a key here; did you mean capacity?",
    "queue: {capacity_by_force: {norfolk: 5}}": "1: queue.capacity_by_force.norfolk: takes a two-character force code",
    "quue: {}": "1: quue: is not a key here; did you mean queue?",
    "risk:\n\n  paths: {max_hops: two}": "3: risk.paths.max_hops: takes a whole number, not 'two'",
    "risk: {paths: {max_hops: 4}}": "1: risk.paths.max_hops: takes 3 or less, not 4",
    "risk: {seeds: {legacy: [0.5, 0.2, 0.1]}}": "1: risk.seeds.legacy: takes low, used and high, in this order",
    "risk: {seeds: {source: {'4': [0, 0, 0]}}}": "1: risk.seeds.source.4: is '4', not one of '1', '2' or '3'",
    "leads: 5": "1: leads: takes a mapping, not 5",
    "leads: {deal_line: {answered: 1.5}}": "1: leads.deal_line.answered: takes less than 1, not 1.5",
    "review: {blind_share: 7}": "1: review.blind_share: takes 1 or less, not 7",
    "overtagged: {is_on: 'yes'}": "1: overtagged.is_on: takes true or false, not 'yes'",
    "spark: {memory: lots}": "1: spark.memory: takes a size such as 2g",
    "spark: {cores: 0}": '1: spark.cores: takes "*" for all, or a number from 1',
    "training: {candidates: [tfidf_logistik]}": "1: training.candidates.0: is 'tfidf_logistik', not one of",
    "training: {candidates: []}": "1: training.candidates: takes 1 or more, and has 0",
    "entities: {engine: postgres}": "1: entities.engine: is 'postgres', not one of 'auto', 'duckdb' or 'spark'",
    "entities: {threshold: .nan}": "1: entities.threshold: takes a number, not nan",
    "travel: {names: {EXACT: 0.9}}": "1: travel.names: is 1.1 in all: the shares add up to one",
    "alerts: {webhook: example.org}": "1: alerts.webhook: takes an address that begins with https:// or http://",
    "schedule: {time_zone: Europe/Londres}": "1: schedule.time_zone: 'Europe/Londres' is not a known time zone",
    "schedule: {cron: '*/30'}": "1: schedule.cron: takes a schedule of five fields",
    "schedule: {cron: '0 25 * * *'}": "1: schedule.cron: '25' cannot be the hour: that is from 0 to 23",
    "schedule: {cron: '*/30 * * * *'}": "1: schedule.cron: '*/30 * * * *' is no time of day",
    "schedule: {training_cron: '0 1,2 * * *'}": "1: schedule.training_cron: '0 1,2 * * *' is no time of day",
    "schedule: {cron: 0}": "1: schedule.cron: takes text",
    "deconfliction: {contacts: {norfolk: desk}}": "1: deconfliction.contacts.norfolk: takes a two-character force code",
    "demo: {forces: [36]}": "1: demo.forces.0: takes text (quote numbers",
    "demo: {forces: [T9]}": "1: demo.forces.0: 'T9' is not a Home Office code",
    "- queue": "1: takes a mapping, not a list",
    "seed: 1\nseed: 2": "2: seed: is here twice: line 1 has it too",
    "a: [1": "1: is not YAML",
    "exposure:": "1: exposure: takes a mapping, not nothing",
}


@pytest.mark.slow
@pytest.mark.parametrize("text", MISTAKES)
def test_a_mistake_is_told_with_file_line_and_key(override: Override, text: str):
    path = override(text)
    with pytest.raises(settings.SettingsError) as error:
        settings.load()
    (told,) = str(error.value).splitlines()
    assert told.startswith(f"{path}:{MISTAKES[text]}")


def test_all_mistakes_are_told_at_once(override: Override):
    override("leads: 5\nqueue: {capacity: lots}\nrisk:\n  paths: {max_hops: two}\n")
    with pytest.raises(settings.SettingsError) as error:
        settings.load()
    assert [(p.line, p.key) for p in error.value.problems] == [
        (1, "leads"),
        (2, "queue.capacity"),
        (4, "risk.paths.max_hops"),
    ]


def test_an_override_that_is_not_there_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setenv("NIGHTJAR_SETTINGS", str(tmp_path / "nowhere.yaml"))
    with pytest.raises(settings.SettingsError, match=r"nowhere\.yaml: cannot be read \(No such file or directory\)"):
        settings.load()


def _leaves(values: Any, at: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    if isinstance(values, dict) and values:
        for key, inner in values.items():
            yield from _leaves(inner, (*at, key))
    else:
        yield at


LEAVES = list(_leaves(yaml.safe_load(settings.DEFAULTS.read_text(encoding="utf-8"))))


@pytest.mark.parametrize("wrong", [[[]], [{"a": {}}]], ids=["a list", "a mapping"])
def test_no_setting_takes_anything(override: Override, wrong: Any):
    """Every leaf of every section at once, with a value that none of them takes."""
    document: dict[str, Any] = {}
    for *above, key in LEAVES:
        inside = document
        for part in above:
            inside = inside.setdefault(part, {})
        inside[key] = wrong
    override(yaml.safe_dump(document))
    with pytest.raises(settings.SettingsError) as error:
        settings.load()
    told = {problem.key for problem in error.value.problems}
    untold = [at for at in LEAVES if not any(key == ".".join(at) or key.startswith(".".join(at) + ".") for key in told)]
    assert len(LEAVES) > 200
    assert not untold


def test_equal_settings_have_one_hash_however_they_are_written(shipped: settings.Settings, override: Override):
    override("leads: {swap: {max_nats: 12.0, min_changes: 2}}\nqueue: {capacity: 50}\n")
    one = settings.load().config_hash
    override("queue: {capacity: 50}\nleads: {swap: {min_changes: 2, max_nats: 12}}\n")
    assert settings.load().config_hash == one == shipped.config_hash
    override("queue: {capacity: 51}\n")
    assert settings.load().config_hash != one


def test_a_night_has_one_seed(tmp_path: Path):
    chosen = settings.load(tmp_path)
    assert chosen.night_seed(dt.date(2026, 1, 5)) == settings.load(tmp_path / "other").night_seed(dt.date(2026, 1, 5))
    assert chosen.night_seed(dt.date(2026, 1, 5)) != chosen.night_seed(dt.date(2026, 1, 6))


def test_settings_cannot_be_changed_by_who_reads_them(shipped: settings.Settings):
    with pytest.raises(ValueError, match="frozen"):
        shipped.queue.capacity = 7  # type: ignore[misc]


def test_every_section_is_what_its_reader_takes(shipped: settings.Settings):
    """Sections and the classes that take them name the same keys: a key of one alone would fail here, not at night."""
    from models.candidates import candidates
    from models.training import promotion
    from pipelines.comms import leads, research
    from pipelines.network import groups
    from pipelines.synthesis.core import senders
    from pipelines.travel import matching

    given_leads = leads.Thresholds.of(shipped.leads.model_dump(), "Europe/London")
    assert set(given_leads.curves) == set(leads.DETECTORS)
    rules = risk_rules.rules(shipped)
    pairs = [
        (promotion.Criteria, shipped.promotion),
        (groups.Rules, shipped.risk.groups),
        (type(rules.weights), shipped.risk.seeds),
        (type(rules.limits), shipped.risk.paths),
        *((type(getattr(given_leads, name)), getattr(shipped.leads, name)) for name in leads.DETECTORS),
        (type(given_leads.fingerprint), shipped.leads.fingerprint),
        (type(given_leads.recycling), shipped.leads.recycling),
    ]
    for reader, section in pairs:
        assert {field.name for field in dataclasses.fields(reader)} == set(dict(section))
    assert (
        dataclasses.asdict(research.Options.of(dict(shipped.comms_research))).items()
        <= dict(shipped.comms_research).items()
    )
    assert matching.Odds.of(dict(shipped.travel)).names == shipped.travel.names
    assert set(queues.Candidate.__args__) == {c.name for c in candidates.CANDIDATES} | {"bert"}  # type: ignore[attr-defined]
    known = sections.Demo.model_json_schema()["properties"]["providers"]["items"]["enum"]
    assert tuple(known) == senders.PROVIDERS


SCHEDULES = (
    "0 2 * * *",
    "30 1 * * 1-5",
    "0 10 * * sat",
    "15 6 1 jan-mar *",
    "0 0 29 2 *",
    "0 0 31 * 7",
)


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_schedules_are_taken_whole(override: Override, schedule: str):
    override(f"schedule: {{cron: '{schedule}'}}\n")
    assert settings.load().schedule.cron == schedule


@st.composite
def fields_of_cron(draw: st.DrawFn) -> str:
    def one(low: int, high: int, words: tuple[str, ...] = ()) -> str:
        numbers = st.integers(low, high).map(str) | (st.sampled_from(words) if words else st.nothing())
        ranges = st.tuples(st.integers(low, high), st.integers(low, high)).map(lambda r: f"{min(r)}-{max(r)}")
        steps = st.integers(1, high).map(lambda step: f"/{step}") | st.just("")
        item = numbers | st.tuples(ranges | st.just("*"), steps).map("".join)
        return ",".join(draw(st.lists(item, min_size=1, max_size=3)))

    return " ".join((one(0, 59), one(0, 23), one(1, 31), one(1, 12, ("jan", "DEC")), one(0, 7, ("mon", "sun"))))


@pytest.mark.slow
@trials(max_examples=300)
@example("0 0 30 2 0")
@given(fields_of_cron())
def test_what_is_taken_as_a_schedule_dagster_takes_and_ticks(schedule: str):
    try:
        cron.check(schedule)
    except ValueError:
        return  # days that no such month has
    assert is_valid_cron_schedule(schedule)
    start = dt.datetime(2026, 1, 1, tzinfo=dt.UTC).timestamp()
    assert next(schedule_execution_time_iterator(start, schedule, "Europe/London", ascending=True)).timestamp() >= start


@pytest.mark.parametrize(
    "schedule",
    ["*/30", "0 2 * *", "0 2 * * * *", "61 * * * *", "0 2 30 2 *", "0 2 31 4,6 *", "0 0 30 2 0",
     "0 2 * * mon-", "*/0 * * * *", "*/99 * * * *", "5/2 * * * *", "9-3 * * * *",
     "0 2 * * 8", "0 2 * jan-foo *", "", "@daily", "0 2 L * *", "٣ 2 * * *"],
)  # fmt: skip
def test_what_is_no_schedule_is_refused(schedule: str):
    with pytest.raises(ValueError, match=r"cannot be the|takes a schedule|never comes due"):
        cron.check(schedule)
