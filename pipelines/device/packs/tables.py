"""Claims of a night's messages, address books and pictures, and the packs that all claims of a submission make."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from functools import reduce
from typing import Any

import pyarrow as pa
from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F
from pyspark.sql import types as T
from pyspark.sql.pandas.types import to_arrow_schema

from pipelines.device import privilege
from pipelines.device.packs import accounts, claims, routing
from pipelines.device.packs.accounts import Claim, Pack
from schemas import codes, device

Batches = Callable[[Iterable[pa.RecordBatch]], Iterator[pa.RecordBatch]]
_Found = tuple[str | None, str, claims.Said, int]  # conversation, source, claim, row of the batch
Owners = Mapping[str, Sequence[str]]
_PLACE = ("night", "submission_id", "file", "member", "byte_from", "byte_to")
_SAID = (
    "app", "party", "is_owner", "said_by", "is_said_by_owner", "source", "kind", "value", "as_written", "start", "end",
    "text_key",
)  # fmt: skip
_OF_CLAIM = (
    "kind", "value", "as_written", "party", "is_owner", "said_by", "is_said_by_owner", "chat_id", "source", "source_id",
    "file", "member", "byte_from", "text_key",
)  # fmt: skip
_CLAIMS = T.StructType([T.StructField(f.name, f.dataType, True) for f in device.CLAIMS.struct()])
_OF_PACK = (
    "submission_id", "account_id", "app", "party", "linked", "status", "basis", "ages", "addresses", "leads", "gaps",
    "told_by", "evidence", "evidence_hash", "force",
)  # fmt: skip
PACKS = T.StructType(
    [T.StructField(f.name, f.dataType, True) for f in device.VICTIM_PACKS.struct() if f.name in _OF_PACK]
)
# How a picture is named that an application keeps for an account: by the number or handle.
_OF_ACCOUNT = (
    r"^(?:avatar[_-]|profile[_-])?(.+?)(?:@s\.whatsapp\.net)?(?:[_-](?:avatar|profile|[0-9]{9,13}))?"
    r"\.(?:j|jpe?g|png|webp|heic|thumb)$"
)
_HASHES = ("sha256", "sha1", "md5")  # what proves most comes first
# Proposals for the officer who grades: source not tested; known to it directly, indirectly, or not known how.
_GRADINGS = {"SELF": "2A", "OTHER": "2C", "NOT_KNOWN": "2D"}


def claims_of(messages: DataFrame, contacts: DataFrame, media: DataFrame, owners: Owners) -> DataFrame:
    """Rows of silver.device_claims.

    Args:
        messages, contacts, media: rows of silver.device_messages, device_contacts and device_media of the night.
        owners: by submission, numbers, handles and names of the device's owner.
    """
    folded = {id_: frozenset(map(claims.folded, names)) for id_, names in owners.items()}
    read = _with_asked(messages).where(F.col("text").isNotNull())
    said = read.select(
        *_PLACE, "message_id", "app", "chat_id", "sender", "sender_name", "direction", "text", "_asked",
        "is_forwarded", F.size("attachments").alias("_n_attachments"),
        F.concat("members", "recipients", F.array_compact(F.array("sender"))).alias("_parties"),
    ).mapInArrow(_of_messages(folded), _CLAIMS)  # fmt: skip
    noted = contacts.select(*_PLACE, "contact_id", "app", "name", "note", "phones", "handles")
    noted = noted.mapInArrow(_of_contacts(folded), _CLAIMS)
    pictures = _named(messages, media).unionByName(_entered(messages, contacts, media))
    made = said.unionByName(noted).unionByName(_of_pictures(pictures))
    return device.CLAIMS.conform(made.dropDuplicates(list(device.CLAIMS.key)))


def _with_asked(messages: DataFrame) -> DataFrame:
    """Messages with the one before of the conversation, if somebody else wrote it and the same terms hold both back."""
    in_chat = Window.partitionBy("submission_id", "file", "member", "chat_id").orderBy("byte_from")
    held = ("is_privileged", "privileged_by")
    before = F.lag(F.struct("sender", "direction", "text", *held)).over(in_chat)
    alike = reduce(Column.__and__, (before[name].eqNullSafe(F.col(name)) for name in held))
    other = ~before["direction"].eqNullSafe(F.col("direction"))
    return privilege.with_terms(messages).withColumn("_asked", F.when(alike & other, before["text"]))


def _of_messages(owners: Mapping[str, frozenset[str]]) -> Batches:
    def find(batch: dict[str, list[Any]], n: int) -> Iterator[_Found]:
        for k in range(n):
            for said in claims.of_message(
                batch["text"][k],
                app=batch["app"][k],
                sender=batch["sender"][k] or batch["sender_name"][k],
                direction=batch["direction"][k],
                parties=batch["_parties"][k],
                owners=owners.get(batch["submission_id"][k], frozenset()),
                is_forwarded=batch["is_forwarded"][k],
                has_attachment=batch["_n_attachments"][k] > 0,
                asked=batch["_asked"][k],
            ):
                yield batch["chat_id"][k], batch["message_id"][k], said, k

    return _batches(find)


def _of_contacts(owners: Mapping[str, frozenset[str]]) -> Batches:
    def find(batch: dict[str, list[Any]], n: int) -> Iterator[_Found]:
        for k in range(n):
            for said in claims.of_contact(
                batch["name"][k],
                batch["note"][k],
                app=batch["app"][k],
                phones=batch["phones"][k],
                handles=batch["handles"][k],
                owners=owners.get(batch["submission_id"][k], frozenset()),
            ):
                yield None, batch["contact_id"][k], said, k

    return _batches(find)


def _batches(find: Callable[[dict[str, list[Any]], int], Iterator[_Found]]) -> Batches:
    schema = to_arrow_schema(_CLAIMS, timezone="UTC")

    def made(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            columns = {name: batch.column(name).to_pylist() for name in batch.schema.names}
            rows = [
                {
                    **{name: columns[name][k] for name in _PLACE},
                    **{name: getattr(said, name) for name in _SAID},
                    "app": said.app or "",
                    "chat_id": chat_id,
                    "source_id": source_id,
                }
                for chat_id, source_id, said, k in find(columns, batch.num_rows)
                if said.party
            ]
            if rows:
                yield pa.RecordBatch.from_pylist(rows, schema)

    return made


def _accounts(messages: DataFrame) -> DataFrame:
    """Accounts that wrote to the owner: submission_id, app, _party."""
    party = F.lower(F.trim(F.coalesce("sender", "sender_name")))
    return messages.where("direction = 'IN'").select("submission_id", "app", party.alias("_party")).distinct()


def _named(messages: DataFrame, media: DataFrame) -> DataFrame:
    """Pictures that are named after an account of the submission: media with app and _party."""
    stem = F.regexp_extract(F.lower("name"), _OF_ACCOUNT, 1)
    party = F.when(stem.rlike("^[0-9]{8,15}$"), F.concat(F.lit("+"), stem)).otherwise(stem)
    return media.withColumn("_party", party).join(_accounts(messages), ["submission_id", "_party"])


def _entered(messages: DataFrame, contacts: DataFrame, media: DataFrame) -> DataFrame:
    """Pictures that an application's own list of people has for an account: media with app and _party.

    An entry names a file of its report. Where two pictures of the report have that name, it is neither.
    """
    report = ["submission_id", "file", "member"]
    entries = contacts.where("app IS NOT NULL").select(
        *report, "app", F.explode(F.concat("phones", "handles")).alias("_party"), "photos"
    )
    entries = entries.select(
        *report, "app", F.lower(F.trim("_party")).alias("_party"), F.explode("photos").alias("name")
    ).distinct()
    alike = Window.partitionBy(*report, "name")
    one = media.withColumn("_n", F.size(F.collect_set(_hash_of()).over(alike))).where("_n = 1").drop("_n")
    met = one.join(entries, [*report, "name"])
    return met.join(_accounts(messages), ["submission_id", "app", "_party"], how="left_semi")


def _hash_of() -> Column:
    return F.coalesce(*(F.concat(F.lit(f"{name}:"), F.col(name)) for name in _HASHES))


def _of_pictures(pictures: DataFrame) -> DataFrame:
    """Claims of pictures that stand for an account, by their hashes. None is opened."""
    best = _hash_of()
    text, none = F.lit(None).cast("string"), F.lit(0)
    return pictures.where(best.isNotNull()).select(
        *_PLACE, F.lit(accounts.PICTURE).alias("source"), F.col("media_id").alias("source_id"), text.alias("chat_id"),
        F.coalesce("app", F.lit("")).alias("app"), F.col("_party").alias("party"), F.lit(False).alias("is_owner"),
        text.alias("said_by"), F.lit(True).alias("is_said_by_owner"), F.lit(accounts.PICTURE).alias("kind"),
        best.alias("value"), best.alias("as_written"), none.alias("start"), none.alias("end"),
        F.substring(F.sha2(best, 256), 1, 16).alias("text_key"),
    )  # fmt: skip


def readable(claims_: DataFrame, messages: DataFrame, decisions: DataFrame) -> DataFrame:
    """Claims without those of messages that are held back (`pipelines.device.privilege`)."""
    held = privilege.judged(messages, decisions).where(privilege.HELD)
    held = held.select("night", F.col("message_id").alias("source_id"))
    return claims_.join(held, ["night", "source_id"], how="left_anti")


def packs_of(claims_: DataFrame, places: routing.Table, by: str = "submission_id") -> DataFrame:
    """A pack per account of a child, with the force it goes to: `PACKS`, with whatever else `by` names.

    Args:
        claims_: claims that may be read, with the column `by`, of which each value is of one submission.
        places: postcodes and their forces.
    """
    schema = T.StructType([*PACKS.fields, T.StructField("_by", T.StringType())])
    columns = ["submission_id", "source_id", "chat_id", "file", "member", "byte_from", *_SAID]
    rows = claims_.select(F.col(by).alias("_by"), *columns)
    return rows.groupBy("_by").applyInArrow(_assembling(places), schema)


def _assembling(places: routing.Table) -> Callable[[pa.Table], pa.Table]:
    schema = to_arrow_schema(T.StructType([*PACKS.fields, T.StructField("_by", T.StringType())]), timezone="UTC")

    def assemble(table: pa.Table) -> pa.Table:
        by, submission_id = (table.column(name)[0].as_py() for name in ("_by", "submission_id"))
        made = accounts.packs([_claim(row) for row in table.to_pylist()])
        return pa.Table.from_pylist([{**_row(pack, submission_id, places), "_by": by} for pack in made], schema)

    return assemble


def _claim(row: Mapping[str, Any]) -> Claim:
    return Claim(**{name: row[name] for name in _OF_CLAIM}, app=row["app"] or None)


def _row(pack: Pack, submission_id: str, places: routing.Table) -> dict[str, Any]:
    return {
        "submission_id": submission_id,
        "account_id": pack.account_id(submission_id),
        "app": pack.account.app,
        "party": pack.account.party,
        "linked": [f"{account} ({why})" for account, why in pack.linked],
        "status": pack.status,
        "basis": pack.basis,
        "ages": list(pack.ages),
        "addresses": list(pack.addresses),
        "leads": list(pack.leads),
        "gaps": list(pack.gaps),
        "told_by": list(pack.told_by),
        "evidence": [_evidence(claim, pack) for claim in pack.evidence],
        "evidence_hash": evidence_hash(pack),
        "force": routing.route(pack.postcodes, places),
    }


def _evidence(claim: Claim, pack: Pack) -> dict[str, Any]:
    return {
        **{name: getattr(claim, name) for name in (
            "kind", "value", "as_written", "said_by", "source", "source_id", "file", "member", "byte_from",
        )},
        "account": f"{claim.app or 'any application'}: {claim.party}",
        "grading": _GRADINGS[_known_how(claim, pack)],
    }  # fmt: skip


def _known_how(claim: Claim, pack: Pack) -> str:
    if claim.said_by is None or claim.source in (accounts.FORWARDED, accounts.CAPTION):
        return "NOT_KNOWN"
    own = {pack.account.party, *(account.party for account, _ in pack.linked)}
    return "SELF" if claims.folded(claim.said_by) in own else "OTHER"


def evidence_hash(pack: Pack) -> str:
    """Hash of what a decision is taken on: what is said and proved, not how often."""
    said = sorted({(claim.kind, claim.value) for claim in pack.evidence})
    whole = json.dumps([pack.status, pack.addresses, said, [str(account) for account, _ in pack.linked]])
    return hashlib.sha256(whole.encode()).hexdigest()


def with_word(rows: DataFrame, places: routing.Table) -> DataFrame:
    """Packs with the address that the reviewer confirms in the reason, and the force that it belongs to."""
    schema = to_arrow_schema(rows.schema, timezone="UTC")

    def judge(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            yield pa.RecordBatch.from_pylist([{**row, **by_word(row, places)} for row in batch.to_pylist()], schema)

    return rows.mapInArrow(judge, rows.schema)


def by_word(row: Mapping[str, Any], places: routing.Table) -> dict[str, Any]:
    """What a reviewer's word changes of a pack; nothing where the reason confirms no address."""
    told = re.match(codes.ADDRESS_CONFIRMED, row["reason"] or "", re.IGNORECASE)
    if told is None:
        return {}
    postcode = f"{told['out']} {told['in']}".upper()
    house = " ".join(told["house"].upper().split()).rstrip(",")
    return {
        "status": accounts.CONFIRMED,
        "basis": accounts.BY_PERSON,
        "addresses": [f"{house}|{postcode}"],
        "force": routing.route([postcode], places),
    }


def known_pictures(messages: DataFrame, media: DataFrame, known: DataFrame) -> DataFrame:
    """Known pictures that hang on messages, by submission, application and party: category and how many.

    Those that are only like a listed one are counted apart, unless they are listed themselves.

    Args:
        messages, media, known: silver.device_messages that may be read, silver.device_media, gold.device_known_media.
    """
    hashes = F.array_compact(F.array(*_HASHES))
    is_alike = F.col("hash_kind").eqNullSafe(F.lit("PDQ")).alias("_is_alike")
    listed = media.join(known.select("night", "media_id", "category", is_alike).distinct(), ["night", "media_id"])
    listed = listed.select("submission_id", "category", "_is_alike", F.explode(hashes).alias("_hash")).distinct()
    itself = Window.partitionBy("submission_id", "_hash")
    listed = listed.withColumn("_is_listed", F.min("_is_alike").over(itself) == F.lit(False))
    listed = listed.where("NOT _is_alike OR NOT _is_listed")
    hung = messages.select(
        "submission_id", "content_key", "app", F.explode("attachments").alias("_a"),
        F.concat("recipients", F.array_compact(F.array("sender"))).alias("_parties"),
    )  # fmt: skip
    met = hung.withColumn("_hash", F.lower("_a.hash")).join(listed, ["submission_id", "_hash"])
    each = met.withColumn("party", F.explode(F.transform("_parties", lambda p: F.lower(F.trim(p)))))
    counted = each.groupBy(
        "submission_id", F.coalesce("app", F.lit("")).alias("app"), "party", "category", "_is_alike"
    ).agg(F.countDistinct("content_key", "_hash").alias("_n"))
    return counted.groupBy("submission_id", "app", "party").agg(
        F.sort_array(F.collect_list(_category())).alias("known_pictures")
    )


def _category() -> Column:
    letters = F.try_element_at(
        F.create_map(*(F.lit(x) for pair in ((1, "A"), (2, "B"), (3, "C")) for x in pair)), F.col("category")
    )
    named = F.coalesce(F.concat(F.lit("category "), letters), F.lit("not categorised"))
    named = F.concat(F.when(F.col("_is_alike"), "like one of ").otherwise(""), named)
    return F.concat_ws(": ", named, F.col("_n").cast("string"))


def owners_of(submissions: DataFrame, night: date) -> dict[str, list[str]]:
    """Numbers, handles and names of the owners of a night's devices, by submission."""
    rows = submissions.where(F.col("night") == F.lit(night)).select("submission_id", "owner", "owner_identifiers")
    return {row.submission_id: [*row.owner_identifiers, *filter(None, [row.owner])] for row in rows.collect()}
