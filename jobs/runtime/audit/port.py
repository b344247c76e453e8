"""What a log of processing is, whatever lies behind it: appended to, read, and verified. A file on a disk (`chain`), or
a table where the home is on a volume, which takes no append to a file (`table`).

An entry is made here, by the one `append` of both; only where it is kept differs."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from datetime import date, datetime
from typing import Any, ClassVar

from jobs.runtime.audit import entries
from jobs.runtime.audit.entries import Broken, Head, Mark
from schemas.errors import UserError


class AuditError(UserError, RuntimeError):
    """The entry could not be written, so what it speaks of must not happen."""


class Log(ABC):
    """A hash-chained log. Several processes and threads may append to it: each entry follows from the one before."""

    FAILURES: ClassVar[tuple[type[Exception], ...]]  # what keeping an entry may end in

    @property
    @abstractmethod
    def place(self) -> str:
        """Where it is, for people."""

    @abstractmethod
    def _in_turn(self) -> AbstractContextManager[None]:
        """Held while an entry is appended: who else may append waits, where who keeps it can make them."""

    @abstractmethod
    def _keep(self, ids: Iterable[str]) -> dict[str, int | str]:
        """Keep ids apart from the log; what the entry says of them: `n` and `sha256`."""

    @abstractmethod
    def _append(self, entry: dict[str, Any]) -> str:
        """Keep an entry as the next of the chain, and return its hash; it is safe when this returns.

        Raises:
            AuditError: the end of the log is not one that can be appended to.
        """

    def append(
        self,
        action: str,
        who: str,
        on_what: str,
        *,
        to_whom: str | None = None,
        why: str | None = None,
        counts: Mapping[str, int] | None = None,
        operation: str | None = None,
        night: date | None = None,
        ids: Iterable[str] | None = None,
        at: datetime | None = None,
    ) -> str:
        """Write one entry and return its hash; it is safe when this returns.

        Called by the functions of `operations`, one per operation, and by tests.

        Args:
            action: kind of processing by the law's words, one of `codes.LOG_ACTIONS`.
            who: who it is said to be; the account of the operating system that this process runs under is written
                alongside.
            counts: numbers of rows by name.
            operation: which of the system's operations it is, one of `codes.LOG_OPERATIONS`.
            night: the night that it is about.
            ids: of what it is about, whatever their order; the entry holds their number and digest, and they are kept
                apart.
            at: for tests and replays; the clock by default.

        Raises:
            ValueError: the action is not one of `codes.LOG_ACTIONS`, or nobody is named.
            AuditError: the entry cannot be written, or the end of the log is not one that can be appended to.
        """
        entry = entries.made(
            action, who, on_what, to_whom=to_whom, why=why, counts=counts, operation=operation, night=night, at=at
        )
        try:
            with self._in_turn():
                if ids is not None:
                    entry["ids"] = self._keep(ids)
                return self._append(entry)
        except AuditError:
            raise
        except self.FAILURES as error:
            said = " ".join(str(error).split())[:300]
            raise AuditError(f"the log of processing ({self.place}) cannot be written: {said}") from error

    @abstractmethod
    def exists(self) -> bool:
        """Whether anything was ever logged here and is still there."""

    @abstractmethod
    def entries(self) -> Iterator[dict[str, Any]]:
        """Every entry, oldest first, as written. Does not verify.

        Raises:
            ValueError: a line is not an entry.
        """

    @abstractmethod
    def last(self, operation: str) -> dict[str, Any] | None:
        """The newest entry of an operation; None where there is none."""

    @abstractmethod
    def ids(self, digest: str) -> list[str]:
        """The ids that an entry's digest stands for. Whoever calls this has logged it.

        Raises:
            FileNotFoundError: they are not there.
            ValueError: they are not what the digest says.
        """

    @abstractmethod
    def head(self) -> Head:
        """Where the log ends now. Reads only.

        Raises:
            AuditError: its end is not one that can be appended to.
        """

    @abstractmethod
    def verify(self, marks: Iterable[Mark] = ()) -> Broken | None:
        """The first entry that cannot be right, or None where the whole log holds. Reads only.

        Args:
            marks: what others have kept of the log. Each of their entries is looked for.
        """
