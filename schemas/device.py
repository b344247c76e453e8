"""Seized devices: what a submission brought, what could be read of it, and what was found in it.

A submission is the export of one or more exhibits under one authority. It is not communications data: it comes under
the authority of the seizure, which every row carries through its submission. Evidence is counted twice where two
devices hold the same message, and one message in counts: rows of one message share `content_key`.

Every row says where it stands: `file` below the landing zone, `member` inside it where it is an archive, and bytes of
that (member's) content, so that a person with the export finds it again.
"""

from __future__ import annotations

from schemas import bronze, codes, shared_columns
from schemas.contract import BOOLEAN, DOUBLE, INSTANT, INT, LONG, STRING, Column, Table, array, required, struct

FILE_STATES = ("READ", "HASHED", "UNKNOWN", "FAILED")
FILE_REASONS = (
    "CUT", "DAMAGED", "PASSWORD", "BOMB", "UNSAFE_NAME", "LINK", "TOO_LARGE", "AMBIGUOUS_DATES", "UNREADABLE", "SECRET",
    "NOT_INSTALLED",
)  # fmt: skip
REFUSED_FOR = ("NO_MANIFEST", "BAD_MANIFEST", "BAD_LIST", "UNREADABLE")
DIRECTIONS = ("IN", "OUT", "SYSTEM")  # seen from the device's owner; SYSTEM: the app itself wrote it
CALL_KINDS = ("VOICE", "VIDEO", "UNKNOWN")
CALL_STATES = ("ANSWERED", "MISSED", "REJECTED", "UNKNOWN")
IDENTIFIER_KINDS = (
    "UK_ACCOUNT", "IBAN", "CARD", "BTC", "ETH", "TRON", "LTC", "XMR", "XRP", "DOGE", "BCH",
    "EMAIL", "PHONE", "HANDLE", "NINO", "NHS_NUMBER",
)  # fmt: skip
FINANCE_KINDS = IDENTIFIER_KINDS[: IDENTIFIER_KINDS.index("EMAIL")]  # accounts and wallets: what money moves through
IDENTIFIER_STATES = ("checksum_ok", "checksum_bad", "no_checksum", "unverifiable")
HASH_LIST_FORMS = ("VICS 2.0", "VICS 1.3", "CAID")
HASH_KINDS = ("SHA1", "MD5", "PDQ")  # what proves more comes first
CLAIM_KINDS = ("AGE", "ADDRESS", "POSTCODE", "STREET", "SCHOOL", "TOWN", "PHONE", "HANDLE", "PICTURE")
CLAIM_SOURCES = ("MESSAGE", "CAPTION", "FORWARDED", "CONTACT", "PICTURE")
PACK_STATES = ("address_confirmed", "line_of_enquiry", "unresolved")
TERM_KINDS = ("WORD", "PHRASE", "STEM", "REGEX")
SUBMISSION = rf"(?:{codes.FORCE_PATTERN}):[^/]+"

ATTACHMENT = struct(name=STRING, type=STRING, hash=STRING)

_WHERE = {
    "submission_id": required(STRING, "force code, colon, folder of the submission", pattern=SUBMISSION),
    "file": required(STRING, "file below the landing zone"),
    "member": required(STRING, "path inside the file where it is an archive; empty for the file itself"),
    "byte_from": required(LONG, "first byte of the record in the (member's) content", minimum=0, unit="bytes"),
    "byte_to": required(LONG, "byte after its last", minimum=0, unit="bytes"),
    "reader": required(STRING, "reader and its version"),
}

SUBMISSIONS = Table(
    path="bronze.device_submissions",
    doc="One row per submission that arrived: its authority, what was expected of it, or why it was refused whole.",
    key=("night", "submission_id"),
    columns={
        "night": shared_columns.NIGHT,
        "submission_id": required(STRING, "force code, colon, folder of the submission", pattern=SUBMISSION),
        "force": required(STRING, "Home Office force code", pattern=codes.FORCE_PATTERN),
        "folder": required(STRING, "folder below the landing zone"),
        "authority": Column(STRING, "warrant, power or consent under which the device was examined"),
        "purpose": Column(STRING, "what the examination is for"),
        "exhibits": required(array(STRING), "exhibit ids"),
        "owner": Column(STRING, "whose device it is, as the submission says", is_personal=True),
        "owner_identifiers": required(
            array(STRING), "numbers and handles of the owner, as the submission says", is_personal=True
        ),
        "languages": required(array(STRING), "languages expected, as ISO 639-1 codes"),
        "keyword_lists": required(array(STRING), "files with the terms that are looked for"),
        "privileged": Column(STRING, "file with what is held back from view"),
        "manifest_hash": Column(STRING, "SHA-256 of submission.yaml", pattern=bronze.SHA256),
        "refused": Column(STRING, "why nothing of it was read", among=REFUSED_FOR),
        "detail": Column(STRING, "the refusal in words, without personal data"),
        "changed_ns": Column(
            LONG,
            "when this machine last saw one of its files change: what changes later is named, and not read; NULL in "
            "nights from before the column",
            unit="nanoseconds since 1970",
        ),
    },
    partition_by=("night",),
)

FILES = Table(
    path="bronze.device_files",
    doc=(
        "One row per file of a submission and per file inside an archive of it, and what became of it. Files seen are"
        " read, hashed only, unknown or failed; messages seen are loaded, duplicates or quarantined. Nothing else."
    ),
    key=("night", "submission_id", "file", "member"),
    columns={
        "night": shared_columns.NIGHT,
        "submission_id": _WHERE["submission_id"],
        "file": _WHERE["file"],
        "member": _WHERE["member"],
        "sha256": Column(STRING, "SHA-256 of the content; NULL where it cannot be read", pattern=bronze.SHA256),
        "md5": Column(STRING, "MD5, as lists of known pictures have it", pattern="[0-9a-f]{32}"),
        "sha1": Column(STRING, "SHA-1, as lists of known pictures have it", pattern="[0-9a-f]{40}"),
        "n_bytes": Column(LONG, "size of the content", minimum=0, unit="bytes"),
        "type": Column(STRING, "media type, from the content's first bytes, else from the name"),
        "status": required(STRING, "what became of it", among=FILE_STATES),
        "reason": Column(STRING, "why it failed, or why not all of it was read", among=FILE_REASONS),
        "detail": Column(STRING, "the reason in words, without content"),
        "stopped_byte": Column(LONG, "byte at which reading stopped before the end", minimum=0, unit="bytes"),
        "reader": Column(STRING, "reader and its version, where one took the file"),
        "n_messages": required(LONG, "messages seen", minimum=0),
        "n_loaded": required(LONG, "messages written to silver.device_messages", minimum=0),
        "n_duplicate": required(LONG, "messages that the same file holds twice", minimum=0),
        "n_quarantined": required(LONG, "messages refused", minimum=0),
        "n_contacts": required(LONG, "contacts read", minimum=0),
        "n_calls": required(LONG, "calls read", minimum=0),
        "n_media": required(LONG, "pictures, videos and recordings named", minimum=0),
        "n_replaced_bytes": required(LONG, "bytes that no text may hold, each read as U+FFFD", minimum=0),
    },
    partition_by=("night",),
    checks={"messages_balance": "n_messages = n_loaded + n_duplicate + n_quarantined"},
)

MESSAGES = Table(
    path="silver.device_messages",
    doc="Messages on seized devices, each with its place in the export. The same message of two devices is two rows.",
    key=("night", "message_id"),
    columns={
        "night": shared_columns.NIGHT,
        "message_id": required(STRING, "hash of the submission and the record's place", pattern="[0-9a-f]{24}"),
        "content_key": required(STRING, "the same for the same message wherever it was found", pattern="[0-9a-f]{24}"),
        **_WHERE,
        "app": Column(STRING, "application, in lower case"),
        "chat_id": Column(STRING, "the conversation, as the application names it", is_personal=True),
        "chat_name": Column(STRING, "its title", is_personal=True),
        "members": required(array(STRING), "parties of the conversation: numbers, handles", is_personal=True),
        "sender": Column(STRING, "who wrote: number in E.164 form, else the handle", is_personal=True),
        "sender_name": Column(STRING, "the name that the device knew", is_personal=True),
        "recipients": required(array(STRING), "whom it went to", is_personal=True),
        "direction": Column(STRING, "seen from the device's owner", among=DIRECTIONS),
        "sent_at": Column(INSTANT, "when it was sent, UTC"),
        "text": Column(STRING, "the text as written", is_personal=True),
        "quoted_text": Column(STRING, "the text that it answers", is_personal=True),
        "attachments": required(array(ATTACHMENT), "what hangs on it: name, media type, hash", is_personal=True),
        "is_deleted": required(BOOLEAN, "the device had deleted it"),
        "is_edited": required(BOOLEAN, "its author changed it"),
        "is_forwarded": required(BOOLEAN, "forwarded from elsewhere"),
        "is_privileged": required(BOOLEAN, "meets the submission's privileged list: counted, and held back from view"),
        "privileged_by": Column(
            array(STRING),
            "the terms of that list that it meets; NULL where there are none or none was kept",
            is_personal=True,
        ),
    },
    partition_by=("night",),
)

REFUSALS = Table(
    path="bronze.device_refusals",
    doc="Messages that are there and could not be taken in, by their place: the export has them, nothing here does.",
    key=("night", "submission_id", "file", "member", "byte_from"),
    columns={
        "night": shared_columns.NIGHT,
        **_WHERE,
        "why": required(STRING, "why it was refused, without content"),
    },
    partition_by=("night",),
)

CONTACTS = Table(
    path="silver.device_contacts",
    doc="Entries of address books and of applications' own lists of people.",
    key=("night", "contact_id"),
    columns={
        "night": shared_columns.NIGHT,
        "contact_id": required(STRING, "hash of the submission and the record's place", pattern="[0-9a-f]{24}"),
        **_WHERE,
        "app": Column(STRING, "application, in lower case"),
        "name": Column(STRING, "name as entered", is_personal=True),
        "phones": required(array(STRING), "numbers in E.164 form where they are numbers", is_personal=True),
        "handles": required(array(STRING), "handles and ids of applications", is_personal=True),
        "emails": required(array(STRING), "e-mail addresses", is_personal=True),
        "note": Column(STRING, "whatever else the entry says", is_personal=True),
        "is_deleted": required(BOOLEAN, "the device had deleted it"),
        "photos": Column(array(STRING), "file names of its pictures, which the export holds", is_personal=True),
    },
    partition_by=("night",),
)

CALLS = Table(
    path="silver.device_calls",
    doc="Calls in the logs of seized devices and of their applications.",
    key=("night", "call_id"),
    columns={
        "night": shared_columns.NIGHT,
        "call_id": required(STRING, "hash of the submission and the record's place", pattern="[0-9a-f]{24}"),
        **_WHERE,
        "app": Column(STRING, "application, in lower case; NULL for the telephone's own log"),
        "party": Column(STRING, "the other side", is_personal=True),
        "party_name": Column(STRING, "the name that the device knew", is_personal=True),
        "direction": Column(STRING, "seen from the device's owner", among=("IN", "OUT")),
        "kind": required(STRING, "voice or video", among=CALL_KINDS),
        "status": required(STRING, "what became of it", among=CALL_STATES),
        "started_at": Column(INSTANT, "when it began, UTC"),
        "duration_s": Column(DOUBLE, "how long it lasted", minimum=0, unit="seconds"),
        "is_deleted": required(BOOLEAN, "the device had deleted it"),
    },
    partition_by=("night",),
)

MEDIA = Table(
    path="silver.device_media",
    doc="Pictures, videos and recordings that an export names: hashes and names, never a pixel.",
    key=("night", "media_id"),
    columns={
        "night": shared_columns.NIGHT,
        "media_id": required(STRING, "hash of the submission and the record's place", pattern="[0-9a-f]{24}"),
        **_WHERE,
        "name": Column(STRING, "file name on the device", is_personal=True),
        "type": Column(STRING, "media type"),
        "n_bytes": Column(LONG, "size", minimum=0, unit="bytes"),
        "md5": Column(STRING, "MD5", pattern="[0-9a-f]{32}"),
        "sha1": Column(STRING, "SHA-1", pattern="[0-9a-f]{40}"),
        "sha256": Column(STRING, "SHA-256", pattern=bronze.SHA256),
        "is_deleted": required(BOOLEAN, "the device had deleted it"),
        "pdq": Column(STRING, "PDQ hash, as the export has it", pattern=bronze.SHA256),
        "pdq_quality": Column(INT, "its quality; below 50 it is compared with nothing", minimum=0, maximum=100),
    },
    partition_by=("night",),
)

IDENTIFIERS = Table(
    path="silver.device_identifiers",
    doc=(
        "Accounts, wallets and identities that messages mention, as written and in normal form. Only what a checksum"
        " proves is called so; an account without the banks' own table is unverifiable, never valid."
    ),
    key=("night", "message_id", "kind", "start"),
    columns={
        "night": shared_columns.NIGHT,
        "message_id": required(STRING, "message that mentions it", pattern="[0-9a-f]{24}"),
        "submission_id": _WHERE["submission_id"],
        "file": _WHERE["file"],
        "member": _WHERE["member"],
        "byte_from": _WHERE["byte_from"],
        "byte_to": _WHERE["byte_to"],
        "kind": required(STRING, "what it is", among=IDENTIFIER_KINDS),
        "value": required(STRING, "normal form; a card number is masked", is_personal=True),
        "as_written": required(STRING, "the text as it stands; a card number is masked", is_personal=True),
        "status": required(STRING, "what a checksum says", among=IDENTIFIER_STATES),
        "is_repaired": required(BOOLEAN, "look-alike characters were exchanged, and a checksum proves the result"),
        "start": required(INT, "offset in the message's text, characters from 0", minimum=0),
        "end": required(INT, "offset after its last character, in the message in which it ends", minimum=0),
        "continues_in": Column(STRING, "the next message, where the value ends in it", pattern="[0-9a-f]{24}"),
    },
    partition_by=("night",),
)

KEYWORD_HITS = Table(
    path="gold.device_keyword_hits",
    doc="Where a term of a key-word list stands in a message. The offsets read back the original's own characters.",
    key=("night", "message_id", "list_version", "term", "start"),
    columns={
        "night": shared_columns.NIGHT,
        "message_id": required(STRING, "message with the term", pattern="[0-9a-f]{24}"),
        "submission_id": _WHERE["submission_id"],
        "list_name": required(STRING, "name of the list"),
        "list_version": required(STRING, "hash of the list's terms", pattern="[0-9a-f]{16}"),
        "term": required(STRING, "the term as the list has it"),
        "language": Column(STRING, "its language, as the list says"),
        "kind": required(STRING, "how it is matched", among=TERM_KINDS),
        "start": required(INT, "offset in the message's text, characters from 0", minimum=0),
        "end": required(INT, "offset after its last character", minimum=0),
        "as_written": required(STRING, "the characters of the message", is_personal=True),
    },
    partition_by=("night",),
)

HASH_LISTS = Table(
    path="bronze.device_hash_lists",
    doc=(
        "Lists of known pictures that submissions brought, and the operator's (operator/...): what was taken of each,"
        " what was refused, where it stopped."
    ),
    key=("night", "submission_id", "list_name"),
    columns={
        "night": shared_columns.NIGHT,
        "submission_id": _WHERE["submission_id"],
        "list_name": required(STRING, "name of the list"),
        "list_version": Column(STRING, "hash of the file; NULL where it cannot be opened", pattern="[0-9a-f]{16}"),
        "form": Column(STRING, "data model that it follows", among=HASH_LIST_FORMS),
        "n_items": required(LONG, "items taken", minimum=0),
        "n_refused": required(LONG, "items of which something was refused", minimum=0),
        "refusals": required(array(STRING), "the first of them: place in the list, and why"),
        "stopped": Column(STRING, "why it was not read to its end; what came before counts"),
        "n_pdq": Column(LONG, "items taken with a PDQ hash", minimum=0),
        "n_pdq_unrated": Column(LONG, "of them those whose quality the list does not tell", minimum=0),
    },
    partition_by=("night",),
)

KNOWN_MEDIA = Table(
    path="gold.device_known_media",
    doc=(
        "Pictures, videos and recordings of a submission that stand in its lists of known ones, or in the operator's:"
        " the same MD5 or SHA-1, or a PDQ hash near enough. Hashes are compared; no picture is opened."
    ),
    key=("night", "media_id", "list_name", "item"),
    columns={
        "night": shared_columns.NIGHT,
        "submission_id": _WHERE["submission_id"],
        "media_id": required(STRING, "row of silver.device_media", pattern="[0-9a-f]{24}"),
        "list_name": required(STRING, "name of the list"),
        "list_version": required(STRING, "hash of the list", pattern="[0-9a-f]{16}"),
        "item": required(LONG, "place of the item in the list, from 1", minimum=1),
        "category": Column(INT, "category in the list's country; in the UK 1 to 3 are A to C", minimum=0, maximum=9),
        "series": Column(STRING, "series in the list", is_personal=True),
        "hash_kind": required(
            STRING,
            "the equal hash; SHA-1 where both are; PDQ where none is and the pictures are alike",
            among=HASH_KINDS,
        ),
        "distance": Column(INT, "of PDQ: bits of 256 that differ", minimum=0, maximum=31),
        "is_turned": Column(BOOLEAN, "of PDQ: one is the other turned or mirrored"),
    },
    partition_by=("night",),
)

FINANCE_REFERRALS = Table(
    path="gold.finance_referrals",
    doc=(
        "Accounts and wallets that a reviewer decided to refer to a bank or agency: made only from decisions. No"
        " decision, no row. Who told a value need not hold it."
    ),
    key=("night", "decision_id", "kind", "value"),
    columns={
        "night": shared_columns.NIGHT,
        "decision_id": required(STRING, "decision behind the row"),
        "submission_id": _WHERE["submission_id"],
        "force": required(STRING, "Home Office force code", pattern=codes.FORCE_PATTERN),
        "kind": required(STRING, "what it is", among=FINANCE_KINDS),
        "value": required(STRING, "normal form; a card number is masked", is_personal=True),
        "status": required(STRING, "the best that a checksum says of any writing", among=IDENTIFIER_STATES),
        "is_repaired": required(BOOLEAN, "it stands nowhere without look-alike characters"),
        "n_messages": required(LONG, "different messages with it", minimum=1),
        "told_by": required(array(STRING), "who told it: number or handle, else the name", is_personal=True),
        "first_file": _WHERE["file"],
        "first_member": _WHERE["member"],
        "first_byte": _WHERE["byte_from"],
        "reviewer": required(STRING, "who decided", is_personal=True),
        "decided_at": required(INSTANT, "when"),
        "reason": Column(STRING, "to whom and why, in the reviewer's words", is_personal=True),
    },
    partition_by=("night",),
)

CLAIMS = Table(
    path="silver.device_claims",
    doc=(
        "What messages, address books and profile pictures say about an account: an age, an address, a school, another"
        " account. Somebody said it; whether it is so, nobody has looked at."
    ),
    key=("night", "source_id", "kind", "start", "app", "party", "value"),
    columns={
        "night": shared_columns.NIGHT,
        **{name: column for name, column in _WHERE.items() if name != "reader"},
        "source": required(STRING, "what says it", among=CLAIM_SOURCES),
        "source_id": required(STRING, "message, contact or picture that says it", pattern="[0-9a-f]{24}"),
        "chat_id": Column(STRING, "the conversation, as the application names it", is_personal=True),
        "app": required(STRING, "application of the account; empty: any that knows the party"),
        "party": required(STRING, "whom it is about: number in E.164 form, else the handle", is_personal=True),
        "is_owner": required(BOOLEAN, "it is about the device's owner"),
        "said_by": Column(STRING, "who says it; NULL: an address book or a picture", is_personal=True),
        "is_said_by_owner": required(BOOLEAN, "the device's owner says it, or the owner's address book"),
        "kind": required(STRING, "what is said", among=CLAIM_KINDS),
        "value": required(STRING, "normal form; an address is house, bar, postcode", is_personal=True),
        "as_written": required(STRING, "the characters of the text; of a picture its hash", is_personal=True),
        "start": required(INT, "offset in the text, characters from 0", minimum=0),
        "end": required(INT, "offset after its last character", minimum=0),
        "text_key": required(STRING, "the same for the same words, passed on or not", pattern="[0-9a-f]{16}"),
    },
    partition_by=("night",),
)

EVIDENCE = struct(
    kind=STRING, value=STRING, as_written=STRING, account=STRING, said_by=STRING, source=STRING, grading=STRING,
    source_id=STRING, file=STRING, member=STRING, byte_from=LONG,
)  # fmt: skip

VICTIM_PACKS = Table(
    path="gold.victim_packs",
    doc=(
        "Packs on children's accounts that a reviewer decided to hand out, each to one force or to the national queue:"
        " made only from decisions. What is known is calculated from what somebody wrote, and is no fact."
    ),
    key=("night", "decision_id"),
    columns={
        "night": shared_columns.NIGHT,
        "decision_id": required(STRING, "decision behind the row"),
        "submission_id": _WHERE["submission_id"],
        "from_force": required(STRING, "force that handed the device in", pattern=codes.FORCE_PATTERN),
        "force": required(STRING, "force that it goes to; UK: the national queue", pattern=codes.FORCE_PATTERN),
        "account_id": required(STRING, "the account, without its name", pattern="[0-9a-f]{24}"),
        "app": required(STRING, "application; empty: known from an address book alone"),
        "party": required(STRING, "number or handle there", is_personal=True),
        "linked": required(array(STRING), "accounts held to be the same child's, with the ground", is_personal=True),
        "status": required(STRING, "what is known of where the child is", among=PACK_STATES),
        "basis": Column(STRING, "what confirms the address", among=("two independent sources", "a person's word")),
        "ages": required(array(STRING), "ages and school years that are told", is_personal=True),
        "addresses": required(array(STRING), "confirmed addresses: house, bar, postcode", is_personal=True),
        "leads": required(array(STRING), "what can be followed", is_personal=True),
        "gaps": required(array(STRING), "what is missing or in doubt", is_personal=True),
        "told_by": required(array(STRING), "who told of the child; never a child's account", is_personal=True),
        "known_pictures": required(
            array(STRING), "categories of the submission's known pictures in the child's conversations, with counts"
        ),
        "evidence": required(array(EVIDENCE), "every claim, with its place and a proposed grading", is_personal=True),
        "evidence_hash": required(STRING, "hash of what was decided on", pattern=bronze.SHA256),
        "reviewer": required(STRING, "who decided", is_personal=True),
        "decided_at": required(INSTANT, "when"),
        "reason": Column(STRING, "why, in the reviewer's words", is_personal=True),
    },
    partition_by=("night",),
    checks={
        "confirmed_has_basis": "(status = 'address_confirmed') = (basis IS NOT NULL AND size(addresses) > 0)",
    },
)

READ = (SUBMISSIONS, FILES, REFUSALS, MESSAGES, CONTACTS, CALLS, MEDIA)  # what reading fills
FOUND = (IDENTIFIERS, KEYWORD_HITS, CLAIMS, HASH_LISTS, KNOWN_MEDIA)  # what is found in what was read
DECIDED = (FINANCE_REFERRALS, VICTIM_PACKS)  # what is made of decisions
TABLES = (*READ, *FOUND, *DECIDED)
