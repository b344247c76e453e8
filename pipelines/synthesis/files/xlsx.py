"""A workbook writer for wide, plain tables: one sheet, texts inline, real date cells. Everything is done by column.

About twenty times as fast as cell-by-cell writers, and byte-identical for equal input (fixed dates in the archive).
Format: ECMA-376 part 1, SpreadsheetML.
"""

from __future__ import annotations

import zipfile
from pathlib import Path
from xml.sax.saxutils import escape

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.synthesis.core import grammar
from pipelines.synthesis.files import json_lines

Columns = dict[str, pa.Array]

BLOCK = 20_000  # rows made at a time
MAX_ROWS = 1_048_575  # below the header
_EPOCH = 25_569  # 1970-01-01 as a serial day
_FIXED = (1980, 1, 1, 0, 0, 0)
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_DOC = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_TYPES = "application/vnd.openxmlformats-officedocument.spreadsheetml"

_PARTS = {
    "[Content_Types].xml": (
        f'<Types xmlns="{_PACKAGE}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPES}.sheet.main+xml"/>'
        f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{_TYPES}.worksheet+xml"/>'
        f'<Override PartName="/xl/styles.xml" ContentType="{_TYPES}.styles+xml"/></Types>'
    ),
    "_rels/.rels": (
        f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="rId1" Type="{_DOC}/officeDocument" '
        'Target="xl/workbook.xml"/></Relationships>'
    ),
    "xl/workbook.xml": (
        f'<workbook xmlns="{_MAIN}" xmlns:r="{_DOC}"><sheets>'
        '<sheet name="Export" sheetId="1" r:id="rId1"/></sheets></workbook>'
    ),
    "xl/_rels/workbook.xml.rels": (
        f'<Relationships xmlns="{_PACKAGE}/relationships">'
        f'<Relationship Id="rId1" Type="{_DOC}/worksheet" Target="worksheets/sheet1.xml"/>'
        f'<Relationship Id="rId2" Type="{_DOC}/styles" Target="styles.xml"/></Relationships>'
    ),
    "xl/styles.xml": (
        f'<styleSheet xmlns="{_MAIN}"><fonts count="1"><font><sz val="11"/><name val="Calibri"/></font></fonts>'
        '<fills count="2"><fill><patternFill patternType="none"/></fill>'
        '<fill><patternFill patternType="gray125"/></fill></fills>'
        '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
        '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
        '<cellXfs count="2"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>'
        '<xf numFmtId="14" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/></cellXfs>'
        '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
    ),
}  # fmt: skip


def letters(column: int) -> str:
    """Column name of a place from 0: A ... Z, AA ..."""
    name = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        name = chr(65 + rest) + name
    return name


def _text_cells(text: pa.Array) -> pa.Array:
    for plain, code in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;")):
        text = pc.replace_substring(text, plain, code)
    return pc.binary_join_element_wise('inlineStr"><is><t xml:space="preserve">', text, "</t></is></c>", "")


def _cells(values: pa.Array, column: int, rows: pa.Array, typed_dates: str) -> pa.Array:
    """Cell XML of a column. Dates are date cells, but for every 25th and those before 1900, which are text."""
    if pa.types.is_date(values.type):
        serial = pc.add(values.cast(pa.int32()), pa.scalar(_EPOCH, pa.int32()))
        number = pc.binary_join_element_wise('n" s="1"><v>', serial.cast(pa.string()), "</v></c>", "")
        as_text = np.arange(len(values)) % 25 == 0
        early = pc.fill_null(pc.less(serial, 61), False)
        body = pc.if_else(
            pc.or_(pa.array(as_text), early), _text_cells(pc.strftime(values, format=typed_dates)), number
        )
    else:
        body = _text_cells(values.cast(pa.string()))
    cell = pc.binary_join_element_wise(f'<c r="{letters(column)}', rows, '" t="', body, "")
    return pc.fill_null(cell, "")


def write(path: Path, columns: Columns, typed_dates: str, header_rows: int = 1) -> None:
    """Write a workbook. `typed_dates`: strftime format of dates typed in as text; names are spread over `header_rows`
    at " / ", a group's name once for its columns. Raises ValueError if too long."""
    n = len(next(iter(columns.values())))
    if n > MAX_ROWS:
        raise ValueError(f"{path.name}: {n} rows do not fit a sheet")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, body in _PARTS.items():
            archive.writestr(_entry(name), _HEAD + body)
        with archive.open(_entry("xl/worksheets/sheet1.xml"), "w", force_zip64=True) as sheet:
            last = f"{letters(len(columns) - 1)}{n + header_rows}"
            sheet.write(f'{_HEAD}<worksheet xmlns="{_MAIN}"><dimension ref="A1:{last}"/><sheetData>'.encode())
            sheet.write(_header(list(columns), header_rows).encode())
            for start in range(0, n, BLOCK):
                sheet.write(_rows(columns, start, min(BLOCK, n - start), typed_dates, header_rows))
            sheet.write(b"</sheetData></worksheet>")


def _header(names: list[str], header_rows: int) -> str:
    parts = [(name.split(" / ") + [""] * header_rows)[:header_rows] if header_rows > 1 else [name] for name in names]
    lines = []
    for row in range(header_rows):
        cells = []
        for k, own in enumerate(parts):
            is_group_again = row < header_rows - 1 and k > 0 and own[: row + 1] == parts[k - 1][: row + 1]
            if own[row] and not is_group_again:
                cells.append(f'<c r="{letters(k)}{row + 1}" t="inlineStr"><is><t>{escape(own[row])}</t></is></c>')
        lines.append(f'<row r="{row + 1}">{"".join(cells)}</row>')
    return "".join(lines)


def _entry(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, _FIXED)
    info.compress_type = zipfile.ZIP_DEFLATED
    info.external_attr = 0o600 << 16
    return info


def _rows(columns: Columns, start: int, length: int, typed_dates: str, header_rows: int) -> bytes:
    first = start + header_rows + 1
    numbers = pa.array(np.arange(first, first + length)).cast(pa.string())
    cells = [_cells(v.slice(start, length), k, numbers, typed_dates) for k, v in enumerate(columns.values())]
    return json_lines.lines_of(grammar.concat(['<row r="', numbers, '">', *cells, "</row>"], length))
