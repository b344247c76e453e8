"""The notebook of a seized device: what was read and what not, conversations, accounts and wallets, the queue.

Rows come by `session.read_logged`. Privileged messages are counted, and read where they stand released.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.pages import charts, highlighting, markup, notebook
from jobs.pages import html as pages_html
from pipelines.common import folding
from pipelines.device import privilege, referrals
from schemas import device, gold
from schemas.errors import NotFoundError

Row = Mapping[str, Any]
READ_WORDS = {"READ": "read", "HASHED": "hashed only", "UNKNOWN": "unknown", "FAILED": "failed"}
N_SHOWN = 300  # messages of a conversation on one page
_CALL = "CALL"  # in the timeline, beside the directions of messages
_COUNTS_OF_LISTS = ("n_items", "n_pdq", "n_pdq_unrated")


@dataclass
class Device:
    """One submission before one reader."""

    session: notebook.NotebookSession
    night: date
    reader: str
    submission: dict[str, Any]
    files: list[dict[str, Any]]
    n_messages: int
    n_distinct: int
    n_privileged: int  # held back
    n_released: int

    @property
    def id(self) -> str:
        return str(self.submission["submission_id"])

    def all_messages(self) -> DataFrame:
        """Its messages, those that are held back among them: for whoever asks which may be read."""
        known = self.session.ctx.known(self.night)
        return known.until(device.MESSAGES).where(F.col("submission_id") == F.lit(self.id))

    def messages(self) -> DataFrame:
        """Its messages that may be read."""
        return privilege.readable(self.all_messages(), self.decisions())

    def decisions(self) -> DataFrame:
        """Decisions as they stand today, whatever the night of the page: what was taken back is not shown again."""
        return self.session.ctx.known().until(gold.DECISIONS)

    def read(self, rows: DataFrame, what: str, limit: int = notebook.MAX_ROWS) -> list[dict[str, Any]]:
        return self.session.read_logged(rows, f"{what} of {self.id}", self.reader, limit=limit)


def open_device(
    session: notebook.NotebookSession, *, submission: str = "", night: str = "", reader: str = ""
) -> Device:
    """A submission, the newest where none is named, with its files and counts.

    Raises:
        NotFoundError: no such submission, or none at all.
    """
    who = session.user(reader)
    day = date.fromisoformat(night) if night else None
    known = session.ctx.known(day)
    listed = known.until(device.SUBMISSIONS)
    if submission:
        listed = listed.where(F.col("submission_id") == F.lit(submission))
    newest = session.read_logged(
        listed.orderBy(F.col("night").desc(), F.col("refused").isNotNull(), "submission_id"),
        "bronze.device_submissions", who, limit=1,
    )  # fmt: skip
    if not newest:
        raise NotFoundError(f"No submission {submission} is known." if submission else "No device was submitted yet.")
    chosen = newest[0]
    mine = F.col("submission_id") == F.lit(chosen["submission_id"])
    today = session.ctx.known().until(gold.DECISIONS)
    counted = privilege.judged(known.until(device.MESSAGES).where(mine), today)
    counts = session.read_logged(
        counted.agg(
            F.count("*").alias("n"),
            F.countDistinct("content_key").alias("n_distinct"),
            F.count_if(privilege.HELD).alias("n_privileged"),
            F.count_if(F.expr(f"is_privileged AND NOT {privilege.HELD}")).alias("n_released"),
        ),
        f"counts of silver.device_messages of {chosen['submission_id']}",
        who,
    )[0]
    files = session.read_logged(
        known.until(device.FILES).where(mine).orderBy(F.col("reason").isNull(), "status", "file", "member"),
        f"bronze.device_files of {chosen['submission_id']}",
        who,
    )
    return Device(
        session, known.night, who, chosen, files, counts["n"], counts["n_distinct"], counts["n_privileged"],
        counts["n_released"],
    )  # fmt: skip


def header(opened: Device) -> markup.Html:
    """Under which authority it came, and its figures."""
    said = opened.submission
    facts = [
        ("Submission", opened.id),
        ("Authority", said["authority"]),
        ("Purpose", said["purpose"]),
        ("Exhibits", ", ".join(said["exhibits"])),
        ("Owner", said["owner"]),
    ]
    if said["refused"]:
        why = f"Nothing of it was read: {said['refused']}. {said['detail'] or ''}"
        return pages_html.block(pages_html.facts(facts), pages_html.notice(why, "warn"))
    by_status = Counter(row["status"] for row in opened.files)
    figures = [(len(opened.files), "files"), *((by_status[each], words) for each, words in READ_WORDS.items())]
    messages = [
        (opened.n_messages, "messages"),
        (opened.n_distinct, "different ones"),
        (opened.n_privileged, "privileged, held back"),
        *([(opened.n_released, "privileged, released")] if opened.n_released else []),
    ]
    return pages_html.block(pages_html.facts(facts), pages_html.cards([*figures, *messages]))


def what_was_read(opened: Device) -> markup.Html:
    """Every file and what became of it; first those that were not wholly read, under a warning."""
    partly = [row for row in opened.files if row["reason"]]
    heads = ("File", "What became of it", "Why", "Stopped at byte", "Messages", "Loaded", "Twice", "Refused", "Bytes")
    rows = [
        (
            " \N{RIGHTWARDS ARROW} ".join(filter(None, (row["file"].rsplit("/", 1)[-1], row["member"]))),
            READ_WORDS[row["status"]],
            row["detail"] or "",
            "" if row["stopped_byte"] is None else f"{row['stopped_byte']:,}",
            *(f"{row[name]:,}" for name in ("n_messages", "n_loaded", "n_duplicate", "n_quarantined")),
            "" if row["n_bytes"] is None else f"{row['n_bytes']:,}",
        )
        for row in opened.files
    ]
    unread = sum(row["status"] == "UNKNOWN" for row in opened.files)
    untaken = f"Of a kind that no reader takes, hashed and not searched: {unread}."
    wholly = "Every file that a reader takes was read to its end."
    some = "1 file was" if len(partly) == 1 else f"{len(partly)} files were"
    warning = f"{some} not wholly read. What else is in there, nothing here shows."
    return pages_html.block(
        pages_html.notice(warning, "warn") if partly else pages_html.notice(wholly, "good"),
        pages_html.remark(untaken) if unread else "",
        pages_html.table(heads, rows),
    )


def conversations(opened: Device) -> markup.Html:
    """Conversations by the number of their messages."""
    chats = (
        opened.messages()
        .groupBy("app", "chat_id", "chat_name")
        .agg(
            F.count("*").alias("n"),
            F.sum(F.col("is_deleted").cast("int")).alias("n_deleted"),
            F.min("sent_at").alias("first_at"),
            F.max("sent_at").alias("last_at"),
            F.array_sort(F.array_distinct(F.flatten(F.collect_set("members")))).alias("members"),
        )
    )
    rows = opened.read(chats.orderBy(F.col("n").desc(), "app", "chat_id"), "conversations")
    return pages_html.block(conversations_table(rows))


def conversations_table(rows: Sequence[Row]) -> markup.Html:
    """Conversations as they are shown."""
    heads = ("Conversation", "Application", "With", "Messages", "Deleted", "First", "Last")
    told = [
        (
            row["chat_name"] or row["chat_id"] or "no conversation",
            row["app"] or "",
            ", ".join(row["members"][:6]),
            f"{row['n']:,}",
            f"{row['n_deleted']:,}",
            _when(row["first_at"]),
            _when(row["last_at"]),
        )
        for row in rows
    ]
    return pages_html.table(heads, told)


def conversation(opened: Device, chat: str = "", words: str = "") -> markup.Html:
    """Messages of one conversation, the longest where none is named, or of all that hold `words`; in order of time."""
    rows = opened.messages()
    if chat:
        rows = rows.where((F.col("chat_id") == F.lit(chat)) | (F.col("chat_name") == F.lit(chat)))
    elif not words:
        longest = rows.groupBy("chat_id").count().orderBy(F.col("count").desc(), "chat_id").limit(1)
        rows = rows.join(longest.select("chat_id"), "chat_id")
    if words:  # as people type: whatever case; what is marked below is the same text folded further
        rows = rows.where(F.lower("text").contains(words.lower()))
    what = f"messages with {chat or 'the longest conversation' if not words else 'certain words'}"
    shown = opened.read(rows.orderBy("sent_at", "file", "member", "byte_from").limit(N_SHOWN), what, N_SHOWN)
    if not shown:
        return pages_html.block(pages_html.notice("No message that may be read is like that."))
    return pages_html.block(messages_table(shown, words))


def messages_table(rows: Sequence[Row], words: str = "", opened: str = "", terms: Sequence[Row] = ()) -> markup.Html:
    heads = ("When (UTC)", "Who", "What", "Where it stands")
    told = []
    for row in rows:
        marked = _marked(row["text"] or "", words)
        if row["message_id"] == opened:
            spans = [highlighting.Span(t["start"], t["end"], 1.0, t["text"]) for t in terms if t["kind"] == "term"]
            marked = highlighting.highlight(row["text"] or "", spans)
        flags = [name for name in ("deleted", "edited", "forwarded") if row[f"is_{name}"]]
        attached = [pages_html.chip(each["name"] or each["type"] or "attachment") for each in row["attachments"]]
        place = f"{row['member'] or row['file'].rsplit('/', 1)[-1]}, bytes {row['byte_from']:,} to {row['byte_to']:,}"
        told.append(
            (
                _when(row["sent_at"]),
                row["sender_name"] or row["sender"] or ("the application" if row["direction"] == "SYSTEM" else "?"),
                markup.join(marked, *attached, *(pages_html.chip(flag, "flag") for flag in flags)),
                place,
            )
        )
    return pages_html.table(heads, told)


def _marked(text: str, words: str) -> markup.Html:
    """The text with the words marked that were looked for."""
    wanted, spans = folding.fold(words).strip(), []
    if wanted:
        folded, origins = folding.fold(text), folding.Origins(text)
        at = folded.find(wanted)
        while at >= 0:
            if span := origins.span(at, at + len(wanted)):
                spans.append(highlighting.Span(*span, 1.0))
            at = folded.find(wanted, at + len(wanted))
    return highlighting.highlight(text, spans)


def _when(at: datetime | None) -> str:
    return at.strftime("%d %b %Y %H:%M:%S") if at else "not known"


def accounts(opened: Device) -> markup.Html:
    """Different accounts, wallets and identities, each with what its checksum says and where it stands first."""
    mentions = opened.session.ctx.known(opened.night).until(device.IDENTIFIERS)
    own = mentions.where(F.col("submission_id") == F.lit(opened.id))
    different = referrals.values(own, opened.all_messages(), opened.decisions())
    rows = opened.read(different.orderBy("kind", F.col("n_messages").desc(), "value"), "identifiers")
    if not rows:
        return pages_html.block(pages_html.notice("No account, wallet or identity is mentioned in what was read."))
    return pages_html.block(accounts_table(rows))


def accounts_table(rows: Sequence[Row]) -> markup.Html:
    """Identifiers as they are shown: how many of each kind, then each."""
    counts = Counter(row["kind"] for row in rows)
    note = (
        "A value is a reason to look, and names nobody: who told it need not hold it. Unverifiable: no table of the "
        "banks says whether it is an account."
    )
    figures = [(n, kind.replace("_", " ").lower()) for kind, n in counts.most_common()]
    return markup.join(pages_html.cards(figures), pages_html.remark(note), values_table(rows))


def values_table(rows: Sequence[Row]) -> markup.Html:
    """Different values: rows of `pipelines.device.referrals.values`."""
    told = [
        (
            row["kind"].replace("_", " ").lower(),
            row["value"],
            row["status"].replace("_", " ") + (", repaired" if row["is_repaired"] else ""),
            f"{row['n_messages']:,}",
            ", ".join((row["names"] or row["told_by"])[:4]) or "not known",
            f"{row['first_member'] or row['first_file'].rsplit('/', 1)[-1]}, byte {row['first_byte']:,}",
        )
        for row in rows
    ]
    return pages_html.table(("Kind", "Value", "Checksum", "Messages", "Told by", "First stands in"), told)


def known_media(opened: Device) -> markup.Html:
    """Pictures that stand in the submission's lists of known ones, by list and category; and lists not wholly taken."""
    mine, known = F.col("submission_id") == F.lit(opened.id), opened.session.ctx.known(opened.night)
    lists = opened.read(known.until(device.HASH_LISTS).where(mine).orderBy("night", "list_name"), "hash lists")
    if not lists:
        return pages_html.block(pages_html.notice("The submission brought no list of known pictures."))
    is_alike = F.col("hash_kind") == F.lit("PDQ")
    counted = (
        known.until(device.KNOWN_MEDIA)
        .where(mine)
        .groupBy("list_name", "category")
        .agg(
            F.countDistinct(F.when(~is_alike, F.col("media_id"))).alias("n"),
            F.countDistinct(F.when(is_alike, F.col("media_id"))).alias("n_alike"),
        )
    )
    rows = opened.read(counted.orderBy("list_name", "category"), "known pictures")
    partly = [row for row in lists if row["stopped"] or row["n_refused"]]
    warnings = [
        pages_html.notice(f"{row['list_name']}: {row['n_refused']:,} items refused. {row['stopped'] or ''}", "warn")
        for row in partly
    ]
    told = [
        (
            row["list_name"],
            "none" if row["category"] is None else str(row["category"]),
            f"{row['n']:,}",
            f"{row['n_alike']:,}",
        )
        for row in rows
    ]
    n_items, n_pdq, n_unrated = (sum(row.get(name) or 0 for row in lists) for name in _COUNTS_OF_LISTS)
    note = (
        f"Compared with {n_items:,} items by MD5 and SHA-1, and with {n_pdq:,} of them by PDQ, where the export has"
        f" such hashes. Of {n_unrated:,} the list does not tell the quality: they are compared with those whose quality"
        " the export tells. Alike is not the same: a person looks. No picture is opened."
    )
    heads = ("List", "Category", "Files on the device", "Only alike")
    return pages_html.block(*warnings, pages_html.remark(note), pages_html.table(heads, told))


@charts.styled
def timeline(opened: Device) -> markup.Html:
    """Messages in and out per day, and calls."""
    calls = opened.session.ctx.known(opened.night).until(device.CALLS).where(F.col("submission_id") == F.lit(opened.id))
    at = opened.messages().select(F.col("sent_at").alias("at"), "direction")
    at = at.unionByName(calls.select(F.col("started_at").alias("at"), F.lit(_CALL).alias("direction")))
    days = at.where("at IS NOT NULL").groupBy(F.to_date("at").alias("day"), "direction").count()
    rows = opened.read(days.orderBy("day", "direction"), "messages and calls per day")
    if not rows:
        return pages_html.remark("no message or call says when it was")
    figure, axes = charts.axes(900, 200)
    shown = (("OUT", 1, charts.ACCENT, "sent"), ("IN", -1, charts.COLOURS[1], "received"))
    for direction, sign, colour, words in shown:
        mine = [row for row in rows if row["direction"] == direction]
        axes.bar([r["day"] for r in mine], [sign * r["count"] for r in mine], color=colour, label=words, width=0.9)
    if called := [row for row in rows if row["direction"] == _CALL]:
        counts = [row["count"] for row in called]
        axes.plot([row["day"] for row in called], counts, "o", color=charts.COLOURS[2], markersize=4, label="calls")
    axes.axhline(0, color=charts.LINE, linewidth=0.8)
    axes.legend(frameon=False, loc="upper left")
    axes.yaxis.set_major_formatter(lambda value, _: f"{abs(value):.0f}")
    charts.days(axes)
    return pages_html.block(charts.svg(figure, "messages and calls per day"))
