"""Whether the log of a home is whole: its chain, its head, its side files, and every mark that is kept of it.

Of a log on a disk it reads files alone and starts no Spark. The log itself cannot show that it was not rewritten by
somebody who may write all of the home: what shows it is an anchor that they cannot reach (`log.anchor`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from jobs.runtime.audit import marks
from jobs.runtime.audit.entries import Broken, Head, Mark
from jobs.runtime.audit.port import AuditError, Log
from jobs.runtime.settings import Settings


@dataclass(frozen=True)
class Verdict:
    """What was compared, and the first thing that is wrong, if any."""

    head: Head
    n_anchors: int
    n_manifests: int
    anchored_to: int | None  # number of the newest entry that an anchor knows
    is_anchor_set: bool
    broken: Broken | None

    def text(self) -> str:
        """One sentence for people."""
        if self.broken is not None:
            return f"first bad entry: {self.broken}" if self.broken.n else str(self.broken)
        compared = f"compared with {self.n_anchors} anchors and {self.n_manifests} run manifests"
        said = f"chain is whole: {self.head.n} entries, the last {self.head.hash[:16]}; {compared}"
        if not self.is_anchor_set:
            return f"{said}. No anchor is kept elsewhere (log.anchor): who may write here could rewrite it all"
        return f"{said}; anchored to entry {self.anchored_to or 'none'}"


def verify(chosen: Settings, log: Log, more: Iterable[Mark] = ()) -> Verdict:
    """Read the whole log of a home and compare it with every mark of it.

    Args:
        more: marks that are kept elsewhere than in the folders of anchors and manifests.
    """
    is_used = has_run(chosen)
    manifests = marks.read(chosen.manifests, "manifest")
    anchors = marks.Kept()
    if chosen.anchor is not None:
        anchors = marks.read(chosen.anchor, "anchor", is_due=is_used)
    broken = log.verify((*anchors.marks, *manifests.marks, *more))
    if broken is None and is_used and not log.exists():
        broken = Broken(1, "the log is missing, though a night has run here")
    if broken is None and (problem := anchors.problem or manifests.problem):
        broken = Broken(0, problem)
    return Verdict(
        head=_head(log),
        n_anchors=len(anchors.marks),
        n_manifests=len(manifests.marks),
        anchored_to=max((mark.n for mark in anchors.marks), default=None),
        is_anchor_set=chosen.anchor is not None,
        broken=broken,
    )


def has_run(chosen: Settings) -> bool:
    """Whether anything ever ran in this home that is logged first: tables, published items or manifests are there."""
    is_written = chosen.lakehouse.is_dir() and any(chosen.lakehouse.glob("*/*/_delta_log"))
    return is_written or chosen.published.exists() or chosen.manifests.exists()


def _head(log: Log) -> Head:
    try:
        return log.head()
    except AuditError:
        return Head()
