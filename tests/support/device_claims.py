"""Planted conversations as the claims that the readers' rows give, without Spark."""

from __future__ import annotations

from collections.abc import Iterator

from pipelines.device.packs import claims
from pipelines.device.packs.accounts import Claim
from pipelines.synthesis.device import children

OWNER = "+447700900691"
OWNERS = frozenset({OWNER, "device owner"})


def of_world(planted: children.Planted) -> list[Claim]:
    """Claims of all conversations and address-book entries, each with a place of its own."""
    return [
        Claim(
            said.kind, said.value, said.as_written, said.party, said.app, said.is_owner, said.said_by,
            said.is_said_by_owner, chat, said.source, source_id, "handset", "report.xml", place, said.text_key,
        )
        for place, (chat, source_id, said) in enumerate(_said(planted))
    ]  # fmt: skip


def _said(planted: children.Planted) -> Iterator[tuple[str | None, str, claims.Said]]:
    for n, talk in enumerate(planted.conversations):
        app, before = talk.app.lower(), None
        for k, each in enumerate(talk.messages):
            sender = each.by or OWNER
            asked = before.text if before and before.by != each.by else None
            for said in claims.of_message(
                each.text, app=app, sender=sender, direction="IN" if each.by else "OUT", parties=(talk.party, OWNER),
                owners=OWNERS, is_forwarded=each.is_forwarded, has_attachment=each.picture is not None, asked=asked,
            ):  # fmt: skip
                yield f"{app}/{talk.party}", f"m{n}.{k}", said
            before = each
        if talk.note:
            noted = claims.of_contact("Entry", talk.note, app=None, phones=(talk.party,), handles=(), owners=OWNERS)
            yield from ((None, f"c{n}", said) for said in noted)
