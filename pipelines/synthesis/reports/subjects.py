"""What each report is truly about, who is in it, when, and which tags the force recorded: the part that `truth/` keeps.

About 4 % of reports are about child sexual abuse or exploitation (CSAE). Of these about 30 % lack the tag: half of them
at random, a quarter because their force under-records, a quarter because the writer used no plain words.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from pipelines.synthesis.core import draws, world
from pipelines.synthesis.reports.phrases import csae
from schemas import codes

# Subject, share among reports that are not CSAE, chance that its own tag is recorded, tag.
_OTHERS = (
    ("CCE", 0.08, 0.70, "CCE"),
    ("DA", 0.14, 0.75, "DA"),
    ("DRUGS", 0.24, 0.75, "DRUGS"),
    ("FIREARMS", 0.04, 0.80, "FIREARMS"),
    ("FRAUD", 0.08, 0.65, "FRAUD"),
    ("ASB", 0.10, 0.60, "ASB"),
    ("MSHT", 0.04, 0.65, "MSHT"),
    ("ACQ", 0.11, 0.30, "OTHER"),
    ("WELFARE", 0.08, 0.30, "OTHER"),
    ("ADULT_SEX", 0.03, 0.35, "OTHER"),
    ("MISC", 0.06, 0.25, "OTHER"),
)
SUBJECTS = ("CSAE", *(name for name, *_ in _OTHERS))
CSAE, CCE, DA, WELFARE, MISC = (SUBJECTS.index(s) for s in ("CSAE", "CCE", "DA", "WELFARE", "MISC"))
CHILD_SUBJECTS = (CSAE, CCE, WELFARE)
PREVALENCE = 0.04

EXPLICIT, SOFT, VAGUE = 0, 1, 2  # how plainly a CSAE report is written
_MODES = (0.42, 0.46, 0.12)
P_RANDOM, P_FORCE, P_PHRASING = 0.15, 0.075, 0.075  # parts of CSAE reports whose tag is hidden, and why
HIDDEN_BY = ("random", "force", "phrasing")

# Chance of a wrong CSAE tag on other reports: most often where the tag is used for criminal exploitation.
_WRONG_TAG = {"CCE": 0.012, "WELFARE": 0.004, "ADULT_SEX": 0.008}

# Chance that a victim, a suspect, a second suspect and a witness are linked, by subject.
_LINKED = {
    "CSAE": (0.90, 0.70, 0.10, 0.25), "CCE": (0.90, 0.60, 0.20, 0.10), "DA": (0.95, 0.95, 0.00, 0.15),
    "DRUGS": (0.00, 0.97, 0.40, 0.05), "FIREARMS": (0.05, 0.95, 0.40, 0.05), "FRAUD": (0.85, 0.55, 0.15, 0.10),
    "ASB": (0.10, 0.80, 0.40, 0.15), "MSHT": (0.50, 0.80, 0.20, 0.10), "ACQ": (0.20, 0.85, 0.40, 0.10),
    "WELFARE": (0.97, 0.15, 0.00, 0.25), "ADULT_SEX": (0.55, 0.85, 0.00, 0.05), "MISC": (0.05, 0.85, 0.20, 0.10),
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class Latent:
    """Reports of one force by index, each array of shape (n,)."""

    planet: world.World
    force: world.Force
    index: draws.Ints

    @cached_property
    def key(self) -> draws.Keys:
        return self.force.keys(self.index)

    @cached_property
    def origin(self) -> draws.Ints:
        """Index of the report whose words this one repeats: itself, but for 2 % duplicates under another URN."""
        back = 1 + self.planet.draw.below("duplicate/back", self.key, 400)
        target = self.index - back
        is_copy = self._repeats(self.index) & (target >= 0) & ~self._repeats(target)
        return np.where(is_copy, target, self.index)

    def _repeats(self, index: draws.Ints) -> draws.Bools:
        return self.planet.draw.chance("duplicate", self.force.keys(np.maximum(index, 0)), 0.02)

    @property
    def is_duplicate(self) -> draws.Bools:
        return self.origin != self.index

    @cached_property
    def content(self) -> draws.Keys:
        """Key of what the report says: duplicates share it."""
        return self.force.keys(self.origin)

    @cached_property
    def subject(self) -> draws.Ints:
        """Index into SUBJECTS."""
        draw = self.planet.draw
        other = 1 + draw.choice("subject", self.content, [share for _, share, _, _ in _OTHERS])
        return np.where(draw.chance("csae", self.content, PREVALENCE), CSAE, other)

    @cached_property
    def is_csae(self) -> draws.Bools:
        return self.subject == CSAE

    @cached_property
    def kind(self) -> draws.Ints:
        """Index into codes.CSAE_TAGS; -1 where the report is not CSAE."""
        drawn = self.planet.draw.choice("kind", self.content, csae.KIND_WEIGHTS)
        return np.where(self.is_csae, drawn, -1)

    @cached_property
    def mode(self) -> draws.Ints:
        """EXPLICIT, SOFT or VAGUE; meaningful for CSAE reports only."""
        return self.planet.draw.choice("mode", self.content, _MODES)

    @cached_property
    def hidden_by(self) -> draws.Ints:
        """Index into HIDDEN_BY; -1 where the CSAE tag is recorded or the report is not CSAE."""
        draw, forces = self.planet.draw, self.planet.forces
        part = sum(f.n_reports for f in forces if f.is_under_recording) / self.planet.n_reports
        p_force = min(0.6, P_FORCE / (part * (1 - P_RANDOM))) if self.force.is_under_recording else 0.0
        p_phrasing = P_PHRASING / ((1 - P_RANDOM) * (1 - P_FORCE) * (1 - _MODES[EXPLICIT]))
        by_random = draw.chance("hidden/random", self.key, P_RANDOM)
        by_force = draw.chance("hidden/force", self.key, p_force)
        by_phrasing = draw.chance("hidden/phrasing", self.key, p_phrasing) & (self.mode != EXPLICIT)
        why = np.where(by_random, 0, np.where(by_force, 1, np.where(by_phrasing, 2, -1)))
        return np.where(self.is_csae, why, -1)

    @property
    def is_tag_recorded(self) -> draws.Bools:
        return self.is_csae & (self.hidden_by < 0)

    # -- people -------------------------------------------------------------------------------------------------------

    @cached_property
    def night(self) -> draws.Ints:
        return self.force.night_of(self.index)

    @cached_property
    def group(self) -> draws.Ints:
        """Planted group that the report concerns, or -1."""
        draw = self.planet.draw
        contact = np.isin(self.kind, [codes.CSAE_TAGS.index(k) for k in csae.FAMILIES["contact"][1]])
        p = np.where(contact, 0.6, np.where(self.subject == CCE, 0.12, np.where(self.subject == WELFARE, 0.15, 0.0)))
        drawn = draw.early("group", self.content, self.force.n_groups, 1.3)
        return np.where(draw.chance("group/in", self.content, p), drawn, -1)

    @cached_property
    def child(self) -> draws.Ints:
        """Index of the child: of the group where there is one (its periphery in welfare reports), or any."""
        draw, force = self.planet.draw, self.force
        member = force.member("children", self.group, "child/member", self.content)
        peripheral = force.member("edge", self.group, "child/edge", self.content)
        anyone = draw.early("child", self.content, force.known(world.CHILD, force.night_of(self.origin)))
        children = np.where(self.group < 0, anyone, np.where(self.subject == WELFARE, peripheral, member))
        return self._or_alias("child", children, world.CHILD)

    @cached_property
    def friend(self) -> draws.Ints:
        """A known child of the same group: how children at the edge come to be linked to it."""
        return self.force.member("children", np.maximum(self.group, 0), "friend", self.content)

    @cached_property
    def suspect(self) -> draws.Ints:
        draw, force = self.planet.draw, self.force
        member = force.member("offenders", self.group, "suspect/member", self.content)
        anyone = draw.early("suspect", self.content, force.known(world.SUSPECT, force.night_of(self.origin)))
        of_group = (self.group >= 0) & (self.subject != WELFARE)
        suspects = np.where(of_group, member, force.start(world.SUSPECT) + anyone)
        return self._or_alias("suspect", suspects, world.SUSPECT)

    @cached_property
    def second(self) -> draws.Ints:
        """A second suspect."""
        known = self.force.known(world.SUSPECT, self.force.night_of(self.origin))
        return self.force.start(world.SUSPECT) + self.planet.draw.early("second", self.content, known)

    @cached_property
    def adult(self) -> draws.Ints:
        """The adult victim, or the witness in children's reports."""
        known = self.force.known(world.OTHER, self.force.night_of(self.origin))
        adults = self.force.start(world.OTHER) + self.planet.draw.early("adult", self.content, known, 1.5)
        return self._or_alias("adult", adults, world.OTHER)

    @cached_property
    def bystander(self) -> draws.Ints:
        """The witness: never the adult victim."""
        other, force = self.force.start(world.OTHER), self.force
        known = force.known(world.OTHER, force.night_of(self.origin))
        bystanders = other + self.planet.draw.early("bystander", self.content, known, 1.5)
        return np.where(bystanders == self.adult, other + (bystanders - other + 1) % known, bystanders)

    def _or_alias(self, name: str, persons: draws.Ints, kind: int) -> draws.Ints:
        """Now and then the force names another record of a person of that class (an alias) instead."""
        alias = self.force.alias_start(kind) + self.planet.draw.below(
            f"{name}/alias", self.content, self.force.n_alias(kind)
        )
        return np.where(self.planet.draw.chance(f"{name}/is-alias", self.content, 0.05), alias, persons)

    @cached_property
    def linked(self) -> dict[str, draws.Bools]:
        """Who is linked: victim, suspect, second, witness, friend. At least one person a report, at most three."""
        draw = self.planet.draw
        p = np.array([_LINKED[s] for s in SUBJECTS])[self.subject]
        roles = ("victim", "suspect", "second", "witness")
        is_linked = {r: draw.chance(f"linked/{r}", self.content, p[:, k]) for k, r in enumerate(roles)}
        is_linked["friend"] = (
            (self.group >= 0) & (self.subject == WELFARE) & draw.chance("linked/friend", self.content, 0.7)
        )
        is_linked["suspect"] |= ~(is_linked["victim"] | is_linked["second"] | is_linked["witness"])
        is_linked["second"] &= is_linked["suspect"] & (self.second != self.suspect)
        is_linked["witness"] &= (
            ~(is_linked["victim"] & is_linked["suspect"] & is_linked["second"]) & ~is_linked["friend"]
        )
        return is_linked

    @cached_property
    def is_about_child(self) -> draws.Bools:
        return np.isin(self.subject, CHILD_SUBJECTS)

    # -- time ---------------------------------------------------------------------------------------------------------

    @cached_property
    def is_late(self) -> draws.Bools:
        """Arrives in a later night than its date would have it, in a file of its own."""
        return (self.night > 0) & self.planet.draw.chance("late", self.key, 0.05)

    @cached_property
    def created(self) -> draws.Ints:
        """When the report was created: seconds since 1970, UTC."""
        draw = self.planet.draw
        place = (self.index + draw.uniform("created/place", self.key)) / max(1, int(self.force.bounds[1]))
        history = ((1 - np.minimum(place, 1)) ** 1.5 * world.HISTORY_DAYS).astype(np.int64) + 1
        recent = 1 + np.where(draw.chance("created/slow", self.key, 0.15), draw.below("created/by", self.key, 4), 0)
        late = 12 + draw.below("late/by", self.key, 40)
        age = np.where(self.night == 0, history, np.where(self.is_late, late, recent))
        second = (draw.uniform("created/second", self.key) ** 0.8 * world.DAY).astype(np.int64)
        return (self.planet.first_day + self.night - age) * world.DAY + np.minimum(second, world.DAY - 1)

    @cached_property
    def spoken_of(self) -> draws.Ints:
        """Date that the intelligence speaks of, as days since 1970."""
        ago = (-3 * np.log1p(-self.planet.draw.uniform("spoken", self.content))).astype(np.int64)
        return self.created // world.DAY - ago


def recorded_tags(latent: Latent, correction: int | None = None) -> draws.Bools:
    """Which national tags each report carries: (n, len(codes.TAGS)). `correction`: the night of a correction."""
    draw, key = latent.planet.draw, latent.key
    n = len(key)
    at = {tag: k for k, tag in enumerate(codes.TAGS)}
    tags = np.zeros((n, len(codes.TAGS)), dtype=bool)
    recorded = latent.is_tag_recorded
    if correction is not None:
        recorded = recorded | (latent.is_csae & draw.chance(f"corrected/tag/{correction}", key, 0.4))
    rows = np.flatnonzero(recorded)
    tags[rows, latent.kind[rows]] = True  # CSAE tags come first in codes.TAGS
    again = rows[draw.chance("tags/second-kind", key[rows], 0.10)]
    tags[again, draw.choice("tags/kind", key[again], csae.KIND_WEIGHTS)] = True
    for k, (name, _, p, tag) in enumerate(_OTHERS, start=1):
        mine = latent.subject == k
        tags[:, at[tag]] |= mine & draw.chance("tags/own", key, p)
        wrong = mine & draw.chance("tags/wrong", key, _WRONG_TAG.get(name, 0.0004))
        tags[wrong, at["CSE_LONE"]] = True
    beside = draw.chance("tags/beside", key, np.where(latent.is_csae, 0.45, 0.06))
    drawn = draw.choice("tags/which", key, np.where(latent.is_csae, 1, 0)[:, None] * _BESIDE_CSAE + _BESIDE)
    tags[beside, len(codes.CSAE_TAGS) + drawn[beside]] = True
    return tags


# Other tags recorded beside, in the order of codes.OTHER_TAGS; a CSAE report adds the second row.
_BESIDE = np.array([1, 0.5, 2, 3, 0.5, 0.5, 1.5, 3])
_BESIDE_CSAE = np.array([6, 1, 2, 2, 0, 0, 1, 12])
