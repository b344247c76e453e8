"""Bronze: every input row as it came. Append-only, keyed by the content hash of its file."""

from __future__ import annotations

from schemas import codes
from schemas.contract import DATE, INSTANT, LONG, STRING, Column, Table, required

FEEDS = (
    "reports",
    "nominals",
    "report_links",
    "investigations",
    "missing_episodes",
    "associations",
    "identifiers",
    "journey_people",
    "case_records",
    "case_areas",
    "case_subjects",
    "master_list",
    "disruptions",
    "case_outcomes",
    "comms_authorisations",
    "comms_events",
    "comms_subscribers",
    "comms_cells",
    "airports",
    "flight_routes",
    "flights",
    "flight_passengers",
)

SHA256 = r"[0-9a-f]{64}"

FILES = Table(
    path="bronze.files",
    doc="One row per file that arrived, and what became of it. The ledger that makes bronze idempotent.",
    key=("night", "file"),
    columns={
        "night": required(DATE, "night in which the file arrived"),
        "sender": required(STRING, "force or provider, by its layout's name", pattern="[a-z0-9_]+"),
        "feed": required(STRING, "feed, from the folder it arrived in"),
        "file": required(STRING, "path below the landing zone"),
        "file_hash": Column(STRING, "SHA-256 of the content; NULL where it cannot be read", pattern=SHA256),
        "n_bytes": Column(LONG, "size of the file", minimum=0, unit="bytes"),
        "status": required(STRING, "what became of the file", among=("LOADED", "DUPLICATE", "QUARANTINED")),
        "duplicate_of": Column(STRING, "path of the file with the same content that was loaded before"),
        "reason": Column(STRING, "reason code, where quarantined", among=tuple(codes.QUARANTINE_REASONS)),
        "n_rows": required(LONG, "rows in the file (0 where it cannot be read)", minimum=0),
        "n_rows_loaded": required(LONG, "rows written to bronze.rows", minimum=0),
        "n_rows_quarantined": required(LONG, "rows in the quarantine; 1 for a file refused whole", minimum=0),
        "n_rows_deduplicated": required(LONG, "rows of a file that was loaded before", minimum=0),
        "rescued_columns": Column(STRING, "columns that no mapping names: kept in the row, with a warning"),
        "changed_ns": Column(
            LONG,
            "when this machine last saw the file change: once that is another time, its content is compared again; "
            "NULL where it cannot be read, and in nights from before the column",
            unit="nanoseconds since 1970",
        ),
        "absent_columns": Column(STRING, "columns that a mapping names and the file does not have"),
    },
    partition_by=("night",),
)

ROWS = Table(
    path="bronze.rows",
    doc="Every row that could be read, exactly as the sender wrote it, as one JSON object in the sender's own names.",
    key=("file_hash", "row_number"),
    columns={
        "night": required(DATE, "night in which the file arrived"),
        "feed": required(STRING, "feed", among=FEEDS),
        "sender": required(STRING, "force or provider, by its layout's name"),
        "file": required(STRING, "path below the landing zone"),
        "file_hash": required(STRING, "SHA-256 of the file's content", pattern=SHA256),
        "row_number": required(LONG, "position of the row in its file, from 1, header not counted", minimum=1),
        "raw": required(STRING, "the row as a JSON object, sender's names and values", is_personal=True),
    },
    partition_by=("night", "feed"),
)

QUARANTINE = Table(
    path="bronze.quarantine",
    doc="What could not be accepted, with the reason and the raw text. Nothing is lost; nothing here is used.",
    key=("night", "stage", "feed", "file", "row_number", "detail"),  # a row may be read for two feeds
    columns={
        "night": required(DATE, "night in which it arrived"),
        "stage": required(STRING, "where it was refused", among=("ingest", "conform", "decisions", "entities")),
        "sender": required(STRING, "force or provider"),
        "feed": required(STRING, "feed"),
        "file": required(STRING, "path below the landing zone"),
        "file_hash": Column(STRING, "SHA-256 of the file's content; NULL where it cannot be read"),
        "row_number": required(LONG, "row in its file from 1; 0 for the file as a whole", minimum=0),
        "reason": required(STRING, "reason code", among=tuple(codes.QUARANTINE_REASONS)),
        "detail": required(STRING, "what exactly was wrong, without personal data (column and rule)"),
        "raw": Column(STRING, "raw text, at most 100,000 characters; never of SECRET and above", is_personal=True),
    },
    partition_by=("night", "stage"),
)

INBOX = Table(
    path="bronze.inbox",
    doc="On a cluster: decisions and requests to undo as people handed them in, append-only. On one machine they are "
    "files in the inbox.",
    key=("file",),
    columns={
        "file": required(STRING, "name of what was handed in: its id and .json; a request to undo is below undo/"),
        "text": required(STRING, "what was handed in, as one JSON object", is_personal=True),
    },
)

INBOX_SETTLED = Table(
    path="bronze.inbox_settled",
    doc="Rows of bronze.inbox that a night is done with: marked once the night's own tables hold them. Append-only.",
    key=("file",),
    columns={
        "file": required(STRING, "name of the row in bronze.inbox"),
        "night": required(DATE, "night that took it in or refused it"),
    },
)

PROCESSING_LOG = Table(
    path="bronze.processing_log",
    doc="Where the home is on a volume: the log of processing, an entry per row, append-only. On a disk it is a file.",
    key=("n",),
    columns={
        "n": required(LONG, "number of the entry, from 1", minimum=1),
        "line": required(
            STRING, "the entry as one JSON object, with the hash of the one before and its own", is_personal=True
        ),
    },
    is_append_only=True,
)

PROCESSING_LOG_IDS = Table(
    path="bronze.processing_log_ids",
    doc="Where the home is on a volume: the ids that entries of the log speak of, append-only. On a disk: files.",
    key=("sha256",),
    columns={
        "sha256": required(STRING, "digest that the entry names: SHA-256 of the ids as they are here", pattern=SHA256),
        "ids": required(STRING, "one JSON string per line, in order, each once", is_personal=True),
    },
    is_append_only=True,
)

WRITER_LEASE = Table(
    path="bronze.writer_lease",
    doc="Where the home is on a volume: who writes to the lakehouse, in one row. On a disk it is a lock of the kernel.",
    key=("name",),
    columns={
        "name": required(STRING, "of the lease", among=("writer",)),
        "holder": required(STRING, "account, machine and process of the newest holder"),
        "token": required(STRING, "of this one holding: a holder renews and gives back its own alone"),
        "renewed_at": required(INSTANT, "when it was taken or last renewed, by the server's clock"),
        "expires_at": required(INSTANT, "from when on another may take it; that of a lease given back has passed"),
    },
)

TABLES = (FILES, ROWS, QUARANTINE, INBOX, INBOX_SETTLED, PROCESSING_LOG, PROCESSING_LOG_IDS, WRITER_LEASE)
