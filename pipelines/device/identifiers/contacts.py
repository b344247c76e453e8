"""E-mail addresses, telephone numbers and handles. None of them has a checksum."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pipelines.common import phones
from pipelines.device.identifiers.mentions import NONE, Candidate, is_something_else

_EMAIL = re.compile(
    r"(?<![A-Za-z0-9._%+-])[A-Za-z0-9](?:[A-Za-z0-9._%+'-]{0,62}[A-Za-z0-9_+-])?@"
    r"(?P<domain>(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.){1,8}[A-Za-z]{2,24})(?![A-Za-z0-9@-])"
)
# Ids of applications that look like addresses, and names of files (logo@2x.png).
_APPLICATIONS = re.compile(
    r"(?:.*\.)?(?:whatsapp\.net|whatsapp\.com\.invalid|g\.us|c\.us|lid|broadcast|newsletter|kik\.com|chat\.facebook\.com)",
    re.IGNORECASE,
)
_FILES = frozenset("png jpg jpeg gif webp svg bmp heic mp4 mov avi mp3 opus pdf doc docx js css json html htm".split())

_INTERNATIONAL = (
    r"(?:\+[1-9][0-9]{0,3}(?:[ .-]?\(0\))?(?:[ ().-]{0,2}[0-9]){5,14}|(?<![0-9])00[1-9][0-9]{0,3}(?: ?[0-9]){5,14})"
)
_NATIONAL = (
    r"(?:0[1-9][0-9]{8,9}|0[1-9][0-9]{2,4}(?P<gap>[ -])[0-9]{3,7}(?:(?P=gap)[0-9]{3,4}){0,2}"
    r"|0[1-9][0-9] [0-9]{4} [0-9]{4}"
    r"|\(0[1-9][0-9]{1,4}\) ?[0-9]{3,8}(?:[ -][0-9]{3,4}){0,2})"
)
_PHONE = re.compile(
    rf"(?<![0-9A-Za-z_+@#£$€])(?<![0-9][ .,/:-])(?:{_INTERNATIONAL}|{_NATIONAL})(?![0-9A-Za-z_@])(?![ -][0-9])"
)
_MIN_FIGURES, _MAX_FIGURES = 9, 17  # of a national number: never the eight figures of an account

_NAME = r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]{1,30}[A-Za-z0-9_])"
_AT = re.compile(r"(?<![\w@./+%-])@(?P<name>[A-Za-z_](?:[A-Za-z0-9_.]{1,29}[A-Za-z0-9_]))(?![\w@])")
_APPS = {
    "telegram": r"telegram|tg",
    "snapchat": r"snap(?:chat)?|sc",
    "instagram": r"insta(?:gram)?|ig",
    "tiktok": r"tik ?tok|tt",
    "kik": r"kik",
    "discord": r"discord",
    "wickr": r"wickr",
    "facebook": r"facebook|fb",
    "twitter": r"twitter",
}
_WORDS = "|".join(f"(?P<{app}>{words})" for app, words in _APPS.items())
_LABELLED = re.compile(
    rf"(?<![\w/.@])(?:{_WORDS})(?: ?(?:user ?name|name|handle|id|account|user|acc))?(?P<link> ?[:=] ?@?| ?@| is @?| @?)"
    rf"(?P<name>{_NAME})(?![\w@/:])",
    re.IGNORECASE,
)
_HOSTS = {
    "t.me": "telegram",
    "telegram.me": "telegram",
    "instagram.com": "instagram",
    "snapchat.com/add": "snapchat",
    "tiktok.com": "tiktok",
    "facebook.com": "facebook",
    "fb.com": "facebook",
    "twitter.com": "twitter",
    "x.com": "twitter",
}
_LINK = re.compile(
    rf"(?<![\w.@-])(?:https?://)?(?:www\.)?(?P<host>{'|'.join(map(re.escape, _HOSTS))})/@?(?P<name>{_NAME})(?![\w@])",
    re.IGNORECASE,
)
# Pages of those sites, and words behind an @ that are places and times.
_PAGES = frozenset(
    "joinchat share sharer login home explore reel reels stories watch groups events pages profile.php photo p s add"
    " hashtag search intent status web iv addstickers c".split()
)
_PLACES = frozenset(
    "home work school mine yours college gym church all everyone here noon midnight lunch night".split()
)


def find_emails(text: str) -> Iterator[Candidate]:
    """E-mail addresses, in lower case. Addresses of WhatsApp and other applications' ids are none."""
    for found in _EMAIL.finditer(text):
        domain = found["domain"].lower()
        if not _APPLICATIONS.fullmatch(domain) and domain.rpartition(".")[2] not in _FILES and ".." not in found[0]:
            yield Candidate("EMAIL", found[0].lower(), NONE, False, *found.span())


def find_phones(text: str) -> Iterator[Candidate]:
    """Telephone numbers with a plus, an international prefix, or in a form that is possible in Great Britain."""
    for found in _PHONE.finditer(text):
        n_figures = sum(c.isdigit() for c in found[0])
        is_international = found[0][0] == "+"
        if n_figures > _MAX_FIGURES or (not is_international and n_figures < _MIN_FIGURES):
            continue
        if not is_international and is_something_else(text, found.start()):
            continue
        if number := phones.e164(found[0]):
            yield Candidate("PHONE", number, NONE, False, *found.span())


def find_named_handles(text: str) -> Iterator[Candidate]:
    """Handles of which a label or a link says the application: telegram:name."""
    for found in _LINK.finditer(text):
        if found["name"].lower() not in _PAGES:
            yield Candidate(
                "HANDLE", f"{_HOSTS[found['host'].lower()]}:{found['name'].lower()}", NONE, False, *found.span()
            )
    for found in _LABELLED.finditer(text):
        app = next(app for app in _APPS if found[app])
        name, link = found["name"], found["link"]
        is_named = "@" in link or ":" in link or "=" in link or any(c.isdigit() or c in "_." for c in name)
        if is_named and name.lower() not in _PLACES and not name.isdigit():
            yield Candidate("HANDLE", f"{app}:{name.lower()}", NONE, False, *found.span("name"))


def find_handles(text: str) -> Iterator[Candidate]:
    """Handles of no named application: @name."""
    for found in _AT.finditer(text):
        if found["name"].lower() not in _PLACES:
            yield Candidate("HANDLE", f"@{found['name'].lower()}", NONE, False, *found.span())
