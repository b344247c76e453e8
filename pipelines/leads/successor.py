"""A number that fell silent and the number that took over: by contact list and by time.

Evidence: the fingerprint of contacts (see `fingerprint`), and the time between the old number's last and the new one's
first event. Somebody who changes number does so within days (exponential, mean `mean_gap_days`); an unrelated number
starts at any time of those observed (uniform). Time counts only where both were observed: the old number's silence
before its authorisation ends, and the new one's absence after its own began.
"""

from __future__ import annotations

from dataclasses import dataclass

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from pipelines.leads import lead

NAME = "successor"
DAY = 86_400.0


@dataclass(frozen=True)
class Thresholds:
    silent_days: int  # a number is dropped when it was silent for so long while it was watched
    overlap_days: float  # both numbers may be in use for so long
    most_gap_days: float  # nobody waits longer
    mean_gap_days: float  # of those who change number
    least_events: int  # of either number


def leads(pairs: DataFrame, spans: DataFrame, given: Thresholds) -> DataFrame:
    """Leads from `fingerprint.pairs` and `usage.spans`: numbers are (old, new)."""
    columns = ("unit", "number", "first_at", "last_at", "from_at", "until_at", "n_events")
    old, new = (spans.select(*(F.col(c).alias(f"{c}_{side}") for c in columns)) for side in ("a", "b"))
    joined = pairs.join(old, F.col("a") == F.col("unit_a")).join(new, F.col("b") == F.col("unit_b"))
    gap = (F.unix_seconds("first_at_b") - F.unix_seconds("last_at_a")) / DAY
    silence = (F.unix_seconds("until_at_a") - F.unix_seconds("last_at_a")) / DAY
    absence = (F.unix_seconds("first_at_b") - F.unix_seconds("from_at_b")) / DAY
    observed = F.greatest((F.unix_seconds("until_at_a") - F.unix_seconds("from_at_a")) / DAY, F.lit(14.0))
    dated = joined.withColumns({"gap": gap, "silence": silence, "absence": absence, "observed": observed})
    candidates = dated.where(
        (F.col("silence") >= given.silent_days)
        & F.col("gap").between(-given.overlap_days, given.most_gap_days)
        & (F.least("n_events_a", "n_events_b") >= given.least_events)
        & (F.col("number_a") != F.col("number_b"))
    )
    waited = F.greatest("gap", F.lit(0.0))
    in_time = F.log(F.exp(-waited / given.mean_gap_days) / given.mean_gap_days * F.col("observed"))
    watched = F.when(F.col("absence") >= 1, in_time).otherwise(0.0)
    shared = F.format_string("%d of %d contacts of the old number in use again", "n_shared", "n_contacts_a")
    timed = F.format_string("first used %.1f days after the last use of the old one", "gap")
    return lead.leads(
        candidates,
        NAME,
        {
            "numbers": F.array("number_a", "number_b"),
            "factors": F.array(lead.factor(shared, F.col("contact_nats")), lead.factor(timed, watched)),
            "event_ids": F.array("event_id"),
            "n_events": F.col("n_events_a") + F.col("n_events_b"),
            "first_at": F.col("last_at_a"),
            "last_at": F.col("first_at_b"),
            "statement": F.concat(
                "number_b", F.lit(" may be the successor of "), "number_a", F.lit(": "), shared, F.lit(", "), timed,
                F.lit("."),
            ),
        },
    )  # fmt: skip
