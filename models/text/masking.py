"""What a report says of whom, where and when is blanked out before a classifier reads it.

Names of people and places, addresses, dates, times, telephones, registrations, sums and other numbers say which report
it is, and not what it is about: a classifier that reads them learns people by heart, and names them as its reasons.
`texts` and `of` are the only way from a report as written to a classifier: training, scoring, explanations, similar
reports and the pretraining of BERT go through them. What is blanked is replaced by spaces of the same length, so that
places stay what they are.

A name is known by its shape: a capital letter where no sentence begins, two words with capital letters in a row, a word
in capitals next to a given name, a title before it; by the lists in `names`, whatever its letters; and by its having
been seen as a name elsewhere in the same report. A word that `KEPT` holds, or that the report also writes small, is no
name. Not found are names on no list that are written small or open a sentence alone, and names on no list in a line of
capitals. Of numbers, ages alone are read. Each step is linear in the text's length.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import pairwise

import numpy as np
import pyarrow as pa

from models.text import names, normalisation, vocabulary

_ORDINARY = """
absent access according account action additional address admitted adult adults advice agency airbnb allegation
ambulance android anonymous any appointment area arrest arrested assault associate associates attempted attended badoo
bail bedroom believed bitcoin boyfriend boys brother burglary call called caller camera car care carer carers case cash
chat checks child children christmas claimed class client college community complainant complaint concern concerns
considered constable contact content context copy council county court crime criminal current custody cyber data
daughter dc dci death delivery denied described despite detail details discord domestic dr driver drug drugs drunk ds
dsu due during each easter email emergency employer enquiry evening every everyone evidence exploitation facebook
family father female females fight fire following fortnite found fraud friday friend friends further gang girl
girlfriend girls given going good google got grandmother grindr group guardian halloween happy harassment has health
hello help hi home hospital hostel hotel house housing however image images immigration incident index info informant
information injuries injury insp inspector instagram intel intelligence internet interview investigation iphone item
juvenile kids kik knife known lady landlord last later left let licence like likely line link linked lives living local
located location lone look looks made make male males man manager many maybe media medical meeting member men mental
message messages messenger met minecraft misper missing mobile monday most mother mr mrs ms much must mx named need
needs neighbour neighbourhood neighbours netflix never new next night no nobody note nothing noticed now number nurse
offence offences offender officer officers often older omegle one online onlyfans operation organised originator owes
owing owner paid parent parents park partner party passenger patient patrol paypal pc people person phone phones photo
photographs pictures playstation please police possible possibly premises present previous prison problem prof
professional property public pupil recent recently referral refused regarding released report reported reports requires
residence resident rev risk robbery roblox safeguarding safety said saturday says school schools search second seen
sergeant series service services several sex sexual sexually sgt shared shop sighted since sir sister skype snapchat
social solicitor someone something sometimes son source staff station steam still stop stopped street student subject
subsequently sunday supply support suspect suspected suspicious taxi teacher team telegram telephone text thank thanks
theft threat threats thursday tiktok tinder today tomorrow tonight traffic trafficking train trying tuesday twitch
twitter two uber uncle unclear unit unknown update updated used user users uses van various vehicle vehicles viber
victim victims video violence visit vulnerable wants warning weapon weapons wednesday whatsapp when whenever wife
witness woman women words work worker workers xbox yes yesterday yet youth youtube
""".split()
# Words with a capital letter that no rule of shape takes for a name.
KEPT = frozenset(
    ({*_ORDINARY, *vocabulary.UNREAD_WORDS} | {word for phrase in vocabulary.KEYWORDS for word in phrase.split()})
    - {"may", "will"}
)
_ACRONYMS = frozenset(
    """
    aka anpr asb bwv cad camhs cce cctv chisvs cid cps crb csa csae cse csew dara dash dob dvla dvpn dvpo gbh
    gp hmp hmrc idva iioc imei inft intel iom ip isva lado len mapp mappa marac mash mdma mo mofp msht nca nfa
    nfo nhs nok npt nrm nspcc ocg omu osint pcso pm pnc pnd poc ppu pwits rso rspca rtc rvp sarc sen sho shpo
    sim sio sms soc spoc sti suspd tba thc tik uasc unsub urn usb vip visor voip vpi vpn vrm wifi yos yot
    """.split()
)
_TITLES = frozenset(["mr", "mrs", "ms", "mx"])  # of a name even where it is written small
_SHORT = frozenset("mr mrs ms mx dr op st rd ave approx no tel ref re sgt insp insp det prof rev".split())
_MONTHS = frozenset(
    "january february march april may june july august september october november december "
    "jan feb mar apr jun jul aug sep sept oct nov dec".split()
)
_NAMES = names.GIVEN | names.SURNAMES
_ALWAYS = _NAMES - names.WORDS_TOO
_VERB_LIKE = ("ed", "ing", "ly", "tion", "ment", "ness")  # a first word that is no name, whatever follows it

_TOKEN = re.compile(r"[^\W_]+(?:['’][^\W\d_]+){0,2}")
# Addresses of mail and of the web, and handles. Bounded, so that a long run without an end is read once.
_ADDRESS = re.compile(r"[^\s@]{0,64}@[^\s@]{1,255}|(?:https?://|www\.)[^\s]+")
_FIGURE = re.compile(r"\d")
_ENDS_SENTENCE = re.compile(r"[.!?…:\n•]|[\"“”]$")
_AGE = re.compile(
    r"(?i)(?<![\w.,:/£$€-])\d{1,2}(?:\s?(?:-|/|to|and|or)\s?\d{1,2})?\s?-?(?:y/?o|yrs?[ -]?old|years?[ -]olds?|yrs)\b"
    r"|\bage[ds]?:?\s(?:about\s|around\s|approx\s|between\s|of\s)?\d{1,2}(?:\s?(?:-|/|to|and|or)\s?\d{1,2})?(?![\w/:.]?\d)"
    r"|\b(?:under|over)[ -]?1[0-9]s?\b|(?<=\()\d{1,2}(?=\)(?!\s?\d))"
)
_AGE_NEXT_TO_NAME = re.compile(r"\d{1,2}(?=\s?[,);.])")
_ROLE = re.compile(
    r"(?i)(?:susp?|vic|wit|subj?|off|child|fe?male|male|[avimy]p|[svw])\d"
)  # SUS1, V2: a person without a name
_PLATE = re.compile(r"[A-Z]{2}\d{2}")


def of(text: str) -> normalisation.Reading:
    """The reading of one text, masked, with the way back to what was written."""
    read = normalisation.of(text)
    return normalisation.Reading(masked(read.text), read.origin)


def texts(written: Iterable[str | None] | pa.Array) -> np.ndarray:
    """Readings of many texts, masked, as an object array of strings. An absent text reads as empty."""
    read = normalisation.texts(written)
    for place, text in enumerate(read):
        read[place] = masked(text)
    return read


def masked(text: str) -> str:
    """`text`, normalised, with spaces in the place of names, addresses, dates and numbers; as long as before."""
    text = _ADDRESS.sub(lambda match: " " * len(match.group()), text)
    tokens = [match.span() for match in _TOKEN.finditer(text)]
    if not tokens:
        return text
    spans = [tokens[k] for k in _identifying(text, tokens)]
    if not spans:
        return text
    pieces, done = [], 0
    for start, end in spans:
        pieces += [text[done:start], " " * (end - start)]
        done = end
    return "".join([*pieces, text[done:]])


class _Words:
    """A text's words: as written, small without a genitive, and what each's letters show."""

    def __init__(self, text: str, tokens: list[tuple[int, int]]) -> None:
        self.written = [text[start:end] for start, end in tokens]
        self.small = [_small(word) for word in self.written]
        self.gaps = ["\n", *(text[a[1] : b[0]] for a, b in pairwise(tokens)), "\n"]
        self.has_digit = [not word.isalpha() and bool(_FIGURE.search(word)) for word in self.written]
        self.is_upper = [len(word) > 1 and word.isupper() for word in self.written]
        self.is_capital = [
            len(word) > 1 and word[0].isupper() and not upper
            for word, upper in zip(self.written, self.is_upper, strict=True)
        ]
        self.is_plain = [word[0].islower() for word in self.written]
        self.is_flat = _flat(self)

    def opens(self, k: int) -> bool:
        """Whether a sentence may begin at a word."""
        gap = self.gaps[k]
        return bool(_ENDS_SENTENCE.search(gap)) and not (gap[0] == "." and k and self.small[k - 1] in _SHORT)

    def is_next_to(self, k: int) -> bool:
        """Whether a word and the one before it can be one name."""
        return self.gaps[k] in (" ", "-", ", ", "  ")


def _small(word: str) -> str:
    small = word.lower().replace("’", "'")
    return small[:-2] if small.endswith("'s") else small


def _flat(words: _Words) -> list[bool]:
    """Whether each word stands in a line of capitals, where a capital says nothing."""
    flat, first = [False] * len(words.written), 0
    for k in range(1, len(flat) + 1):
        if k < len(flat) and "\n" not in words.gaps[k]:
            continue
        line = [j for j in range(first, k) if words.written[j].isalpha() and len(words.written[j]) > 1]
        if len(line) >= 4 and sum(words.is_upper[j] for j in line) >= 0.6 * len(line):
            flat[first:k] = [True] * (k - first)
        first = k
    return flat


def _identifying(text: str, tokens: list[tuple[int, int]]) -> list[int]:
    """Numbers of the words that are blanked out, in order."""
    words = _Words(text, tokens)
    is_name = _listed(words)
    _by_shape(words, is_name)
    _next_to_names(words, is_name)
    is_number = _numbers(text, tokens, words, is_name)
    return [k for k in range(len(tokens)) if is_name[k] or is_number[k]]


def _listed(words: _Words) -> list[bool]:
    return [small in _ALWAYS and (not words.is_upper[k] or len(small) > 3) for k, small in enumerate(words.small)]


def _by_shape(words: _Words, is_name: list[bool]) -> None:
    """Capitals where no sentence begins, pairs of capitals, and the same words wherever else they have a capital."""
    also_small = {small for small, plain in zip(words.small, words.is_plain, strict=True) if plain}
    seen = set()
    for k, small in enumerate(words.small):
        if not words.is_capital[k] or words.is_flat[k] or words.has_digit[k]:
            continue
        is_word = small in KEPT or (small in also_small and small not in _NAMES)
        if is_word or (words.opens(k) and not _begins_name(words, k, also_small)):
            continue
        is_name[k] = True
        seen.add(small)
    for k, small in enumerate(words.small):
        if small in seen and (words.is_capital[k] or (words.is_upper[k] and small not in _ACRONYMS)):
            is_name[k] = True


def _begins_name(words: _Words, k: int, also_small: set[str]) -> bool:
    """Whether the first word of a sentence is the first of several that make up a name."""
    small = words.small[k]
    if k + 1 == len(words.small) or not words.is_next_to(k + 1) or small.endswith(_VERB_LIKE):
        return False
    following = words.small[k + 1]
    is_capital = words.is_capital[k + 1] and following not in KEPT and following not in also_small
    return is_capital or (words.is_upper[k + 1] and following in _NAMES)


def _next_to_names(words: _Words, is_name: list[bool]) -> None:
    """Words that a name next to them shows to be a part of it: surnames in capitals, listed words, titles."""
    last = len(is_name) - 1
    for k in range(1, last + 1):
        if words.small[k - 1] in _TITLES and words.gaps[k] in (" ", ". ") and words.small[k] not in KEPT:
            is_name[k] = not words.has_digit[k]
    for order, step in ((range(1, last + 1), -1), (range(last - 1, -1, -1), 1)):
        for k in order:  # away from the names, so that one leads to the next
            if not is_name[k + step] or is_name[k] or words.has_digit[k] or not words.is_next_to(max(k, k + step)):
                continue
            small = words.small[k]
            is_surname = small in names.SURNAMES and words.small[k + step] in names.GIVEN
            is_in_capitals = words.is_upper[k] and not words.is_flat[k] and not words.is_flat[k + step]
            is_name[k] = is_surname or (
                is_in_capitals and len(small) > 2 and small not in _ACRONYMS and small not in KEPT
            )


def _numbers(text: str, tokens: list[tuple[int, int]], words: _Words, is_name: list[bool]) -> list[bool]:
    """Words with a figure that are no age, and months next to one."""
    is_number = list(words.has_digit)
    if not any(is_number):
        return is_number
    ages = [match.span() for match in _AGE.finditer(text)]
    age = 0
    for k, (start, end) in enumerate(tokens):
        if not words.has_digit[k]:
            continue
        while age < len(ages) and ages[age][1] <= start:
            age += 1
        is_age = age < len(ages) and ages[age][0] <= start and len(words.written[k]) < 6
        is_of_name = k > 0 and is_name[k - 1] and words.gaps[k] in (", ", " (", " aged ")
        is_of_name = is_of_name and end - start <= 2 and bool(_AGE_NEXT_TO_NAME.match(text, start))
        is_number[k] = not (is_age or is_of_name or _ROLE.fullmatch(words.written[k]))
    for k, small in enumerate(words.small):
        if small in _MONTHS and any(is_number[j] for j in (k - 1, k + 1) if 0 <= j < len(tokens)):
            is_name[k] = True
        if (
            k
            and len(small) == 3
            and words.is_upper[k]
            and _PLATE.fullmatch(words.written[k - 1])
            and words.gaps[k] == " "
        ):
            is_name[k] = True
    return is_number
