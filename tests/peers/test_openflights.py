"""Reference data that nobody here made: OpenFlights' airports and routes through the public door, as a sender."""

from __future__ import annotations

from pathlib import Path

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from pipelines.ingest import conform
from schemas.layouts import layouts
from tests.support import nights

HEADERS = {
    "airports": "id,name,city,country,iata,icao,latitude,longitude,altitude,offset,dst,tz,type,source",
    "routes": "airline,airline_id,source,source_id,destination,destination_id,codeshare,stops,equipment",
}


@pytest.mark.slow
def test_openflights_becomes_a_sender_by_one_yaml(spark: SparkSession, shared_data: Path, tmp_path: Path) -> None:
    layout = {"openflights": layouts.load_file(Path(__file__).with_name("openflights.yaml"))}
    for feed, name in (("airports", "airports"), ("flight_routes", "routes")):
        content = (shared_data / "flights" / f"{name}.dat").read_bytes()
        nights.drop(tmp_path, "openflights", feed, f"{name}.csv", HEADERS[name].encode() + b"\n" + content)
    found = nights.ingested(spark, tmp_path, layouts=layout)
    airports = conform.accepted(nights.judged(found.rows, "airports", layouts=layout), "airports").persist()
    routes = conform.accepted(nights.judged(found.rows, "flight_routes", layouts=layout), "flight_routes")
    by_code = {row.airport: row for row in airports.where("airport IN ('LGW', 'AGP', 'JFK', 'EDI')").collect()}
    assert (by_code["LGW"].time_zone, by_code["LGW"].is_uk) == ("Europe/London", True)
    assert (by_code["AGP"].time_zone, by_code["AGP"].is_uk) == ("Europe/Madrid", False)
    assert by_code["JFK"].latitude == pytest.approx(40.64, abs=0.01)
    assert airports.count() > 6_000  # of 7,698; the rest have no IATA code
    assert routes.count() > 60_000
    lost = routes.join(airports, F.col("from_airport") == F.col("airport"), how="left_anti").count()
    print(f"airports {airports.count()}, routes {routes.count()}, of them from an unknown airport {lost}")
    assert lost < 0.02 * routes.count()
