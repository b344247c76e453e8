"""Cells of the test network: one position each, in the towns of their forces, two sorts of antenna."""

from __future__ import annotations

import pandas as pd

from pipelines.synthesis.comms import cells
from pipelines.synthesis.core import names


def test_every_cell_of_the_world_has_one_position():
    table = pd.DataFrame({name: column.to_pandas() for name, column in cells.positions().items()})
    assert table.cell_id.is_unique
    assert table.latitude.between(49.8, 55).all()
    assert table.longitude.between(-6, 2).all()
    assert set(table.azimuth.dropna()) == {0, 60, 120, 180, 240, 300}
    assert table.azimuth.isna().mean() == 2 / 8  # two of a place's eight radiate all round


def test_towns_are_those_of_the_forces():
    for force, towns in names.TOWNS.items():
        assert tuple(cells.town(area) for area in cells.areas_of(force)) == towns
    assert cells.town(cells.cities()[0]) == "Hackney"
    assert len(cells.areas_of("99")) == cells.N_AREAS - len(cells.cities())
