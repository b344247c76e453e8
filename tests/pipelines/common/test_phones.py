"""A telephone number is the one that its writer means, or none: never another one."""

from __future__ import annotations

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.common import phones

# (how the sender writes numbers, as written, in E.164 or None)
WRITTEN = [
    # country code first
    ("e164:GB", "447700900801", "+447700900801"),
    ("e164:GB", "353871234567", "+353871234567"),
    ("e164:GB", "4791234567", "+4791234567"),
    ("e164:GB", "4522345678", "+4522345678"),
    ("e164:GB", "33612345678", "+33612345678"),
    ("e164:GB", "12025550123", "+12025550123"),
    ("e164:GB", "3222345678", "+3222345678"),
    ("e164:GB", "441632960001", "+441632960001"),
    ("e164:GB", "+44 7700 900801", "+447700900801"),
    ("e164:GB", "07700900801", "+447700900801"),  # no country code begins with 0
    ("e164:GB", "7700900801", None),  # no number of the country 7, and not one of GB either
    ("international:GB", "00353 87 123 4567", "+353871234567"),
    ("international:GB", "0044 7700 900801", "+447700900801"),
    ("international:GB", "7700900801", "+447700900801"),
    # national
    ("national:GB", "07700 900801", "+447700900801"),
    ("national:GB", "7700900801", "+447700900801"),  # a spreadsheet took the 0
    ("national:GB", "+44 (0)7700 900801", "+447700900801"),
    ("national:GB", "447700900801", "+447700900801"),  # too long for a national number
    ("national:GB", "353871234567", "+353871234567"),
    ("national:GB", "4791234567", "+4791234567"),  # in no range of GB
    ("national:GB", "2079460123", "+442079460123"),
    ("national:IE", "087 123 4567", "+353871234567"),
    ("national:IE", "00447700900801", "+447700900801"),
    ("national:US", "(202) 555-0103", "+12025550103"),
    # of another country, by how it is set
    ("national:GB", "(202)555-0103", "+12025550103"),
    ("national:GB", "202-555-0103", "+12025550103"),
    ("national:GB", "770-990-0123", None),  # of Georgia, or a mobile without its 0
    # without an area code
    ("national:GB", "2345678", None),
    ("national:GB", "900123", None),
    ("as_dialled:GB", "79460123", None),
    ("as_dialled:GB", "2079460123", None),
    ("as_dialled:GB", "020 7946 0123", "+442079460123"),
    ("as_dialled:GB", "0033612345678", "+33612345678"),
    # dialled before the number
    ("as_dialled:GB", "14107700900822", "+447700900822"),
    ("national:GB", "147007700900822", "+447700900822"),
    ("national:GB", "#31#07700900822", "+447700900822"),
    ("e164:GB", "*31#+447700900822", "+447700900822"),
    ("national:US", "*67 202 555 0103", "+12025550103"),
    ("national:GB", "01413960123", "+441413960123"),  # 0141 is Glasgow
    # what programs put around it
    ("national:GB", "sip:+447700900822@ims.mnc015.mcc234.3gppnetwork.org", "+447700900822"),
    ("e164:GB", "sip:447700900822@10.1.1.1;user=phone", "+447700900822"),
    ("national:GB", "tel:+44-7700-900822;phone-context=x", "+447700900822"),
    ("national:GB", '="07700900822"', "+447700900822"),
    ("national:GB", "'07700900822", "+447700900822"),
    ("national:GB", "01632 960001 ext. 12", "+441632960001"),
    ("national:GB", "07700.900.822", "+447700900822"),
    # numbers that programs took for numbers
    ("national:GB", "447700900895.0", "+447700900895"),
    ("national:GB", "169773123.0", "+44169773123"),
    ("national:GB", "7700900895.5", None),
    ("national:GB", "4.47700900895E11", "+447700900895"),
    ("national:GB", "4.4770090089E11", "+447700900890"),
    ("national:GB", "4.47701E+11", None),
    ("national:GB", "4.477E11", None),
    ("national:GB", "7.7009E+09", None),
    ("e164:GB", "4400700900123", None),  # two trunk zeros: read again, it would be another number
    ("national:GB", "+39 06 698 12345", "+390669812345"),  # where a zero belongs
]


@pytest.mark.parametrize(("rule", "text", "expected"), WRITTEN)
def test_a_number_is_the_one_that_its_writer_means(rule: str, text: str, expected: str | None) -> None:
    assert phones.e164(text, rule) == expected


PARTIES = {
    "60066": "60066",
    "118118": "118118",
    "999": "999",
    "NHS-NoReply": "NHS-NoReply",
    "Uber4U": "Uber4U",
    "O7700900123": None,  # the letter O
    "O77OO9OO123": None,
    "234567": None,  # of whichever town
    "*#101#": None,
    "*100#": None,
    "07700900822 ": "+447700900822",
}


def test_a_party_is_a_number_a_short_code_or_a_name() -> None:
    assert {text: phones.party(text) for text in PARTIES} == PARTIES


FOREIGN = ("FR", "IE", "US", "DE", "PL", "NG", "RO", "IN", "PK", "VN")


@st.composite
def numbers(draw: st.DrawFn) -> phonenumbers.PhoneNumber:
    """A valid mobile number of some country."""
    region = draw(st.sampled_from(("GB", *FOREIGN)))
    example = phonenumbers.example_number_for_type(region, phonenumbers.PhoneNumberType.MOBILE)
    national = str(example.national_number)
    changed = int(national[:-3] + f"{draw(st.integers(0, 999)):03d}")
    return phonenumbers.PhoneNumber(country_code=example.country_code, national_number=changed)


@given(numbers(), st.sampled_from(["{}", " {} ", "tel:{}", "sip:{}@ims.example", '="{}"', "'{}", "{}.0"]))
def test_writings_of_one_number_agree(number: phonenumbers.PhoneNumber, around: str) -> None:
    region = phonenumbers.region_code_for_number(number) or "GB"
    expected = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    national = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.NATIONAL)
    international = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
    bare = expected.removeprefix("+")
    writings = {
        "e164": [expected, bare, f"00{bare}", international],
        "international": [expected, bare, f"00{bare}", international],
        "national": [expected, f"00{bare}", international, national],
    }
    for style, written in writings.items():
        found = {text: phones.e164(around.format(text), f"{style}:{region}") for text in written if
                 "." not in around or text.removeprefix("+").isdigit()}  # fmt: skip
        assert set(found.values()) == {expected}, (style, found)


@given(numbers(), st.integers(0, 30), st.sampled_from("OIlSBxZ?*"))
def test_a_number_with_a_letter_in_it_is_none(number: phonenumbers.PhoneNumber, at: int, letter: str) -> None:
    written = f"+{number.country_code}{number.national_number}"
    at = 1 + at % (len(written) - 2)
    damaged = written[:at] + letter + written[at + 1 :]
    assert phones.party(damaged) is None


@given(st.integers(10**9, 10**13 - 1), st.integers(2, 6))
def test_digits_that_a_spreadsheet_lost_are_not_made_up(number: int, kept: int) -> None:
    for rule in ("national:GB", "e164:GB", "international:GB"):
        assert phones.party(f"{number:.{kept}E}", rule) is None
