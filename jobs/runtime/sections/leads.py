"""The section `leads`: every threshold of every detector. Reasons for the values are in settings.yaml."""

from __future__ import annotations

from jobs.runtime.sections import types as t
from schemas.validation import Part


class Recycling(Part):
    """When a silent number counts as given out again."""

    days: t.Days


class DealLine(Part):
    """Bursts of texts to many that are answered at once, from more than one town."""

    pause_s: t.Count
    min_contacts: t.Count
    min_bursts: t.Count
    answer_s: t.Count
    bursts_a_week: t.Positive
    answered: t.Inside
    journeys_a_week: t.Positive
    travels: t.Inside
    apart_km: t.Positive
    max_nats: t.Positive
    max_texts: t.Count


class Fingerprint(Part):
    """Contacts that two telephones share."""

    kept: t.Inside
    p_associate: t.Inside
    shared: t.Inside
    max_popular: t.Count
    popular_share: t.Inside
    popular_most: t.Count
    min_shared: t.Count
    max_nats: t.Positive


class Successor(Part):
    """A number that took over when another fell silent."""

    silent_days: t.Days
    overlap_days: t.NotNegative
    max_gap_days: t.Positive
    mean_gap_days: t.Positive
    min_events: t.Count
    handset_kept: t.Inside
    handset_passed_on: t.Inside
    leak: t.Inside
    rename_nats: t.Positive


class Swap(Part):
    """One handset with several SIMs, or one number in several handsets."""

    changes_a_week: t.Positive
    min_changes: t.Count
    return_nats: t.Positive
    max_nats: t.Positive


class TwoPhones(Part):
    """Two phones that are never seen apart."""

    together_m: t.Positive
    max_together_m: t.Positive
    speed_kmh: t.Positive
    min_days: t.Days
    max_crowded: t.Count
    block_hours: t.Count
    left_behind: t.Inside
    together_if_two: t.Inside
    pairs_differ: t.Inside
    elsewhere_if_two: t.Inside
    elsewhere_differ: t.Inside
    one_person: t.Inside
    p_associate: t.Inside
    prior_blocks: t.Positive
    pair_blocks: t.Count
    home_if_one: t.Inside
    home_if_two: t.Inside
    prior_pairs: t.Positive
    home_nats: t.Positive
    call_if_one: t.Inside
    call_if_two: t.Inside
    max_nats: t.Positive


class NightPlace(Part):
    """A second place where a phone rests at night."""

    away_km: t.Positive
    min_nights: t.Count
    stays_a_week: t.Positive
    reach_m: t.Positive
    max_nats: t.Positive


class CommonContact(Part):
    """A number in no record that several suspects are in contact with."""

    min_suspects: t.Count
    min_links: t.Count
    times: t.Positive
    max_nats: t.Positive


class MissingOverlap(Part):
    """A child missing when a line is in town."""

    places: t.Count
    away_s: t.Count
    margin_s: t.CountOrNone
    min_overlaps: t.Count
    overlap_if_tied: t.Inside
    max_nats: t.Positive


class Curve(Part):
    """Platt's curve: probability = 1 / (1 + exp(-(a + b * evidence))), with the covariance of a and b."""

    a: float
    b: float
    vaa: t.NotNegative
    vab: float
    vbb: t.NotNegative


class Curves(Part):
    """A curve for each detector, by its name."""

    deal_line: Curve
    successor: Curve
    swap: Curve
    two_phones: Curve
    night_place: Curve
    common_contact: Curve
    missing_overlap: Curve


class Leads(Part):
    """Reasons to look in communications data: what is published, and every threshold."""

    min_score: t.Share
    capacity: t.Count
    unassigned_force: t.Force
    recycling: Recycling
    deal_line: DealLine
    fingerprint: Fingerprint
    successor: Successor
    swap: Swap
    two_phones: TwoPhones
    night_place: NightPlace
    common_contact: CommonContact
    missing_overlap: MissingOverlap
    curves: Curves
