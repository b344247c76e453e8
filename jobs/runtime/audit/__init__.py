"""The log of processing: its chain, what it says (one function per operation), and what shows that it is whole."""

from jobs.runtime.audit.chain import FILE, Audit
from jobs.runtime.audit.entries import GENESIS, Broken, Head, Mark
from jobs.runtime.audit.port import AuditError, Log

__all__ = ["FILE", "GENESIS", "Audit", "AuditError", "Broken", "Head", "Log", "Mark"]
