"""Parts that several contracts share: lineage of silver rows, reasons and source rows of gold ones."""

from __future__ import annotations

from schemas.contract import DATE, DOUBLE, INT, LONG, STRING, Column, required, struct

LINEAGE = {
    "_sender": required(STRING, "sender of the row"),
    "_file": required(STRING, "file below the landing zone"),
    "_file_hash": required(STRING, "SHA-256 of the file"),
    "_row_number": required(LONG, "row in the file, from 1"),
    "_rescued": Column(STRING, "JSON of the sender's columns that no mapping names", is_personal=True),
}
NIGHT = required(DATE, "night that made this version known")

REASON = struct(
    kind=STRING,  # "term", "rule", "flag", "similar", "whatif", "path", "match"
    text=STRING,  # what a person reads
    source_table=STRING,
    source_id=STRING,
    start=INT,  # offset in the source's text, characters from 0; NULL where it does not apply
    end=INT,  # exclusive
    weight=DOUBLE,  # signed: positive moves the score up
)
SOURCE_ROW = struct(table=STRING, id=STRING, file=STRING, file_hash=STRING, row_number=LONG)
