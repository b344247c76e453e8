"""Writes the world's landing zone, night by night, and the sealed truth. Memory stays that of one chunk of reports."""

from __future__ import annotations

import os
import shutil
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from pipelines.synthesis import harm
from pipelines.synthesis.comms import cells, comms, planted
from pipelines.synthesis.core import draws, world
from pipelines.synthesis.device import conversations, exports
from pipelines.synthesis.files import encode
from pipelines.synthesis.reports import cases, people, reports, subjects
from pipelines.synthesis.travel import travel

CHUNK = 20_000  # rows of a file at most
WRITTEN_AT = 315_532_800  # 1980-01-01: every file arrived long ago, so that a night need not wait to see it quiet
Columns = dict[str, pa.Array]


@dataclass(frozen=True)
class File:
    """A file of the landing zone. `kind`: normal, late, resent (a copy of an earlier file) or bad (unreadable)."""

    sender: str
    feed: str
    night: str
    path: str  # below the landing zone
    n_rows: int
    kind: str = "normal"
    copy_of: str | None = None


@dataclass(frozen=True)
class Summary:
    """What was written. `n_reports` counts reports once, `n_rows` every row of every file."""

    files: list[File] = field(default_factory=list)
    n_reports: int = 0
    n_rows: int = 0

    def rows(self) -> dict[tuple[str, str, str], int]:
        """Rows by sender, feed and night, bad files left out and copies counted."""
        n_by_kind: dict[tuple[str, str, str], int] = {}
        for f in self.files:
            if f.kind != "bad":
                n_by_kind[f.sender, f.feed, f.night] = n_by_kind.get((f.sender, f.feed, f.night), 0) + f.n_rows
        return n_by_kind


class _Truth:
    """Parquet files of the truth folder, appended to in row groups."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._writers: dict[str, pq.ParquetWriter] = {}

    def add(self, name: str, columns: Columns) -> None:
        table = pa.table(columns)
        if name not in self._writers:
            self._writers[name] = pq.ParquetWriter(self._folder / f"{name}.parquet", table.schema, compression="zstd")
        self._writers[name].write_table(table)

    def close(self) -> None:
        for writer in self._writers.values():
            writer.close()


def _chunks(index: draws.Ints) -> Iterator[draws.Ints]:
    for start in range(0, len(index), CHUNK):
        yield index[start : start + CHUNK]


class Writer:
    """Writes one world. Every file's content depends only on the world, not on what was written before it."""

    def __init__(self, planet: world.World, landing: Path, truth: Path) -> None:
        self.planet = planet
        self.landing = landing
        self.truth = _Truth(truth)
        self.files: list[File] = []
        self.travel = travel.Travel(planet)

    def run(self) -> Summary:
        try:
            for force in self.planet.forces:
                self.truth.add("ties", harm.ties(self.planet, force))
                self.truth.add("decoys", cases.decoys(self.planet, force))
            self.truth.add("hubs", comms.hubs())
            self.truth.add("travel", self.travel.truth())
            for night in range(self.planet.n_nights):
                for force in self.planet.forces:
                    self._force(force, night)
                for sender in self.planet.providers:
                    self._provider(comms.Provider(self.planet, sender), night)
                self._device(night)
                self._lines(night)
                self._travel(night)
                self._resend(night)
                self._spoil(night)
        finally:
            self.truth.close()
        for file in self.files:
            os.utime(self.landing / file.path, (WRITTEN_AT, WRITTEN_AT))
        return Summary(self.files, self.planet.n_reports, sum(f.n_rows for f in self.files))

    def _day(self, night: int) -> str:
        return (self.planet.first_night + timedelta(days=night)).isoformat()

    def _path(self, sender: str, feed: str, night: int, suffix: str) -> Path:
        extension = encode.EXTENSIONS[self.planet.layouts[sender].feeds[feed].format]
        day = self._day(night)
        return self.landing / sender / feed / day / f"{sender}_{feed}_{day.replace('-', '')}_{suffix}.{extension}"

    def _write(
        self,
        sender: str,
        feed: str,
        night: int,
        suffix: str,
        columns: Columns,
        kind: str = "normal",
        extra: Columns | None = None,
    ) -> None:
        if not len(next(iter(columns.values()))):
            return
        layout = self.planet.layouts[sender]
        if layout.feeds[feed].file_name:
            for number, part in encode.by_file_name(layout.feeds[feed], columns):
                path = self._path(sender, feed, night, f"{suffix}_{number}")
                self._note(path, sender, feed, night, encode.write(path, layout, feed, part, extra), kind)
            return
        path = self._path(sender, feed, night, suffix)
        self._note(path, sender, feed, night, encode.write(path, layout, feed, columns, extra), kind)

    def _note(self, path: Path, sender: str, feed: str, night: int, n: int, kind: str) -> None:
        self.files.append(File(sender, feed, self._day(night), str(path.relative_to(self.landing)), n, kind))

    # -- forces -------------------------------------------------------------------------------------------------------

    def _force(self, force: world.Force, night: int) -> None:
        planet, sender = self.planet, force.layout.sender
        arrived = people.arrivals(force, night)
        for part, index in enumerate(_chunks(arrived), start=1):
            self._write(sender, "nominals", night, f"{part:03d}", people.records(planet, force, index, night, False))
            self.truth.add("people", people.truth(planet, force, index))
            self._write(
                sender, "investigations", night, f"{part:03d}", cases.investigations(planet, force, index, night)
            )
        self._moves(force, night)
        self._reports(force, night)
        for part, index in enumerate(_chunks(cases.episodes(planet, force, night)), start=1):
            self._write(sender, "missing_episodes", night, f"{part:03d}", cases.missing(planet, force, index, night))

    def _moves(self, force: world.Force, night: int) -> None:
        """Nominals sent again with a new address. One force's later exports hold a column that no layout names."""
        index = people.moved(force, night)
        if not len(index):
            return
        columns = people.records(self.planet, force, index, night, True)
        is_wider = force.ordinal == 0 and self.planet.layouts[force.layout.sender].feeds["nominals"].format != "parquet"
        extra = {"Occupation": pa.array(["not recorded"] * len(index))} if is_wider else {}
        self._write(force.layout.sender, "nominals", night, "changes", columns, extra=extra)

    def _reports(self, force: world.Force, night: int) -> None:
        planet, sender = self.planet, force.layout.sender
        arrived = np.arange(int(force.bounds[night]), int(force.bounds[night + 1]))
        for part, index in enumerate(_chunks(arrived), start=1):
            latent = subjects.Latent(planet, force, index)
            self._write(sender, "report_links", night, f"{part:03d}", reports.links(latent))
            self.truth.add("reports", reports.truth(latent, night))
            for suffix, kind, where in (
                (f"{part:03d}", "normal", ~latent.is_late),
                (f"late_{part:03d}", "late", latent.is_late),
            ):
                if where.any():
                    half = latent if where.all() else subjects.Latent(planet, force, index[where])
                    self._write(sender, "reports", night, suffix, reports.rows(half), kind)
        again = reports.corrected(force, night)
        if len(again):
            latent = subjects.Latent(planet, force, again)
            self._write(sender, "reports", night, "corrections", reports.rows(latent, night))
            self.truth.add("reports", reports.truth(latent, night, night))

    # -- providers ----------------------------------------------------------------------------------------------------

    def _provider(self, provider: comms.Provider, night: int) -> None:
        if night == 0:
            self._write(provider.sender, "comms_cells", night, "001", provider.network.rows())
        index = provider.arriving(night)
        if not len(index):
            return
        self._write(provider.sender, "comms_authorisations", night, "001", provider.authorisations(index))
        self._write(provider.sender, "comms_subscribers", night, "001", provider.subscribers(index))
        step = CHUNK // comms.EVENTS_PER_AUTHORISATION
        for part, start in enumerate(range(0, len(index), step), start=1):
            some = index[start : start + step]
            self._write(provider.sender, "comms_events", night, f"{part:03d}", provider.events(some))

    def _device(self, night: int) -> None:
        """A seized telephone of the first force, with the first night."""
        if night:
            return
        sender = self.planet.forces[0].layout.sender
        folder = self.landing / sender / exports.FEED / self._day(night) / exports.SUBMISSION
        device = conversations.make(self.planet.draw, self.planet.first_night)
        for path in exports.write(folder, device):
            os.utime(path, (WRITTEN_AT, WRITTEN_AT))
        pairs = [(kind, value) for kind, values in device.values.items() for value in values]
        kinds, values = zip(*pairs, strict=True)
        self.truth.add("device_identifiers", {"kind": pa.array(kinds), "value": pa.array(values)})
        apps, parties = zip(*device.planted.status, strict=True)
        self.truth.add(
            "device_children",
            {
                "app": pa.array(apps),
                "party": pa.array(parties),
                "status": pa.array(device.planted.status.values()),
                "postcode": pa.array(device.planted.postcode.values(), pa.string()),
            },
        )

    def _travel(self, night: int) -> None:
        """Flights and passengers; and with the first night, the calls of phones that fall silent for a journey."""
        parts: Counter[tuple[str, str]] = Counter()
        for sender, feed, columns in self.travel.drops(night):
            parts[sender, feed] += 1
            self._write(sender, feed, night, f"{parts[sender, feed]:03d}", columns)
        if night == 0:
            for sender, feed, columns in self.travel.phones():
                self._write(sender, feed, night, "travel", columns)

    def _lines(self, night: int) -> None:
        """County lines and the innocent around them: providers' products, missing episodes, and what is to be found."""
        arrived = planted.arriving(self.planet, night)
        if night == 0 and planted.n_lines(self.planet):
            for sender in self.planet.providers:
                self._write(sender, "comms_cells", night, "lines", cells.rows(self.planet.first_day))
        for line in arrived:
            for sender in self.planet.providers:
                suffix = f"lines_{line.n:02d}"
                self._write(sender, "comms_authorisations", night, suffix, planted.authorisations(line, sender))
                self._write(sender, "comms_events", night, suffix, planted.events(line, sender))
        for force in self.planet.forces:
            episodes = planted.missing(self.planet, force, night)
            if episodes:
                self._write(force.layout.sender, "missing_episodes", night, "lines", episodes)
        if arrived:
            leads, bystanders = planted.truth(arrived)
            self.truth.add("comms_leads", leads)
            self.truth.add("comms_bystanders", bystanders)

    # -- what goes wrong ----------------------------------------------------------------------------------------------

    def _resend(self, night: int) -> None:
        """One force sends a file again under another name: of the night before, or of this only night."""
        force = self.planet.forces[night % len(self.planet.forces)]
        source = self._day(max(0, night - 1))
        feed = "reports" if night > 1 else "missing_episodes"
        old = [
            f
            for f in self.files
            if (f.sender, f.feed, f.night, f.kind) == (force.layout.sender, feed, source, "normal")
        ]
        if not old or (night == 0 and self.planet.n_nights > 1):
            return
        path = self._path(force.layout.sender, feed, night, "resend")
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(self.landing / old[0].path, path)
        name = str(path.relative_to(self.landing))
        self.files.append(File(old[0].sender, feed, self._day(night), name, old[0].n_rows, "resent", old[0].path))

    def _spoil(self, night: int) -> None:
        """A file that cannot be read, now and then: always one in the last night, of the last force."""
        draw, forces = self.planet.draw, self.planet.forces
        keys = np.array([int(f.code, 36) for f in forces]) * 1000 + night
        is_spoilt = draw.chance("spoil", keys, 0.02)
        is_spoilt[-1] |= night == self.planet.n_nights - 1
        for k in np.flatnonzero(is_spoilt):
            sender = forces[k].layout.sender
            path = self._path(sender, "nominals", night, "part2")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(self._spoiled(sender, night, int(draw.below("spoil/how", keys, 3)[k])))
            self.files.append(File(sender, "nominals", self._day(night), str(path.relative_to(self.landing)), 0, "bad"))

    def _spoiled(self, sender: str, night: int, how: int) -> bytes:
        """Nothing at all, the first half of a good file, or another sender's words."""
        good = [f.path for f in self.files if f.sender == sender and f.feed == "nominals" and f.kind == "normal"]
        if how == 0 or not good:
            return b""
        if how == 1 and self.planet.layouts[sender].feeds["nominals"].format in ("xlsx", "parquet"):
            content = (self.landing / good[-1]).read_bytes()
            return content[: len(content) // 2]
        return f"This export failed at {self._day(night)} 01:15. Please contact the service desk.\n".encode()
