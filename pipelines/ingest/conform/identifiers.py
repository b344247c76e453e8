"""Handles, e-mail addresses, accounts and wallets: each as text that is equal where they are."""

from __future__ import annotations

from pyspark.sql import Column
from pyspark.sql import functions as F

_HANDLE = r"^@?([A-Za-z0-9](?:[A-Za-z0-9._-]{0,38}[A-Za-z0-9_-]))$"
_LINK = (
    r"^(?:https?://)?(?:www\.|m\.)?([A-Za-z0-9-]+)\.(?:com|co\.uk|org|net|me|tv|app|io)/(?:@|add/|user/)?([^/?#]+)/?$"
)
_SPELT = r"^([A-Za-z][A-Za-z ]{1,20}?) ?[:=] ?@?(\S+)$"
_EMAIL = r"^[a-z0-9._%+'-]+@[a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z]{2,}$"
_WALLET = r"^(?:bc1[02-9ac-hj-np-z]{11,71}|[13][1-9A-HJ-NP-Za-km-z]{25,34}|0x[0-9a-fA-F]{40})$"


def handle(text: Column, platform: Column) -> Column:
    """An online handle as `platform:name`, or NULL.

    The platform is the record's own, that of a link, or what stands before the name ("Snapchat: kestrel"); a name of
    no known platform is several people's, and none.
    """
    by_link, by_word = (F.regexp_extract(text, pattern, 1) for pattern in (_LINK, _SPELT))
    is_link, is_spelt = text.rlike(_LINK), text.rlike(_SPELT)
    name = F.when(is_link, F.regexp_extract(text, _LINK, 2)).when(is_spelt, F.regexp_extract(text, _SPELT, 2))
    name = F.regexp_extract(F.coalesce(name, text), _HANDLE, 1)
    said = F.when(is_link, by_link).when(is_spelt, by_word).otherwise(platform)
    packed = F.regexp_replace(F.lower(said), "[^a-z0-9]", "")
    is_file = F.lower(name).rlike(r"\.(?:php|html?|aspx?)$")
    return F.when((name != "") & (packed != "") & ~is_file, F.concat(packed, F.lit(":"), F.lower(name)))


def email(text: Column) -> Column:
    """An e-mail address as `email:address` in lower case, or NULL."""
    spelt = F.regexp_replace(F.lower(text), "^mailto:", "")
    return F.when(spelt.rlike(_EMAIL), F.concat(F.lit("email:"), spelt))


def account(text: Column) -> Column:
    """A bank account or wallet, or NULL: eight digits without a sort code are many people's.

    The sort code and number of a British IBAN are the account that a statement names by these, so both read alike.
    """
    packed = F.upper(F.regexp_replace(text, r"[\s.\-/]", ""))
    is_uk = packed.rlike(r"^[0-9]{14}$")
    uk = F.concat(F.lit("uk:"), F.substring(packed, 1, 6), F.lit("-"), F.substring(packed, 7, 8))
    is_iban = packed.rlike(r"^[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}$") & (_remainder(packed) == 1)
    of_iban = F.when(
        packed.startswith("GB") & (F.length(packed) == 22),
        F.concat(F.lit("uk:"), F.substring(packed, 9, 6), F.lit("-"), F.substring(packed, 15, 8)),
    ).otherwise(F.concat(F.lit("iban:"), packed))
    folded = F.when(text.startswith("0x"), F.lower(text)).otherwise(text)
    wallet = F.when(text.rlike(_WALLET), F.concat(F.lit("wallet:"), folded))
    return F.coalesce(F.when(is_uk, uk), F.when(is_iban, of_iban), wallet)


def _remainder(iban: Column) -> Column:
    """An IBAN's digits modulo 97 (ISO 13616): 1 for a right one."""
    turned = F.concat(F.substring(iban, 5, 34), F.substring(iban, 1, 4))
    letters = F.split(turned, "(?!^)(?!$)")

    def value(letter: Column) -> Column:
        return F.when(letter.between("0", "9"), letter.try_cast("int")).otherwise(F.ascii(letter) - 55)

    def step(rest: Column, letter: Column) -> Column:
        v = value(letter)
        return ((rest * F.when(v > 9, 100).otherwise(10) + v) % 97).cast("int")

    return F.aggregate(letters, F.lit(0), step)
