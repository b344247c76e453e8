"""A number that fell silent and the number that took over: by contact list, by time and by handset.

Evidence: the fingerprint of contacts (see `fingerprint`), and the time between the old number's last and the new one's
first event. Somebody who changes number does so within days (exponential, mean `mean_gap_days`); an unrelated number
starts at any time of those observed (uniform). Time counts only where both were observed: the old number's silence
before its authorisation ends, and the new one's absence after its own began. Who changes number often keeps the
handset; one that was handed on goes to somebody with other contacts, or seldom to one of the same circle.
"""

from __future__ import annotations

from dataclasses import dataclass

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from pipelines.comms.leads import evidence

NAME = "successor"
DAY = 86_400.0


@dataclass(frozen=True)
class Thresholds:
    silent_days: int  # a number is dropped when it was silent for so long while it was watched
    overlap_days: float  # both numbers may be in use for so long
    max_gap_days: float  # nobody waits longer
    mean_gap_days: float  # of those who change number
    min_events: int  # of either number
    handset_kept: float  # share of those who change number and keep the handset
    handset_passed_on: float  # share of other pairs with contacts in common who used one handset


def leads(pairs: DataFrame, spans: DataFrame, handsets: DataFrame, thresholds: Thresholds) -> DataFrame:
    """Leads from `fingerprint.pairs`, `usage.spans` and `usage.handsets`: numbers are (old, new)."""
    columns = ("unit", "number", "first_at", "last_at", "from_at", "until_at", "n_events")
    old, new = (spans.select(*(F.col(c).alias(f"{c}_{side}") for c in columns)) for side in ("a", "b"))
    joined = pairs.join(old, F.col("a") == F.col("unit_a")).join(new, F.col("b") == F.col("unit_b"))
    gap = (F.unix_seconds("first_at_b") - F.unix_seconds("last_at_a")) / DAY
    silence = (F.unix_seconds("until_at_a") - F.unix_seconds("last_at_a")) / DAY
    absence = (F.unix_seconds("first_at_b") - F.unix_seconds("from_at_b")) / DAY
    observed = F.greatest((F.unix_seconds("until_at_a") - F.unix_seconds("from_at_a")) / DAY, F.lit(14.0))
    dated = joined.withColumns({"gap": gap, "silence": silence, "absence": absence, "observed": observed})
    of_a, of_b = (handsets.select(F.col("unit").alias(side), F.col("imeis").alias(f"imeis_{side}")) for side in "ab")
    dated = dated.join(of_a, ["a"], how="left").join(of_b, ["b"], how="left")
    candidates = dated.where(
        (F.col("silence") >= thresholds.silent_days)
        & F.col("gap").between(-thresholds.overlap_days, thresholds.max_gap_days)
        & (F.least("n_events_a", "n_events_b") >= thresholds.min_events)
        & (F.col("number_a") != F.col("number_b"))
    )
    waited = F.greatest("gap", F.lit(0.0))
    in_time = F.log(F.exp(-waited / thresholds.mean_gap_days) / thresholds.mean_gap_days * F.col("observed"))
    watched = F.when(F.col("absence") >= 1, in_time).otherwise(0.0)
    shared = F.format_string("%d of %d contacts of the old number in use again", "n_shared", "n_contacts_a")
    timed = F.format_string("first used %.1f days after the last use of the old one", "gap")
    is_same = F.arrays_overlap("imeis_a", "imeis_b")  # NULL where a provider did not tell
    kept, passed_on = F.lit(thresholds.handset_kept), F.lit(thresholds.handset_passed_on)
    by_handset = F.when(is_same, F.log(kept / passed_on)).when(~is_same, F.log((1 - kept) / (1 - passed_on)))
    handset = F.when(is_same, "in the handset of the old one").when(~is_same, "in another handset")
    return evidence.leads(
        candidates,
        NAME,
        {
            "numbers": F.array("number_a", "number_b"),
            "factors": F.array(
                evidence.factor(shared, F.col("contact_nats")),
                evidence.factor(timed, watched),
                evidence.factor(F.coalesce(handset, F.lit("handset not known")), F.coalesce(by_handset, F.lit(0.0))),
            ),
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
