"""Gold tables about the reviewing itself: what a decision covers, what chance drew, what was found and by whom.

Reviewers' pages never read `gold.queue_draws`: a row must not tell whether chance or its score put it there.
"""

from __future__ import annotations

from schemas.contract import DATE, DOUBLE, INT, LONG, STRING, Column, Table, required

DRAW_KINDS = ("RANDOM", "BLIND", "SECOND")
CERTIFICATE_STATES = ("CERTIFIED", "BELOW_TARGET", "CANNOT_CERTIFY")
POOLED = "*"  # in place of a force: all forces together
WHOLE = "*"  # in place of a family of reports: all of them
RECORDING_STATES = ("UNDER_RECORDED", "NOT_SHOWN", "TOO_FEW")
FIGURES = (
    "kappa", "ac1", "agreement",
    "decided", "found", "per_find", "median_seconds", "over_cap",
    "random_yield", "blind_yield", "scored_yield", "blind_difference",
)  # fmt: skip

QUEUE_NEAR_DUPLICATES = Table(
    path="gold.queue_near_duplicates",
    doc="Near-duplicates that a queue row stands for: shown once, decided once. A newer decision on one itself wins.",
    key=("night", "queue", "item_id"),
    columns={
        "night": required(DATE, "night of publication"),
        "queue": required(STRING, "queue", pattern="[a-z_]+"),
        "item_id": required(STRING, "item id of the near-duplicate", pattern="[0-9a-f]{16}"),
        "shown_item_id": required(STRING, "item that is shown and stands for it", pattern="[0-9a-f]{16}"),
        "force": required(STRING, "force, that of the shown item"),
        "subject_id": required(STRING, "the near-duplicate report"),
        "text_hash": required(STRING, "hash of the near-duplicate's text"),
        "similarity": required(
            DOUBLE, "share of three-word sequences in common with the report shown", minimum=0, maximum=1
        ),
    },
    partition_by=("night",),
)

QUEUE_DRAWS = Table(
    path="gold.queue_draws",
    doc="Why a row is shown without its score: drawn by chance, blind share, or second reading. Not for reviewers.",
    key=("night", "queue", "item_id"),
    columns={
        "night": required(DATE, "night of publication"),
        "queue": required(STRING, "queue", pattern="[a-z_]+"),
        "item_id": required(STRING, "queue item", pattern="[0-9a-f]{16}"),
        "force": required(STRING, "force"),
        "subject_id": required(STRING, "report"),
        "kind": required(
            STRING, "drawn from all undecided reports; of the top rows; decided, read again", among=DRAW_KINDS
        ),
        "inclusion_probability": required(DOUBLE, "with which it was drawn on `drawn_on`", minimum=0, maximum=1),
        "drawn_on": required(DATE, "night of the draw; the row is shown each night until it is decided"),
        "frame_on": Column(DATE, "RANDOM: night whose undecided reports are the population"),
        "draw_number": Column(LONG, "RANDOM: place among the night's draws of the force, from 1", minimum=1),
        "n_pool": Column(LONG, "RANDOM: reports that could be drawn, this one included", minimum=1),
        "score": Column(DOUBLE, "score that is not shown", minimum=0, maximum=1),
    },
    partition_by=("night",),
)

RECALL_CERTIFICATES = Table(
    path="gold.recall_certificates",
    doc=(
        "Share of hidden CSAE reports found so far, at least: a bound that holds at all nights of a frame together. The"
        " population are the reports in scope on the night the frame was opened; later ones enter the next frame."
    ),
    key=("night", "queue", "force"),
    columns={
        "night": required(DATE, "night"),
        "queue": required(STRING, "queue", pattern="[a-z_]+"),
        "force": required(STRING, f"force; {POOLED} for all together"),
        "frame_on": required(DATE, "night on which the frame was opened"),
        "n_population": required(LONG, "undecided reports in scope when the frame was opened", minimum=0),
        "n_found_before": required(LONG, "CSAE reports found before; counted as hidden and found", minimum=0),
        "n_found": required(LONG, "CSAE reports of the frame found since", minimum=0),
        "n_decided": required(LONG, "reports of the frame that are decided", minimum=0),
        "n_drawn": required(LONG, "drawn by chance", minimum=0),
        "n_drawn_decided": required(LONG, "of them decided", minimum=0),
        "n_drawn_found": required(LONG, "of them CSAE", minimum=0),
        "n_unknown": required(LONG, "drawn or gone from scope, not decided: counted as missed", minimum=0),
        "n_later": required(LONG, "reports in scope tonight that are not in the frame", minimum=0),
        "n_missed_at_most": required(LONG, "hidden CSAE reports of the frame not found, at most", minimum=0),
        "recall_at_least": required(DOUBLE, "share of hidden CSAE reports found, at least", minimum=0, maximum=1),
        "confidence": required(DOUBLE, "of the bound, over all nights of the frame", minimum=0, maximum=1),
        "target": required(DOUBLE, "share that the deployment wants certified", minimum=0, maximum=1),
        "state": required(STRING, "certified, below the target, or nothing can be said", among=CERTIFICATE_STATES),
        "why": required(STRING, "the state in words"),
        "n_more_draws": Column(LONG, "further random rows to reach the target; NULL: none would do", minimum=0),
    },
    partition_by=("night",),
)

REVIEW_FIGURES = Table(
    path="gold.review_figures",
    doc="Figures about the reviewing, from decisions up to the night: agreement, exposure, random and blind rows.",
    key=("night", "queue", "force", "reviewer", "figure"),
    columns={
        "night": required(DATE, "night"),
        "queue": required(STRING, "queue", pattern="[a-z_]+"),
        "force": required(STRING, f"force; {POOLED} for all together"),
        "reviewer": required(STRING, "who; empty for all together", is_personal=True),
        "figure": required(STRING, "what is counted", among=FIGURES),
        "value": Column(DOUBLE, "its value; NULL where it cannot be said"),
        "low": Column(DOUBLE, "lower end of the 95 % interval"),
        "high": Column(DOUBLE, "upper end of the 95 % interval"),
        "n": required(INT, "items behind it", minimum=0),
    },
    partition_by=("night",),
)

TAG_RECORDING = Table(
    path="gold.tag_recording",
    doc=(
        "How much of what is CSAE each force tags, by family of reports in scope, from what chance drew: whether it"
        " leaves a family untagged more often than other forces. Changes no queue."
    ),
    key=("night", "queue", "force", "family"),
    columns={
        "night": required(DATE, "night"),
        "queue": required(STRING, "queue that shows the drawn reports", pattern="[a-z_]+"),
        "force": required(STRING, "force"),
        "family": required(
            STRING, f"reports with one of a family's phrases; {WHOLE} for all. A report may be of several"
        ),
        "n_tagged": required(LONG, "reports in scope with a CSAE tag of the force's own", minimum=0),
        "n_untagged": required(LONG, "without, when the frame was opened", minimum=0),
        "n_other": required(LONG, "of these decided, but not drawn by chance", minimum=0),
        "n_other_csae": required(LONG, "of them CSAE", minimum=0),
        "n_drawn": required(LONG, "drawn by chance and decided", minimum=0),
        "n_drawn_csae": required(LONG, "of them CSAE", minimum=0),
        "share": Column(DOUBLE, "of its CSAE reports that carry no tag; NULL: nothing was drawn", minimum=0, maximum=1),
        "share_low": Column(DOUBLE, "lower end of the 95 % interval", minimum=0, maximum=1),
        "share_high": Column(DOUBLE, "upper end of the 95 % interval", minimum=0, maximum=1),
        "times": Column(DOUBLE, "odds of leaving a CSAE report untagged, as a multiple of other forces'", minimum=0),
        "times_low": Column(DOUBLE, "lower end of the 95 % interval", minimum=0),
        "times_high": Column(DOUBLE, "upper end of the 95 % interval; NULL: it has none", minimum=0),
        "p_value": Column(DOUBLE, "chance of so many where the force is like others", minimum=0, maximum=1),
        "p_adjusted": Column(DOUBLE, "the same for all that is asked that night", minimum=0, maximum=1),
        "state": required(STRING, "shown, not shown, or too few to say", among=RECORDING_STATES),
    },
    partition_by=("night",),
)

TABLES = (QUEUE_NEAR_DUPLICATES, QUEUE_DRAWS, RECALL_CERTIFICATES, REVIEW_FIGURES, TAG_RECORDING)
