"""Modulus checks over a table of weights made for this test; the banks' own is theirs and is not here."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from pipelines.device.identifiers import modulus
from pipelines.device.identifiers.mentions import BAD, OK, UNVERIFIABLE

WEIGHTS = """
900000 900099 MOD11 0 0 0 0 0 0 9 4 6 5 8 3 2 1
901000 901099 MOD10 0 3 0 7 0 0 1 9 3 7 1 3 7 1
902000 902099 DBLAL 2 1 2 1 2 1 2 1 2 1 2 1 2 1
903000 903099 MOD11 0 0 5 0 0 2 7 5 8 3 4 6 2 1
903000 903099 DBLAL 0 0 0 0 2 1 2 1 2 1 2 1 2 1
904000 904099 DBLAL 2 1 2 1 2 1 2 1 2 1 2 1 2 1 1
905000 905099 MOD11 0 0 1 2 5 3 6 4 8 7 10 9 3 1 2
905000 905099 MOD11 7 3 5 2 4 9 6 4 8 7 10 9 3 1 9
906000 906099 MOD10 0 0 0 0 0 0 7 3 4 9 2 1 7 1
906000 906099 DBLAL 2 1 2 1 2 1 2 1 2 1 2 1 2 1 3
907000 907099 MOD11 0 0 0 0 7 3 4 9 2 1 7 1 0 0 4
908000 908099 MOD11 7 6 5 4 3 2 7 6 5 4 3 2 0 0 5
908000 908099 DBLAL 2 1 2 1 2 1 2 1 2 1 2 1 2 0 5
909000 909099 MOD11 0 0 0 0 0 5 7 5 2 1 2 1 2 1 6
909000 909099 DBLAL 2 1 2 1 2 1 2 1 2 1 2 1 2 1 6
910000 910099 MOD11 3 2 9 8 1 6 7 5 2 4 8 3 2 1 7
911000 911099 MOD11 0 0 0 3 2 9 8 1 6 7 5 4 3 2 8
912000 912099 MOD11 0 5 3 6 4 2 9 7 8 6 5 3 4 1 10
912000 912099 DBLAL 2 1 2 1 2 1 2 1 2 1 2 1 2 1 11
913000 913099 MOD11 0 0 0 0 4 3 2 7 6 5 4 3 2 1 12
913000 913099 MOD10 0 0 0 0 0 0 3 7 1 9 3 7 1 1 13
914000 914099 MOD11 0 0 0 0 0 0 8 7 9 5 4 3 2 1 14
"""
TABLE = modulus.read(WEIGHTS, "908001 900777\n")
# Pairs under each rule and exception with the word of another implementation (ukmodulus 0.1.2) that read this table.
JUDGED = """
90000113758584+ 90000150564618+ 90000150894148- 90000185945266- 90100172323096+ 90100112471465+ 90100193407303-
90100106416825- 90200167334348+ 90200185355309+ 90200176522376- 90200101261435- 90300176123198+ 90300121177802+
90300107921016- 90300172105688- 90400117428355+ 90400167545504+ 90400167983411- 90400119196915- 90500191740029+
90500131552395+ 90500119905513+ 90500147314222+ 90500170395699- 90500177759792- 90500179499393+ 90500171699195+
90600152619996+ 90600116695828+ 90600143322246- 90600177626802- 90700128574310+ 90700163382510+ 90700101054641-
90700106985098- 90800178351030+ 90800134593600+ 90800185560844- 90800150326015- 90900105743622- 91000164560168+
91000138802990+ 91000110080981- 91000190629593- 91100185465909+ 91100190782569+ 91100173243600- 91100147549117-
91200144415386+ 91200109700291+ 91200166657251- 91200109934190- 91200199956497+ 91200199083090+ 91200199867593-
91200199575294- 91300178053620+ 91300124610597+ 91300185687348- 91300102305690- 91400133526199+ 91400194862611+
91400148825305- 91400186149051- 91400171698229+ 91400109964979+ 91400137311989+ 91400132187439- 91400195136059-
"""
# The worked cases of "Validating account numbers" 7.70; a 0 marks those that are wrong.
WORKED = """
089999 66374958 1, 107999 88837491 1, 202959 63748472 1, 871427 46238510 1, 872427 46238510 1, 871427 09123496 1,
871427 99123496 1, 820000 73688637 1, 827999 73988638 1, 827101 28748352 1, 134020 63849203 1, 118765 64371389 1,
200915 41011166 1, 938611 07806039 1, 938600 42368003 1, 938063 55065200 1, 772798 99345694 1, 086090 06774744 1,
309070 02355688 1, 309070 12345668 1, 309070 12345677 1, 309070 99345694 1, 938063 15764273 0, 938063 15764264 0,
938063 15763217 0, 118765 64371388 0, 203099 66831036 0, 203099 58716970 0, 089999 66374959 0, 107999 88837493 0,
074456 12345112 1, 070116 34012583 1, 074456 11104102 1, 180002 00000190 1
"""


@pytest.mark.parametrize("judged", JUDGED.split())
def test_rules_and_exceptions_as_another_implementation_reads_them(judged: str) -> None:
    assert TABLE.status(judged[:6], judged[6:14]) == (OK if judged[14] == "+" else BAD)


def test_what_no_rule_speaks_of_is_neither_right_nor_wrong() -> None:
    assert TABLE.status("123456", "12345678") == UNVERIFIABLE
    assert TABLE.status("909001", "52001933") == UNVERIFIABLE, "perhaps in a foreign currency (exception 6)"
    assert modulus.read("").status("900001", "13758584") == UNVERIFIABLE


def test_by_hand() -> None:
    # 58177632 by 7 5 8 3 4 6 2 1: 35+40+8+21+28+36+6+2 = 176 = 16 x 11, the specification's own example of MOD11.
    table = modulus.read("000000 000099 MOD11 0 0 0 0 0 0 7 5 8 3 4 6 2 1")
    assert table.status("000000", "58177632") == OK
    assert table.status("000000", "58177633") == BAD


@pytest.mark.parametrize(
    "line", ["900000 900099 MOD12" + " 1" * 14, "900000 900099 MOD11 1 2 3", "a b MOD10" + " 1" * 14, "900000"]
)
def test_a_line_that_is_no_rule_is_named(line: str) -> None:
    with pytest.raises(ValueError, match="line 2"):
        modulus.read("900000 900099 MOD11" + " 1" * 14 + "\n" + line)
    with pytest.raises(ValueError, match="substitutions"):
        modulus.read("", "908001")


@pytest.mark.skipif("NIGHTJAR_MODULUS_TABLE" not in os.environ, reason="needs the folder of the banks' own tables")
def test_the_worked_cases_with_the_banks_own_table() -> None:
    folder = Path(os.environ["NIGHTJAR_MODULUS_TABLE"])
    table = modulus.load(folder / "valacdos.txt", folder / "scsubtab.txt")
    cases = re.findall(r"(\d{6}) (\d{8}) ([01])", WORKED)
    assert len(cases) == 34
    for sort_code, account, is_right in cases:
        assert (table.status(sort_code, account) != BAD) == (is_right == "1"), (sort_code, account)
