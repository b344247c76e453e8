"""The synthetic world: forces, people, reports and communications as senders would send them, and a sealed truth.

`write` makes files only; no pipeline code reads `truth/`. The world proves plumbing and statistics, never accuracy in
the field. Everything in it is invented: see `names` for why no number, postcode or vehicle reaches anybody.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

from pipelines.synthesis.core import senders as _senders
from pipelines.synthesis.core import world as _world
from pipelines.synthesis.device import children as _children
from pipelines.synthesis.files import landing as _landing

File = _landing.File
POSTCODES = _children.PLACES  # of children on the world's device, and their forces
Summary = _landing.Summary

DEFAULT_FORCES = ("36", "37", "47", "45", "22")
DEFAULT_SENDERS = (
    *(_senders.OWN[force] for force in DEFAULT_FORCES),
    *_senders.DEFAULT_PROVIDERS,
    *_senders.TRAVEL,
)


def write(
    landing: Path,
    truth: Path,
    *,
    seed: int,
    first_night: date,
    n_nights: int = 1,
    n_reports: int = 3000,
    forces: Sequence[str] = DEFAULT_FORCES,
    providers: Sequence[str] = _senders.DEFAULT_PROVIDERS,
) -> Summary:
    """Write a world's files below `landing/<sender>/<feed>/<night>/` and its truth below `truth/`.

    `n_reports` is for all nights together: with several nights, 70 % arrive as the first night's bulk drop. Equal
    arguments give byte-identical files. Each provider writes a share of its own, so more providers mean more events.
    Raises ValueError for unknown forces or providers and impossible sizes, OSError where it
    cannot write.
    """
    planet = _world.make(seed, first_night, n_nights, n_reports, tuple(forces), tuple(providers))
    return _landing.Writer(planet, landing, truth).run()


def layouts(forces: Sequence[str]) -> dict[str, str]:
    """YAML text by sender, of these forces and every provider.

    Five forces ship with a layout; every further one writes in one of those five under its own sender name, so a world
    of more forces needs a folder with these texts: `(folder / f"{sender}.yaml").write_text(text)`.
    """
    return _senders.texts(tuple(forces))
