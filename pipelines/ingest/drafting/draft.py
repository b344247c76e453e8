"""The draft of a sender's layout: its feeds, what is asked of it as a whole, and whether its feeds name each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from pipelines.ingest.drafting import columns, feed_draft, probe, vocabulary
from pipelines.ingest.drafting.feed_draft import FeedDraft
from pipelines.ingest.drafting.table import Question
from schemas import bronze
from schemas.layouts import layouts
from schemas.layouts.fields import FIELDS

FORCE_FEEDS = tuple(feed for feed in bronze.FEEDS if feed in (
    "reports", "nominals", "report_links", "investigations", "missing_episodes"
))  # fmt: skip
# Where a feed's keys are those of another: field -> the feed that says which there are.
_HOME = {"urn": "reports", "person_ref": "nominals"}
_LINKED = 0.5  # share of a feed's keys that the other feed has, below which the columns may be the wrong ones
_ENOUGH = 5  # different keys from which that share says something


@dataclass
class Draft:
    """A sender's draft. `force` is None where no code list has its name; `unplaced` are files of no known feed."""

    sender: str
    name: str
    force: str | None
    feeds: list[FeedDraft] = field(default_factory=list)
    questions: list[Question] = field(default_factory=list)
    unplaced: dict[str, str] = field(default_factory=dict)  # file -> why

    def all_questions(self) -> list[Question]:
        """Every question with its full key, those of the sender first."""
        from_feeds = [_within(feed.name, question) for feed in self.feeds for question in feed.questions]
        return [*self.questions, *from_feeds]


def _within(feed: str, question: Question) -> Question:
    return Question(f"feeds.{feed}.{question.key}".rstrip("."), question.text, question.options, question.must)


def draft(
    sender: str,
    name: str,
    force: str | None,
    files: Mapping[str, Sequence[Path]],
    sources: Mapping[str, layouts.Source],
    guessed: Mapping[str, str] | None = None,
) -> Draft:
    """The draft of a sender's layout.

    Args:
        sender: its folder in the landing zone.
        name: as people call it.
        force: its code; None: it is asked.
        files: paths by feed.
        sources: the layouts that words are learnt from.
        guessed: feeds that only their files' columns tell, with a sentence each.
    """
    made = Draft(sender, name, force)
    if force is None:
        made.questions.append(Question("force", 'two characters, quoted: the Home Office code ("36"), or two letters'))
    made.questions.append(
        Question(
            "time_zone",
            "by which clock does the system write times that carry no offset?",
            ("Europe/London", "UTC"),
        )
    )
    for feed in bronze.FEEDS:
        if feed not in files:
            continue
        one = feed_draft.draft(feed, files[feed], vocabulary.of_feed(feed, sources))
        if feed in (guessed or {}):
            one.questions.insert(0, Question("", (guessed or {})[feed], must=False))
        made.feeds.append(one)
    _lift_references(made)
    _compare_keys(made)
    _suggest_encoding(made)
    return made


def guess(path: Path, sources: Mapping[str, layouts.Source]) -> tuple[list[str], int]:
    """Feeds of a force whose columns a file's are most like, and how many of their fields they name.

    Empty where no name of a column is known, several where they are equally like.
    """
    table = probe.probe(path).table
    scores: dict[str, float] = {}
    for feed in FORCE_FEEDS:
        words = vocabulary.of_feed(feed, sources)
        found = columns.mapped(feed, table, words).sure
        required = [name for name, field in FIELDS[feed].items() if field.is_required and name != "scheme"]
        n_required = sum(name in found for name in required)
        scores[feed] = len(found) + n_required / len(required)
    best = max(scores.values())
    return ([feed for feed, score in scores.items() if score == best], int(best)) if best >= 1 else ([], 0)


def _lift_references(made: Draft) -> None:
    """Asks once, of the sender, whether case counts in its keys."""
    for feed in made.feeds:
        asked = [question for question in feed.questions if question.key == "references"]
        feed.questions = [question for question in feed.questions if question.key != "references"]
        if not any(question.key == "references" for question in made.questions):
            made.questions += asked


def _suggest_encoding(made: Draft) -> None:
    """Where some feeds are plain ASCII and all others of one encoding, that is proposed for the former."""
    told = {str(feed.keys["encoding"]) for feed in made.feeds if "encoding" in feed.keys and not feed.is_plain}
    for feed in made.feeds:
        if feed.is_plain and len(told) == 1 and told != {"utf-8"}:
            text = "these files are plain ASCII and could be either; other feeds of the sender are not utf-8"
            feed.questions.append(Question("encoding", text, (next(iter(told)),), must=False))


def _compare_keys(made: Draft) -> None:
    """Asks where a feed's references lead nowhere: the column is another's, or the files are of different days."""
    by_name = {feed.name: feed for feed in made.feeds}
    for feed in made.feeds:
        for name, home_name in _HOME.items():
            home = by_name.get(home_name)
            if home is None or home is feed or name not in FIELDS[feed.name]:
                continue
            known = _keys_of(home, home.columns.sure.get(name) or next(iter(home.columns.proposed.get(name, [])), None))
            if name not in feed.columns.sure:
                _propose_by_keys(feed, name, known)
                continue
            column = feed.columns.sure[name]
            own = _keys_of(feed, column)
            share = len(own & known) / max(1, len(own))
            if len(own) >= _ENOUGH and known and share < _LINKED:
                text = (
                    f"only {share:.0%} of the keys in {column} are among those of {home_name}: is it the right column, "
                    "or are the files of different days?"
                )
                feed.questions.append(Question(f"columns.{name}", text, (column,), must=False))


def _keys_of(feed: FeedDraft, column: str | None) -> set[str]:
    return {value.upper() for value in columns.texts(feed.table, column)} if column is not None else set()


def _propose_by_keys(feed: FeedDraft, name: str, known: set[str]) -> None:
    """Proposes the column that holds most of another feed's keys for that feed's key, and for no other field."""
    taken = feed.columns.sure.values()
    keys = {column: _keys_of(feed, column) for column in feed.table.columns if column not in taken}
    shares = {column: len(own & known) / len(own) for column, own in keys.items() if len(own) >= _ENOUGH}
    best = max(shares, key=lambda column: shares[column], default=None)
    if best is None or shares[best] < _LINKED:
        return
    for other, proposed in feed.columns.proposed.items():
        feed.columns.proposed[other] = [column for column in proposed if column != best] if other != name else [best]
    feed.columns.proposed[name] = [best]
    for n, question in enumerate(feed.questions):
        field = question.key.partition(".")[2]
        if question.key.startswith("columns.") and field in feed.columns.proposed:
            text = f"{best} holds keys that the other feed has; it is required" if field == name else question.text
            feed.questions[n] = replace(question, text=text, options=tuple(feed.columns.proposed[field]))
