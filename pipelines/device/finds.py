"""What messages mention, and which hold words that are looked for: in Arrow batches, one automaton per worker."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache, reduce
from pathlib import Path

import pyarrow as pa
from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F
from pyspark.sql import types as T
from pyspark.sql.pandas.types import to_arrow_schema

from pipelines.device import keywords
from pipelines.device.identifiers import finding, modulus
from pipelines.device.identifiers.modulus import Modulus
from pipelines.device.keyword_lists import KeywordList, Term
from schemas import device
from schemas.contract import Table

PAUSE_S = 600  # between two messages of one sender that may hold one value
Batches = Callable[[Iterable[pa.RecordBatch]], Iterator[pa.RecordBatch]]
_PLACE = ("night", "message_id", "submission_id", "file", "member", "byte_from", "byte_to")


def identifiers(messages: DataFrame, banks: tuple[str, str | None] | None = None) -> DataFrame:
    """Rows of silver.device_identifiers.

    Args:
        messages: silver.device_messages.
        banks: files of the operator's table for sort codes and accounts, where every worker reads them: weights, and
            substitutions if there are any. Without them accounts are unverifiable.
    """
    read = _with_previous(messages).where(F.col("text").isNotNull()).select(*_PLACE, "text", "_previous")
    return device.IDENTIFIERS.conform(read.mapInArrow(_finding(banks), _schema(device.IDENTIFIERS)))


def _with_previous(messages: DataFrame) -> DataFrame:
    """Messages with the one before of the same conversation, where the same sender wrote it shortly before.

    A privileged message and one that is not are no pair: what the one says would be shown with the other.
    """
    in_chat = Window.partitionBy("submission_id", "file", "member", "chat_id").orderBy("byte_from")
    own = F.struct("message_id", "byte_from", "byte_to", "sender", "direction", "sent_at", "text", "is_privileged")
    before = F.lag(own).over(in_chat)
    alike = ("sender", "direction", "is_privileged")
    same = reduce(Column.__and__, (before[name].eqNullSafe(F.col(name)) for name in alike))
    pause = F.unix_timestamp("sent_at") - F.unix_timestamp(before["sent_at"])
    return messages.withColumn("_previous", F.when(same & pause.between(0, PAUSE_S), before))


def keyword_hits(messages: DataFrame, lists: Mapping[str, Sequence[tuple[str, KeywordList]]]) -> DataFrame:
    """Rows of gold.device_keyword_hits.

    Args:
        messages: silver.device_messages.
        lists: by submission, the lists that are searched for in it, each with its name.
    """
    wanted = [id_ for id_, named in lists.items() if any(each.terms for _, each in named)]
    read = messages.where(F.col("text").isNotNull() & F.col("submission_id").isin(wanted))
    read = read.select("night", "message_id", "submission_id", "text")
    terms = {id_: [(name, each.version, each.terms) for name, each in lists[id_]] for id_ in wanted}
    return device.KEYWORD_HITS.conform(read.mapInArrow(_searching(terms), _schema(device.KEYWORD_HITS)))


def with_privileged(messages: DataFrame, lists: Mapping[str, KeywordList]) -> DataFrame:
    """`messages` with `is_privileged` as the submissions' privileged lists say."""
    if not lists:
        return messages
    terms = {id_: each.terms for id_, each in lists.items()}
    concerned = messages.where(F.col("submission_id").isin(*terms))
    judged = concerned.mapInArrow(_judging(terms), messages.schema)
    return judged.unionByName(messages.where(~F.col("submission_id").isin(*terms)))


def _schema(table: Table) -> T.StructType:
    return T.StructType([T.StructField(f.name, f.dataType, True) for f in table.struct()])


@lru_cache(maxsize=2)
def _modulus(weights: str, substitutions: str | None) -> Modulus:
    """The table as a worker keeps it."""
    return modulus.load(Path(weights), Path(substitutions) if substitutions else None)


def _finding(banks: tuple[str, str | None] | None) -> Batches:
    schema = to_arrow_schema(_schema(device.IDENTIFIERS), timezone="UTC")

    def find(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        table = _modulus(*banks) if banks else None
        for batch in batches:
            texts, previous = batch.column("text").to_pylist(), batch.column("_previous").to_pylist()
            own = finding.find(texts, table)
            pairs = [(p["text"] if p else None, text) for p, text in zip(previous, texts, strict=True)]
            split = finding.find_across(pairs, table)
            mentions = [*own, *split]
            if not mentions:
                continue
            made = _taken(batch, [m.index for m in mentions], _PLACE)
            made["continues_in"] = pa.array([None] * len(own) + made["message_id"].to_pylist()[len(own) :], pa.string())
            for name in ("message_id", "byte_from", "byte_to"):  # of a value in two messages, those of the first
                kept = made[name].to_pylist()[: len(own)]
                made[name] = pa.array([*kept, *(previous[m.index][name] for m in split)], schema.field(name).type)
            for name in ("kind", "value", "as_written", "status", "is_repaired", "start", "end"):
                made[name] = pa.array([getattr(m, name) for m in mentions], schema.field(name).type)
            yield pa.RecordBatch.from_pydict({name: made[name] for name in schema.names}, schema)

    return find


@lru_cache(maxsize=64)
def _compiled(terms: tuple[Term, ...]) -> keywords.Compiled:
    """An automaton, built once in each worker."""
    return keywords.Compiled(terms)


def _searching(lists: Mapping[str, Sequence[tuple[str, str, tuple[Term, ...]]]]) -> Batches:
    schema = to_arrow_schema(_schema(device.KEYWORD_HITS), timezone="UTC")

    def search(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            submissions = batch.column("submission_id").to_pylist()
            for id_ in dict.fromkeys(submissions):
                part = batch.filter(pa.array([other == id_ for other in submissions]))
                texts = part.column("text").to_pylist()
                for name, version, terms in lists[id_]:
                    if hits := keywords.search(texts, _compiled(terms)):
                        yield _hits(part, texts, hits, name, version, terms, schema)

    return search


def _hits(
    batch: pa.RecordBatch,
    texts: Sequence[str],
    hits: Sequence[keywords.Hit],
    name: str,
    version: str,
    terms: Sequence[Term],
    schema: pa.Schema,
) -> pa.RecordBatch:
    made = _taken(batch, [hit.index for hit in hits], ("night", "message_id", "submission_id"))
    found = [terms[hit.term_index] for hit in hits]
    columns = {
        "list_name": [name] * len(hits),
        "list_version": [version] * len(hits),
        "term": [term.term for term in found],
        "language": [term.language for term in found],
        "kind": [term.kind for term in found],
        "start": [hit.start for hit in hits],
        "end": [hit.end for hit in hits],
        "as_written": [texts[hit.index][hit.start : hit.end] for hit in hits],
    }
    made |= {column: pa.array(values, schema.field(column).type) for column, values in columns.items()}
    return pa.RecordBatch.from_pydict({column: made[column] for column in schema.names}, schema)


def _taken(batch: pa.RecordBatch, rows: Sequence[int], names: Sequence[str]) -> dict[str, pa.Array]:
    index = pa.array(rows, pa.int64())
    return {name: batch.column(name).take(index) for name in names}


def _judging(lists: Mapping[str, tuple[Term, ...]]) -> Batches:
    def judge(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        listed = {id_: keywords.privileged_list([t.term for t in terms], terms) for id_, terms in lists.items()}
        for batch in batches:
            place = batch.schema.get_field_index("is_privileged")
            columns = [batch.column(name).to_pylist() for name in ("submission_id", "sender", "recipients", "members")]
            texts = batch.column("text").to_pylist()
            is_privileged = [
                keywords.privileged([(sender, *recipients, *members)], [text], listed[id_])[0]
                for id_, sender, recipients, members, text in zip(*columns, texts, strict=True)
            ]
            yield batch.set_column(place, batch.schema.field(place), pa.array(is_privileged))

    return judge
