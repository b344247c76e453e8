"""Small files that become very large when they are read, one per way of packing: name -> sender, feed, content, reason.

Each is made here, by the means that anybody has: pyarrow, a zip archive of XML, a compressor.
"""

from __future__ import annotations

import gzip
import io
import json
import random
import zipfile
import zlib
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import pyarrow as pa
from pyarrow import parquet

from tests.support import nights, poison

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_DOC = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_CONTENT = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_PARTS = {
    "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types"><Default Extension="xml" '
    'ContentType="application/xml"/><Default Extension="rels" '
    'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    f'<Override PartName="/xl/workbook.xml" ContentType="{_CONTENT}.sheet.main+xml"/>'
    f'<Override PartName="/xl/styles.xml" ContentType="{_CONTENT}.styles+xml"/>'
    f'<Override PartName="/xl/sharedStrings.xml" ContentType="{_CONTENT}.sharedStrings+xml"/>'
    f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{_CONTENT}.worksheet+xml"/></Types>',
    "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_DOC}"><sheets><sheet name="S" sheetId="1" r:id="r1"/>'
    "</sheets></workbook>",
    "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">'
    f'<Relationship Id="r1" Type="{_DOC}/worksheet" Target="worksheets/sheet1.xml"/>'
    f'<Relationship Id="r2" Type="{_DOC}/styles" Target="styles.xml"/>'
    f'<Relationship Id="r3" Type="{_DOC}/sharedStrings" Target="sharedStrings.xml"/></Relationships>',
    "xl/styles.xml": f'<styleSheet xmlns="{_MAIN}"><cellXfs count="1"><xf numFmtId="0"/></cellXfs></styleSheet>',
}
LINK_COLUMNS = ("intel_urn", "nominal_urn", "link_type")  # of West Mercia's report_links
TEXT = "x" * (1 << 20)  # a text that fits a row


class Bomb(NamedTuple):
    """A file as a sender may name it, and the reason that it is to be quarantined with."""

    sender: str
    feed: str
    content: Callable[[], bytes]
    reason: str | None


def workbook(rows: Iterable[str], strings: str = "", more: dict[str, str | bytes] | None = None) -> bytes:
    """A workbook of one sheet, whose `<row>` elements and shared `<si>` elements are given."""
    sink = io.BytesIO()
    parts = {**_PARTS, "xl/sharedStrings.xml": f'<sst xmlns="{_MAIN}">{strings}</sst>', **(more or {})}
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, body in parts.items():
            archive.writestr(name, body)
        with archive.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as sheet:
            sheet.write(f'<worksheet xmlns="{_MAIN}"><sheetData>'.encode())
            for row in rows:
                sheet.write(row.encode())
            sheet.write(b"</sheetData></worksheet>")
    return sink.getvalue()


def _inline(*values: str) -> str:
    return "<row>" + "".join(f'<c t="inlineStr"><is><t>{value}</t></is></c>' for value in values) + "</row>"


SURREY_LINKS = ("Report Number", "Person ID", "Role")


def _shared_string() -> bytes:
    """One text of 32 kB, used in every cell."""
    row = "<row>" + '<c t="s"><v>0</v></c>' * 3 + "</row>"
    return workbook([_inline(*SURREY_LINKS), row * 50_000], f"<si><t>{'x' * 32_000}</t></si>")


def _far_cells() -> bytes:
    """Rows of one cell each, in the last column that a sheet may have."""
    rows = (f'<row><c r="XFD{n}"><v>1</v></c></row>' for n in range(2, 200_000))
    return workbook([_inline(*SURREY_LINKS), *rows])


def _many_elements() -> bytes:
    """Elements that belong to no workbook, each of a name of its own."""
    names = "".join(f"<x{n:x}/>" for n in range(600_000))
    return workbook([_inline(*SURREY_LINKS), names, _inline("1", "2", "3")])


def _long_row() -> bytes:
    """A row that does not end."""
    return workbook([_inline(*SURREY_LINKS), "<row>" + "<c/>" * 1_500_000 + "</row>"])


def _deep_xml() -> bytes:
    return workbook([_inline(*SURREY_LINKS), "<x>" * 1_000_000 + "</x>" * 1_000_000])


def _many_strings() -> bytes:
    return workbook([_inline(*SURREY_LINKS), _inline("1", "2", "3")], "<si/>" * 1_600_000)


def _styles() -> bytes:
    body = f'<styleSheet xmlns="{_MAIN}"><cellXfs>{"<xf/>" * 1_600_000}</cellXfs></styleSheet>'
    return workbook([_inline(*SURREY_LINKS), _inline("1", "2", "3")], more={"xl/styles.xml": body})


def _parquet(columns: dict[str, Any], **options: Any) -> bytes:
    sink = io.BytesIO()
    parquet.write_table(pa.table(columns), sink, **{"compression": "zstd", "write_statistics": False, **options})
    return sink.getvalue()


def _repeated(value: Any, n: int, kind: pa.DataType | None = None) -> pa.Array:
    """A value many times over, as one that is written as a dictionary of one."""
    return pa.DictionaryArray.from_arrays(pa.array([0] * n, pa.int32()), pa.array([value], kind or pa.string()))


def _links(text: Any, **options: Any) -> bytes:
    refs = _repeated("1", len(text))
    return _parquet({"intel_urn": text, "nominal_urn": refs, "link_type": refs}, **options)


def _dictionary() -> bytes:
    return _links(_repeated(TEXT, 6_000))


def _columns() -> bytes:
    """Three hundred columns, each with a dictionary of one text that one row uses: none is large, nor is any row, and
    the file is no smaller than what it becomes allows. Read together they are 300 MiB."""
    n = 300
    columns: dict[str, Any] = dict.fromkeys(LINK_COLUMNS, _repeated("1", n))
    for k in range(n):
        text = random.Random(k).randbytes(6_000).hex() + TEXT[:-20_000]
        uses = pa.array([0 if row == k else None for row in range(n)], pa.int32())
        columns[f"x{k}"] = pa.DictionaryArray.from_arrays(uses, pa.array([text]))
    return _parquet(columns)


def _plain() -> bytes:
    """The same text in plain pages, which a compressor makes small."""
    return _links(pa.array([TEXT] * 400), use_dictionary=False, write_batch_size=1)


def _delta() -> bytes:
    """Each text is the one before it, by a prefix that is all of it."""
    texts = pa.array([TEXT] * 300)
    return _links(texts, use_dictionary=["nominal_urn"], column_encoding={"intel_urn": "DELTA_BYTE_ARRAY"})


def _page() -> bytes:
    """A page that unpacks to far more than pages do."""
    return _links(pa.array(["x" * (150 << 20)]), use_dictionary=False)


def _bytes() -> bytes:
    """Values of a fixed length, which even what is absent takes."""
    kind = pa.binary(1 << 18)
    return _links(pa.array([None] * 2_000, kind), use_dictionary=False)


def _list() -> bytes:
    """One row whose list holds one text again and again."""
    items = pa.ListArray.from_arrays(pa.array([0, 40_000], pa.int32()), _repeated("x" * 100_000, 40_000))
    return _parquet({"intel_urn": items, "nominal_urn": _repeated("1", 1), "link_type": _repeated("1", 1)})


def _nulls() -> bytes:
    return _parquet(dict.fromkeys(LINK_COLUMNS, pa.nulls(40_000_000, pa.string())), use_dictionary=False)


def _gzip_of_csv() -> bytes:
    """One header and endless short rows, about a thousandth of what it unpacks to."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    packed = packer.compress(poison.TWO.split(b"\n")[0] + b"\n")
    block = b",".join([b"0"] * 25) + b"\n"
    block *= (1 << 20) // len(block)
    return packed + b"".join(packer.compress(block) for _ in range(256)) + packer.flush()


def _gzip_of_json() -> bytes:
    line = json.dumps(poison.SUSSEX).encode() + b"\n"
    return gzip.compress(line * ((400 << 20) // len(line)), 9)


def _keys() -> bytes:
    """Deep, and under it as many keys as fit: every one of them a column with a long path."""
    keys = ",".join(f'"{n:x}":0' for n in range(150_000))
    return ('{"k":' * 60 + "{" + keys + "}" + "}" * 60 + "\n").encode()


def _wide_names() -> bytes:
    """A header of very long names, which every row repeats once it is JSON."""
    names = [*nights.REPORT, *(f"{n}{'x' * 4_000}" for n in range(400))]
    row = ",".join(nights.REPORT.values()) + "," * 400
    return (",".join(names) + "\n" + (row + "\n") * 700).encode()


def _long_bad_rows() -> bytes:
    """Rows with a value too few, each nearly as long as a row may be."""
    return nights.csv_bytes([nights.report()]) + (b"x" * (7 << 18) + b"\n") * 160


def _sheet_of_zeros() -> bytes:
    return workbook(["0" * (256 << 20)])


def _entities() -> bytes:
    """A "billion laughs" of nine levels."""
    levels = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    body = f'<?xml version="1.0"?><!DOCTYPE sst [<!ENTITY l0 "ha">{levels}]><sst><si><t>&l9;</t></si></sst>'
    return workbook([_inline(*SURREY_LINKS)], more={"xl/sharedStrings.xml": body})


def _nested() -> bytes:
    return poison.archive({"a.zip": poison.archive({"b.zip": poison.archive({"c": b"0" * (64 << 20)})})})


def _nested_in_workbook() -> bytes:
    """Archives in an archive that is a workbook: nobody unpacks them."""
    return workbook([_inline(*SURREY_LINKS), _inline("1", "2", "3")], more={"xl/embeddings/a.zip": _nested()})


# One small, good file per format: what reading takes at least.
PLAIN: dict[str, Bomb] = {
    "csv": Bomb("norfolk", "reports", lambda: poison.TWO, None),
    "jsonl": Bomb("sussex", "reports", lambda: json.dumps(poison.SUSSEX).encode(), None),
    "xlsx": Bomb("surrey", "report_links", lambda: workbook([_inline(*SURREY_LINKS), _inline("1", "2", "3")]), None),
    "parquet": Bomb("west_mercia", "report_links", lambda: _links(_repeated("1", 3)), None),
}
BOMBS: dict[str, Bomb] = {
    "dictionary.parquet": Bomb("west_mercia", "report_links", _dictionary, "FILE_TOO_LARGE"),
    "columns.parquet": Bomb("west_mercia", "report_links", _columns, "FILE_TOO_LARGE"),
    "plain.parquet": Bomb("west_mercia", "report_links", _plain, "FILE_TOO_LARGE"),
    "delta.parquet": Bomb("west_mercia", "report_links", _delta, "FILE_TOO_LARGE"),
    "page.parquet": Bomb("west_mercia", "report_links", _page, "FILE_TOO_LARGE"),
    "bytes.parquet": Bomb("west_mercia", "report_links", _bytes, None),
    "list.parquet": Bomb("west_mercia", "report_links", _list, "ROW_TOO_LONG"),
    "nulls.parquet": Bomb("west_mercia", "report_links", _nulls, "FILE_TOO_LARGE"),
    "shared_string.xlsx": Bomb("surrey", "report_links", _shared_string, "FILE_TOO_LARGE"),
    "far_cells.xlsx": Bomb("surrey", "report_links", _far_cells, "FILE_TOO_LARGE"),
    "many_elements.xlsx": Bomb("surrey", "report_links", _many_elements, "FILE_TOO_LARGE"),
    "long_row.xlsx": Bomb("surrey", "report_links", _long_row, "FILE_TOO_WIDE"),
    "deep.xlsx": Bomb("surrey", "report_links", _deep_xml, "FILE_TOO_LARGE"),
    "many_strings.xlsx": Bomb("surrey", "report_links", _many_strings, None),
    "styles.xlsx": Bomb("surrey", "report_links", _styles, "FILE_TOO_LARGE"),
    "packed.jsonl.gz": Bomb("sussex", "reports", _gzip_of_json, "FILE_TOO_LARGE"),
    "keys.jsonl": Bomb("sussex", "reports", _keys, "FILE_TOO_WIDE"),
    "wide_names.csv": Bomb("norfolk", "reports", _wide_names, "FILE_TOO_LARGE"),
    "long_bad_rows.csv": Bomb("norfolk", "reports", _long_bad_rows, "ROW_MALFORMED"),
    "long_line.csv": Bomb("norfolk", "reports", poison.CONTENTS["long_line.csv"][1], "FILE_TOO_LARGE"),
    "zeros.xlsx": Bomb("surrey", "report_links", _sheet_of_zeros, "FILE_TOO_LARGE"),
    "entities.xlsx": Bomb("surrey", "report_links", _entities, "FILE_TOO_LARGE"),
    "nested.xlsx": Bomb("surrey", "report_links", _nested, "FILE_TYPE_MISMATCH"),
    "embedded.xlsx": Bomb("surrey", "report_links", _nested_in_workbook, None),
    "packed.csv.gz": Bomb("norfolk", "reports", _gzip_of_csv, "FILE_TOO_LARGE"),
}
