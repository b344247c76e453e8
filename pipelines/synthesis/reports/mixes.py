"""Which kinds of sentence a report on a subject is made of. The numbers set how hard the world is."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from pipelines.synthesis.core import draws, world
from pipelines.synthesis.reports import subjects
from pipelines.synthesis.reports.phrases import crimes, csae, decoys, weak, writers
from schemas import codes

POOLS: dict[str, tuple[str, ...]] = {
    "shared": writers.SHARED,
    **{f"admin_{style}": writers.ADMIN[style] for style in writers.STYLES},
    **weak.POOLS,
    **csae.POOLS,
    **decoys.POOLS,
    **crimes.POOLS,
}
POOL_NAMES = tuple(POOLS)
ADMIN = -1  # stands for the routine sentences of whoever writes

CORRECTIONS = (
    "Correction {date}: [the date was wrong|name corrected|address corrected to {street}|index should read {vrm}].",
    "Amended on review: [grading reconsidered|category reviewed|duplicate text removed|further detail from {w}].",
    "[Supervisor|Intelligence unit] update {date}: [re-assessed|categories amended|reference corrected].",
)

# Weight of each writer by subject (rows as subjects.SUBJECTS; columns as writers.STYLES).
STYLE_WEIGHTS = np.array(
    [
        [3, 2, 4, 1.5, 2.5],
        [4, 2, 3, 2, 2],
        [4, 3, 2, 0.5, 1],
        [5, 3, 0.2, 3, 1],
        [4, 2, 0.1, 4, 0.5],
        [3, 3, 0.3, 1, 2],
        [4, 4, 0.2, 0.3, 2],
        [3, 2, 0.5, 2, 2],
        [5, 3, 0.1, 2, 1],
        [3, 2, 5, 0.3, 3],
        [5, 2, 1, 0.5, 1],
        [4, 3, 0.5, 1, 2],
    ]
)

_WEAK_BY_FAMILY = {
    "contact": ("w_missing", "w_older", "w_gifts", "w_phone", "w_hotel", "w_behaviour"),
    "home": ("w_home", "w_home", "w_behaviour"),
    "peer": ("w_behaviour", "w_home"),
    "online": ("w_online", "w_online", "w_phone", "w_gifts", "w_behaviour"),
    "image": ("w_online", "w_phone", "w_behaviour"),
}
_DECOYS = {"k_negation": 0.05, "k_closed": 0.12, "k_hearsay": 0.06}

_SOFT = ("soft_contact", "soft_home", "soft_peer", "soft_online", "soft_image")

# Sentences beside the core one, by subject; every report also draws from `shared` and the writer's routine.
_BESIDE: dict[str, dict[str, float]] = {
    "CCE": {
        "c_CCE": 2.0,
        "w_missing": 1.0,
        "w_older": 0.9,
        "w_gifts": 0.7,
        "w_phone": 0.8,
        "w_hotel": 0.4,
        "w_behaviour": 0.4,
        "w_online": 0.2,
        "k_negation": 0.35,
        "soft_contact": 0.2,
    },
    "DA": {"c_DA": 2.5, "w_home": 0.3, "w_behaviour": 0.3, "w_phone": 0.1, "soft_home": 0.04},
    "DRUGS": {
        "c_DRUGS": 2.5,
        "w_hotel": 0.25,
        "w_older": 0.15,
        "w_phone": 0.2,
        "w_gifts": 0.05,
        "w_missing": 0.05,
        "soft_contact": 0.02,
    },
    "FIREARMS": {"c_FIREARMS": 1.5, "c_DRUGS": 0.8},
    "FRAUD": {"c_FRAUD": 2.0, "k_financial": 0.4, "w_online": 0.05},
    "ASB": {
        "c_ASB": 2.0,
        "w_older": 0.25,
        "w_missing": 0.1,
        "k_underage": 0.25,
        "w_behaviour": 0.1,
        "soft_contact": 0.03,
    },
    "MSHT": {"c_MSHT": 2.0, "k_labour": 0.8, "w_hotel": 0.15},
    "ACQ": {"c_ACQ": 2.0, "w_missing": 0.02},
    "WELFARE": {
        "c_WELFARE": 1.5,
        "w_missing": 1.0,
        "w_behaviour": 1.0,
        "w_online": 0.9,
        "w_home": 0.6,
        "w_older": 0.4,
        "w_gifts": 0.3,
        "w_phone": 0.4,
        "w_hotel": 0.15,
        "k_negation": 0.45,
        **dict.fromkeys(_SOFT, 0.09),
    },
    "ADULT_SEX": {"k_adult": 1.5, "w_hotel": 0.1, "w_online": 0.1, "soft_online": 0.15},
    "MISC": {"c_MISC": 1.0, "k_training": 0.3, "w_behaviour": 0.1},
}
_CORE: dict[str, dict[str, float]] = {
    "CCE": {"c_CCE": 0.85, "w_older": 0.05, "w_missing": 0.1},
    "DA": {"c_DA": 1},
    "DRUGS": {"c_DRUGS": 1},
    "FIREARMS": {"c_FIREARMS": 1},
    "FRAUD": {"c_FRAUD": 0.75, "k_financial": 0.25},
    "ASB": {"c_ASB": 0.88, "k_underage": 0.12},
    "MSHT": {"c_MSHT": 0.65, "k_labour": 0.35},
    "ACQ": {"c_ACQ": 1},
    "WELFARE": {
        "c_WELFARE": 0.6,
        "w_missing": 0.16,
        "w_online": 0.08,
        "w_behaviour": 0.07,
        "k_negation": 0.05,
        **dict.fromkeys(_SOFT, 0.012),
    },
    "ADULT_SEX": {"k_adult": 1},
    "MISC": {"c_MISC": 0.62, "k_training": 0.18, "k_dogs": 0.06, "k_hearsay": 0.07, "k_closed": 0.07},
}


def _weights(mix: Mapping[str, float]) -> tuple[list[int], list[float]]:
    return [ADMIN if name == "admin" else POOL_NAMES.index(name) for name in mix], list(mix.values())


def _csae_beside(family: str, mode: int) -> dict[str, float]:
    """Beside the core sentence of a CSAE report: its family's weak indicators, more where nothing is named."""
    soft, strength = {
        subjects.EXPLICIT: (0.6, 2.0),
        subjects.SOFT: (0.9, 3.2),
        subjects.VAGUE: (0.15, 3.5),
    }[mode]
    weights = {"shared": 2.5, "admin": 2.0, "c_WELFARE": 0.4, "k_negation": 0.05, csae.FAMILIES[family][0]: soft}
    for name in _WEAK_BY_FAMILY[family]:
        weights[name] = weights.get(name, 0.0) + strength / len(_WEAK_BY_FAMILY[family])
    return weights


def _csae_core(kind: str, family: str, mode: int) -> dict[str, float]:
    if mode == subjects.EXPLICIT:
        return {f"x_{kind}": 1.0}
    if mode == subjects.SOFT:
        return {csae.FAMILIES[family][0]: 1.0}
    return dict.fromkeys(_WEAK_BY_FAMILY[family], 1.0)


def pools(
    latent: subjects.Latent, style: draws.Ints, rows: draws.Ints, is_core: draws.Bools, keys: draws.Keys
) -> draws.Ints:
    """Index into POOL_NAMES for every sentence: `rows` says whose it is, `is_core` whether it carries the subject."""
    draw = latent.planet.draw
    pool = np.full(len(rows), ADMIN, dtype=np.int64)

    def fill(where: draws.Bools, core: Mapping[str, float], beside: Mapping[str, float]) -> None:
        for mix, mask in ((core, where & is_core), (beside, where & ~is_core)):
            at = np.flatnonzero(mask)
            numbers, weights = _weights(mix)
            pool[at] = np.array(numbers)[draw.choice("pool", keys[at], weights)]

    subject, kind, mode = latent.subject[rows], latent.kind[rows], latent.mode[rows]
    for name, core in _CORE.items():
        beside = {"shared": 4.0, "admin": 3.0, **_DECOYS, **_BESIDE[name]}
        fill(subject == subjects.SUBJECTS.index(name), core, beside)
    for family, (_, kinds) in csae.FAMILIES.items():
        for name in kinds:
            for m in (subjects.EXPLICIT, subjects.SOFT, subjects.VAGUE):
                where = (kind == codes.CSAE_TAGS.index(name)) & (mode == m)
                fill(where, _csae_core(name, family, m), _csae_beside(family, m))
    first_admin = POOL_NAMES.index(f"admin_{writers.STYLES[0]}")
    return np.where(pool == ADMIN, first_admin + style[rows], pool)


def force_styles(planet: world.World, force: world.Force) -> draws.Floats:
    """How much a force leans to each writer: shape (len(STYLES),), between 0.5 and 1.5."""
    keys = np.arange(len(writers.STYLES)) + 100 * int(force.code, 36)
    return 0.5 + planet.draw.uniform("force-style", keys)
