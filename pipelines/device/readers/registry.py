"""The readers that there are. A new kind of export is one module and one line here."""

from __future__ import annotations

from pipelines.device.readers.leapp_json import LeappJson
from pipelines.device.readers.leapp_sqlite import LeappSqlite
from pipelines.device.readers.leapp_tsv import LeappTsv
from pipelines.device.readers.mail import MailFile
from pipelines.device.readers.pdf_text import PdfText
from pipelines.device.readers.sqlite_messages import SqliteMessages
from pipelines.device.readers.ufed_xml import UfedXml
from pipelines.device.readers.vics_media import VicsMedia
from pipelines.device.readers.whatsapp_text import WhatsappText
from pipelines.device.records import Reader

HEAD = 64 << 10  # bytes of a file that a reader may judge it by
READERS: tuple[Reader, ...] = (  # the first that takes a file reads it
    UfedXml(),
    SqliteMessages(),
    LeappSqlite(),
    LeappJson(),
    VicsMedia(),
    LeappTsv(),
    PdfText(),
    MailFile(),
    WhatsappText(),
)


def reader_for(name: str, head: bytes) -> Reader | None:
    """The reader of a file by its name and its first `HEAD` bytes; None where nobody knows it."""
    return next((reader for reader in READERS if reader.takes(name, head)), None)
