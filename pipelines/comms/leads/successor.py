"""A number that fell silent and the number that took over: by contact list, by time, by handset and by rate of use.

Evidence: the fingerprint of contacts (see `fingerprint`), and the time between the day on which the old number was
dropped and the day on which the new one was taken up. Both are changes of rate (`usage.changes`): one stray call to a
dropped phone neither keeps it alive nor moves the day. Somebody who changes number does so within days (exponential,
mean `mean_gap_days`); an unrelated number starts at any time of those observed (uniform). Time counts only where both
were observed: the old number's silence before the data ends, and the new one's absence after its authorisation began.
The changes themselves speak against a pair where there is none: that a number was dropped, and another taken up, is
true of every pair that is looked at, and tells nobody which belongs to which. Who changes number often keeps the
handset; one that was handed on goes to somebody with other contacts, or seldom to one of the same circle.

Where a circle changes numbers together, each of its changes hides the others: contacts are renamed by the changes that
are certain (`renamed`) and the pairs made again.
"""

from __future__ import annotations

from dataclasses import dataclass

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from pipelines.common import concurrency
from pipelines.comms.leads import evidence

NAME = "successor"
DAY = 86_400.0
DOUBT_NATS = 3.0  # a sparse phone's silence is no proof that it is in use


@dataclass(frozen=True)
class Thresholds:
    silent_days: int  # a number is dropped when it was silent for so long while it was watched
    overlap_days: float  # both numbers may be in use for so long
    max_gap_days: float  # nobody waits longer
    mean_gap_days: float  # of those who change number
    min_events: int  # of either number
    handset_kept: float  # share of those who change number and keep the handset
    handset_passed_on: float  # share of other pairs with contacts in common who used one handset
    leak: float  # a dropped phone's use, as a share of what it was
    rename_nats: float  # a change of this evidence renames the number in others' contact lists


def leads(
    pairs: DataFrame, spans: DataFrame, changes: DataFrame, handsets: DataFrame, thresholds: Thresholds
) -> DataFrame:
    """Leads from `fingerprint.pairs`, `usage.spans`, `usage.changes` and `usage.handsets`: numbers are (old, new)."""
    columns = ("unit", "number", "from_at", "until_at", "n_events")
    changed = spans.select(*columns).join(changes, ["unit"], how="inner")
    when = ("dropped_at", "drop_nats", "n_stray"), ("began_at", "begin_nats")
    old, new = (
        changed.select(*(F.col(c).alias(f"{c}_{side}") for c in (*columns, *own)))
        for side, own in zip("ab", when, strict=True)
    )
    joined = pairs.join(old, F.col("a") == F.col("unit_a")).join(new, F.col("b") == F.col("unit_b"))
    gap = (F.unix_seconds("began_at_b") - F.unix_seconds("dropped_at_a")) / DAY
    silence = (F.unix_seconds("until_at_a") - F.unix_seconds("dropped_at_a")) / DAY
    absence = (F.unix_seconds("began_at_b") - F.unix_seconds("from_at_b")) / DAY
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
    stray = F.when(F.col("n_stray_a") > 0, F.format_string(", but for %d hours", "n_stray_a")).otherwise("")
    stopped = F.concat(F.lit("the old number's use stopped"), stray, F.lit(", the new one's began"))
    began = F.when(F.col("absence") >= 1, _against(F.col("begin_nats_b"))).otherwise(0.0)
    of_rates = _against(F.col("drop_nats_a")) + began
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
                evidence.factor(stopped, of_rates),
            ),
            "event_ids": F.array("event_id"),
            "n_events": F.col("n_events_a") + F.col("n_events_b"),
            "first_at": F.col("dropped_at_a"),
            "last_at": F.col("began_at_b"),
            "statement": F.concat(
                "number_b", F.lit(" may be the successor of "), "number_a", F.lit(": "), shared, F.lit(", "), timed,
                F.lit("."),
            ),
        },
    )  # fmt: skip


def _against(nats: Column) -> Column:
    """What speaks against a pair, of evidence for a change: no more than doubt in it."""
    return F.greatest(F.least(nats, F.lit(0.0)), F.lit(-DOUBT_NATS))


def renamed(contacts: DataFrame, changed: DataFrame, thresholds: Thresholds) -> DataFrame:
    """`contacts` (of `usage.contacts`) with each new number that is certain to be an old one's under the old number.

    `changed` are leads of a first pass. Of several new numbers of one old one, or the reverse, the strongest counts.
    """
    strong = changed.where(F.col("evidence") >= thresholds.rename_nats).select(
        F.col("numbers")[0].alias("old"), F.col("numbers")[1].alias("new"), "evidence"
    )
    best = F.max_by(F.struct("old", "new"), "evidence").alias("best")
    one = strong.groupBy("new").agg(best, F.max("evidence").alias("evidence")).select("best.*", "evidence")
    pairs = concurrency.materialise_lazily(one.groupBy("old").agg(best).select("best.*"))
    older = pairs.select(F.col("new").alias("old"), F.col("old").alias("oldest"))
    first = pairs.join(older, ["old"], how="left").select(
        F.col("new").alias("contact"), F.coalesce("oldest", "old").alias("known_as")
    )
    known_as = F.coalesce("known_as", "contact")
    return (
        contacts.join(F.broadcast(first), ["contact"], how="left")
        .groupBy("unit", "number", known_as.alias("contact"))
        .agg(F.sum("n_links").alias("n_links"), F.min("event_id").alias("event_id"))
    )
