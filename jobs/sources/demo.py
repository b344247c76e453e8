"""A synthetic landing zone, so that a newcomer has a night to run."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from jobs.runtime import audit
from jobs.runtime.audit import marks
from jobs.runtime.settings import Settings
from jobs.sources import landing
from pipelines import synthesis
from pipelines.synthesis.programme import world as programme_world
from schemas.layouts import layouts


def is_due(config: Settings, *, is_asked_for: bool) -> bool:
    """Whether a demonstration world is to be written: nothing lies in the landing zone, and that is no mistake.

    Only a home in which nothing ever ran may be given an invented world, unless it is asked for: in any other an empty
    landing zone is a share that is not mounted.

    Raises:
        landing.LandingZoneEmptyError: nothing lies there, and the home is not new.
    """
    if not landing.is_empty(config.landing):
        return False
    if not is_asked_for and not is_new(config):
        raise landing.LandingZoneEmptyError(config.landing)
    return True


def is_new(config: Settings) -> bool:
    """Whether nothing ever ran here: no table, no entry in the log of processing, no manifest of a night, and no anchor
    of the log elsewhere. The last tells of a home that is a disk which is not mounted."""
    is_written = any(config.lakehouse.glob("*/*/_delta_log")) or config.manifests.exists()
    is_logged = (config.log_folder / audit.FILE).exists()
    is_anchored = config.anchor is not None and bool(marks.read(config.anchor, "anchor").marks)
    return not (config.catalog or is_written or is_logged or is_anchored)


def write(
    config: Settings,
    *,
    first_night: date,
    n_reports: int | None = None,
    n_nights: int | None = None,
    forces: Sequence[str] | None = None,
    seed: int | None = None,
    is_programme: bool = False,
) -> dict[str, Any]:
    """Write the world to the landing zone; what is not given comes from the settings. Returns counts."""
    demo = config.demo
    codes = tuple(forces or demo.forces)
    config.own_sources.mkdir(parents=True, exist_ok=True, mode=0o700)
    shipped = {path.stem for path in layouts.FOLDER.glob("*.yaml")}
    for sender, layout in synthesis.layouts(codes).items():
        if sender not in shipped:  # a world of more forces than ship with a layout brings theirs
            (config.own_sources / f"{sender}.yaml").write_text(layout, encoding="utf-8")
    if config.postcodes is None:
        lines = "".join(f"{place},{force}\n" for place, force in synthesis.POSTCODES)
        (config.home / "postcodes.csv").write_text(f"postcode,force\n{lines}", encoding="utf-8")
    summary = synthesis.write(
        config.landing,
        config.truth,
        seed=config.seed if seed is None else seed,
        first_night=first_night,
        n_nights=n_nights or demo.n_nights,
        n_reports=n_reports or demo.n_reports,
        forces=codes,
        providers=tuple(demo.providers),
    )
    n_files, n_rows = len(summary.files), summary.n_rows
    if is_programme:
        written = write_programme(config, first_night=first_night, seed=seed)
        n_files, n_rows = n_files + written["n_files"], n_rows + written["n_rows"]
    return {"n_files": n_files, "n_rows": n_rows, "landing": str(config.landing)}


def write_programme(config: Settings, *, first_night: date, seed: int | None = None) -> dict[str, int]:
    """Write the programme's own records and its layout; returns counts of files and rows."""
    config.own_sources.mkdir(parents=True, exist_ok=True, mode=0o700)
    layout = programme_world.LAYOUT.read_text(encoding="utf-8")
    (config.own_sources / programme_world.LAYOUT.name).write_text(layout, encoding="utf-8")
    made = config.seed if seed is None else seed
    return programme_world.write(config.landing, config.truth, seed=made, first_night=first_night)
