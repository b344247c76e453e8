"""What the programme costs and gives: published claims, stated figures, and what this deployment measured itself.

The three are kept apart. A claim is never an input; a line with a figure that nobody states is unknown.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

from jobs.runtime.audit import operations
from jobs.runtime.context import RunContext
from jobs.runtime.settings import Settings
from schemas import codes, forces
from schemas.programme import published

if TYPE_CHECKING:
    from pipelines.programme.benefits import Bar, BreakEven, Result
    from pipelines.programme.distributions import Distribution
    from pipelines.programme.implied import Implied
    from pipelines.programme.own import Own

QUEUE = "reclassify"
STEPS = ("layout", "files", "rows loaded", "rows in the queue", "decided", "timed", "drawn by chance and decided")


@dataclass
class Onboarding:
    """How far a force is, and what it would gain by the measured figures of all forces together.

    Attributes:
        n: what was counted of each of STEPS.
        n_waiting: reports in scope without a CSAE tag, and `n_expected` of them CSAE by their calibrated scores.
        hours: hours that the queue would save in finding these, with `low` and `high`; None where it cannot be said.
    """

    force: str
    n: dict[str, int]
    n_waiting: int = 0
    n_expected: float = 0.0
    hours: float | None = None
    low: float | None = None
    high: float | None = None

    @property
    def next_step(self) -> str | None:
        """The first step that is not done."""
        return next((step for step in STEPS if not self.n.get(step)), None)


@dataclass
class Report:
    """All that is said of benefits."""

    night: date | None
    implied: list[Implied]
    figures: dict[str, Distribution]
    missing: dict[str, tuple[str, ...]]
    results: list[Result]
    bars: list[Bar]
    break_even: list[BreakEven]
    running: dict[str, Any]
    own: list[Own] = field(default_factory=list)
    onboarding: list[Onboarding] = field(default_factory=list)

    @property
    def hour_cost(self) -> float | None:
        """The stated cost of an hour, at its median."""
        return self.figures["hour_cost"].median if "hour_cost" in self.figures else None

    def plain(self) -> dict[str, Any]:
        """The report as values that JSON takes."""
        lines = {result.line.name for result in self.results}
        return {
            "night": self.night,
            "published": {name: asdict(claim) for name, claim in published.BENEFITS.items()},
            "implied": [asdict(each) for each in self.implied],
            "figures": {name: asdict(figure) for name, figure in self.figures.items()},
            "unknown": {name: names for name, names in self.missing.items() if name not in lines},
            "lines": [_plain_result(result) for result in self.results],
            "tornado": [asdict(bar) for bar in self.bars],
            "break_even": [asdict(each) for each in self.break_even],
            "running": {name: value for name, value in self.running.items() if name != "distribution"},
            "own": [asdict(each) for each in self.own],
            "onboarding": [{**asdict(each), "next": each.next_step} for each in self.onboarding],
        }


def _plain_result(result: Result) -> dict[str, Any]:
    line = {"line": result.line.name, "unit": result.line.unit, "says": result.line.says}
    return line | {name: getattr(result, name) for name in ("value", "low", "high", "above_nought")}


def stated(settings: Settings) -> Report:
    """The report without what is measured from decisions: needs no Spark."""
    from pipelines.programme import benefits, distributions, implied, own

    values = settings.benefits
    figures = {name: distributions.Distribution(**each) for name, each in values.stated().items()}  # type: ignore[arg-type]
    running = own.running(manifests(settings), values.machine_hour)
    if running["distribution"] is not None:
        figures["machine_per_year"] = running["distribution"]
    return Report(
        None,
        implied.of_claims(published.BENEFITS),
        figures,
        {line.name: benefits.missing(line, figures) for line in benefits.LINES},
        benefits.simulate(figures, values.n_draws, settings.seed),
        benefits.tornado(figures),
        benefits.break_even(figures),
        running,
    )


def manifests(settings: Settings) -> list[Mapping[str, Any]]:
    """The copies of run manifests; one that cannot be read is left out, as what it holds is not known."""
    read: list[Mapping[str, Any]] = []
    for path in sorted(settings.manifests.glob("*.json")):
        try:
            body = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            continue
        if isinstance(body, dict) and "night" in body:
            read.append(body)
    return read


def report(ctx: RunContext, night: date | None, force: str | None, who: str) -> Report:
    """All that can be said as of a night, the newest published by default. The look is logged before it is returned.

    Raises:
        NotFoundError: no force is named so.
        AuditError: the look cannot be logged.
    """
    code = forces.code_of(force) if force else None
    made = stated(ctx.settings)
    if not any(ctx.settings.lakehouse.glob("gold/run_manifest/_delta_log/*.json")) and not ctx.settings.catalog:
        return made  # no night has run: nothing was measured
    from pipelines.programme import own
    from pipelines.queues import review_metrics
    from schemas import gold, review

    known = ctx.known(night or ctx.known().newest_published())
    made.night = known.night
    decisions, drawn = known.until(gold.DECISIONS), known.until(review.QUEUE_DRAWS)
    efforts = review_metrics.efforts(decisions, drawn, QUEUE).toPandas()  # a row per force and kind
    operations.rows_viewed(
        ctx.audit, who, f"{gold.DECISIONS.path} counted per force, as of {known.night}", "benefits", len(efforts), ()
    )
    made.own = own.figures(efforts, ctx.settings.seed)
    made.onboarding = _onboarding(ctx, known.night, efforts, made.own)
    if code:
        made.own = [each for each in made.own if each.force == code]
        made.onboarding = [each for each in made.onboarding if each.force == code]
    return made


def _onboarding(ctx: RunContext, night: date, efforts: Any, own: list[Own]) -> list[Onboarding]:
    """How far each of the territorial forces is that has anything, and every other with a layout."""
    from pyspark.sql import functions as F

    from schemas import bronze, gold

    known = ctx.known(night)
    force_of = {name: source.force for name, source in ctx.sources.items() if source.force}
    of_reports = known.until(bronze.FILES).where("feed = 'reports'").groupBy("sender")
    files = of_reports.agg(F.count("*").alias("n"), F.sum("n_rows_loaded").alias("n_loaded"))
    queued = known.tonight(gold.QUEUE_ITEMS).where(F.col("queue") == QUEUE).groupBy("force").count()
    scored = known.tonight(gold.REPORT_SCORES).groupBy("force")
    waiting = scored.agg(F.count("*").alias("n"), F.sum("score").alias("n_csae"))
    arrived: dict[str, tuple[int, int]] = {}
    for row in files.collect():  # each of these: a row per sender or force
        if code := force_of.get(row.sender):
            n, n_loaded = arrived.get(code, (0, 0))
            arrived[code] = (n + row.n, n_loaded + row.n_loaded)
    shown = {row.force: row["count"] for row in queued.collect()}
    left = {row.force: row for row in waiting.collect()}
    saved = next((each for each in own if each.force == "*" and each.name == "hours saved per find"), None)
    made = []
    for code in sorted(set(codes.FORCES) & {*force_of.values(), *arrived, *shown, *left}):
        mine = efforts[efforts["force"] == code]
        by_chance = mine[mine["kind"] == "RANDOM"]
        counted = (
            int(code in force_of.values()), *arrived.get(code, (0, 0)), shown.get(code, 0), int(mine["n"].sum()),
            int(mine["n_timed"].sum()), int(by_chance["n"].sum()),
        )  # fmt: skip
        each = Onboarding(code, dict(zip(STEPS, counted, strict=True)))
        if code in left:
            each.n_waiting, each.n_expected = left[code].n, float(left[code].n_csae)
        if saved is not None and saved.value is not None and saved.low is not None and saved.high is not None:
            each.hours, each.low, each.high = (each.n_expected * x for x in (saved.value, saved.low, saved.high))
        made.append(each)
    return made


def text(made: Report) -> str:
    """The report for people."""
    lines = ["Published, and what it implies (never an input)"]
    lines += [f"  {claim.says}: {claim.value:,.10g} {claim.unit}" for claim in published.BENEFITS.values()]
    lines += [f"  -> {each.name}: {each.value:,.2f} {each.unit} ({each.how})" for each in made.implied]
    lines += [f"  {staff_text(made.hour_cost)}", "", "Stated here (settings: benefits)"]
    lines += [f"  {name}: {_form(figure)}; {figure.why}" for name, figure in made.figures.items()] or ["  nothing"]
    lines += [""] + [_line_text(result) for result in made.results]
    told = {result.line.name for result in made.results}
    for name, names in made.missing.items():
        if name not in told:
            lines.append(f"{name}: unknown, as nobody states {', '.join(names)}")
    for bar in made.bars:
        lines.append(
            f"  {bar.line} by {bar.figure}: {bar.at_low:,.0f} at {bar.low:,.4g}, {bar.at_high:,.0f} at {bar.high:,.4g}"
        )
    for each in made.break_even:
        at = "nowhere" if each.value is None else f"{each.value:,.4g}"
        lines.append(f"  {each.line} is nought at {each.figure} = {at} (median {each.median:,.4g})")
    lines += ["", "Measured: what nights took", f"  {running_text(made.running)}"]
    lines += ["", f"Measured: decisions up to {made.night}" if made.night else "Measured: no night has run yet"]
    lines += [f"  {_own_text(each)}" for each in made.own]
    lines += [f"  {_onboarding_text(each)}" for each in made.onboarding]
    return "\n".join(lines)


def staff_text(hour_cost: float | None) -> str:
    """How much of the published pounds the published hours can be, at a stated cost of an hour if there is one."""
    from pipelines.programme import implied

    claims = published.BENEFITS
    half = (
        f"For half of the pounds to be staff time an hour would have to cost {implied.hour_cost_at(claims, 0.5):,.0f}."
    )
    if hour_cost is None:
        return half
    return f"At {hour_cost:,.0f} pounds an hour, {implied.staff_share(claims, hour_cost):.1%} are staff time. {half}"


def _form(figure: Distribution) -> str:
    middle = f", likely {figure.likely:g}" if figure.likely is not None else ""
    return f"{figure.form} from {figure.low:,g}{middle} to {figure.high:,g}"


def _line_text(result: Result) -> str:
    return (
        f"{result.line.name}: {result.value:,.0f} {result.line.unit} ({result.low:,.0f} to {result.high:,.0f}), above "
        f"nought in {result.above_nought:.0%} of draws; {result.line.says}"
    )


def running_text(running: Mapping[str, Any]) -> str:
    if not running["n_nights"]:
        return "no run manifest tells its seconds yet"
    ends = f" ({running['low']:.3f} to {running['high']:.3f})" if running["low"] is not None else ""
    pounds = running["pounds_per_year"]
    cost = f", {pounds:,.0f} pounds a year" if pounds is not None else "; nobody states benefits.machine_hour"
    return (
        f"{running['hours']:.3f} hours a night{ends}, of {running['n_runs']} runs of {running['n_nights']} nights; "
        f"{running['hours_per_year']:,.1f} hours a year{cost}"
    )


def _own_text(each: Own) -> str:
    who = "all forces" if each.force == "*" else codes.FORCES.get(each.force, each.force)
    if each.value is None:
        return f"{who}: {each.name}: unknown, as {each.why}"
    return f"{who}: {each.name}: {each.value:,.2f} ({each.low:,.2f} to {each.high:,.2f}), of {each.n} decisions"


def _onboarding_text(each: Onboarding) -> str:
    done = ", ".join(f"{step} {each.n[step]:,}" for step in STEPS if each.n.get(step))
    following = f"; next: {each.next_step}" if each.next_step else ""
    gain = f"; {each.n_expected:,.0f} CSAE expected of {each.n_waiting:,} waiting"
    gain += f", {each.hours:,.0f} hours saved ({each.low:,.0f} to {each.high:,.0f})" if each.hours is not None else ""
    return f"{codes.FORCES.get(each.force, each.force)}: {done or 'nothing yet'}{following}{gain}"
