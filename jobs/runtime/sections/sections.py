"""The whole of the settings: every section, and the small ones in full."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from jobs.runtime.sections import leads, network, programme, queues
from jobs.runtime.sections import types as t
from schemas.validation import Part


class Spark(Part):
    """The one local Spark session."""

    cores: t.Cores
    memory: t.Memory
    java_options: str
    compiled_from_mb: t.CountOrNone


class Demo(Part):
    """The synthetic landing zone."""

    n_reports: t.Count
    n_nights: t.Count
    forces: Annotated[list[t.HomeOfficeForce], Field(min_length=1)]
    providers: list[Literal["telco_north", "telco_south", "telco_west", "telco_east", "telco_coast", "telco_isle"]]


class CommsResearch(Part):
    """Bulk research of communications data."""

    zone: t.TimeZone
    night_from: t.Hour
    night_to: t.Hour
    new_days: t.Days
    gap_days: t.Positive
    near_km: t.NotNegative
    near_minutes: t.Count
    clock_skew_s: t.CountOrNone
    rows_per_sheet: Annotated[int, Field(ge=1, le=1_048_575)]  # what a sheet of a workbook holds below its header


class Checks(Part):
    """Limits of a run."""

    max_runtime_s: t.Count
    stale_after_h: t.Count


class Alerts(Part):
    """Whom a failed night is told to."""

    webhook: t.Webhook | None


class Log(Part):
    """The log of processing."""

    anchor: t.Text | None


class Arrivals(Part):
    """When a file counts as arrived, and what senders usually send."""

    late_nights: t.CountOrNone
    quiet_s: t.CountOrNone
    usual_nights: t.Count
    usual_at_least: t.Count
    volume_factor: Annotated[float, Field(gt=1)]
    volume_rows: t.Count


class Device(Part):
    """Seized devices."""

    bank_weights: t.Text | None
    bank_substitutions: t.Text | None
    lists: t.Text | None
    postcodes: t.Text | None

    @property
    def banks(self) -> tuple[str, str | None] | None:
        """Files of the banks' own table for sort codes and accounts, where the operator has it."""
        return (self.bank_weights, self.bank_substitutions) if self.bank_weights else None


class Timetable(Part):
    """When nights and trainings begin."""

    cron: t.Schedule
    training_cron: t.Schedule
    time_zone: t.TimeZone


class Sections(Part):
    """One field per section of settings.yaml. Values and their reasons are there; types and bounds are here."""

    seed: t.Seed
    spark: Spark
    sources: t.Text | None
    catalog: t.Catalog | None
    home_on: Literal["disk", "volume"]
    run_record: Literal["folder", "none"]
    demo: Demo
    training: queues.Training
    promotion: queues.Promotion
    queue: queues.Queue
    review: queues.Review
    exposure: queues.Exposure
    certificate: queues.Certificate
    overtagged: queues.Overtagged
    entities: network.Entities
    comms_research: CommsResearch
    arrivals: Arrivals
    device: Device
    checks: Checks
    alerts: Alerts
    log: Log
    schedule: Timetable
    risk: network.Risk
    deconfliction: network.Deconfliction
    travel: network.Travel
    leads: leads.Leads
    benefits: programme.Benefits
