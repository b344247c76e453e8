"""Word lists that classifiers use: what they never read, and what the keyword rule looks for.

All words are lower case and without accents, as the vectorisers see text.
"""

from __future__ import annotations

# Closed-class English words. They say nothing about exploitation and make poor reasons for an analyst to read.
# Negations (no, not, never, denied, without) are deliberately kept: they change what a report says.
# General stop lists are not used because they drop words that matter here (call, cry, fire, found, serious).
FUNCTION_WORDS = (
    "a about above after again all also although am an and any are as at be because been before being below between "
    "both but by can could did do does doing down during each either else etc few for from further had has have having "
    "he her here hers him his how however if in into is it its itself just may me might more most must my of off on "
    "once only or other our out over own per rather same shall she should since so some such than that the their "
    "theirs them then there therefore these they this those though through thus to too under until up upon us very via "
    "was we were what when where whether which while who whom whose why will with within would yet you your"
).split()

# Ethnicity, nationality, faith and the codes for them are never a model input, not even as words of a report.
# "black" and "white" go as well: their use for colours is worth less than the certainty.
PROTECTED_WORDS = (
    "african afghan albanian algerian american arab arabic asian bangladeshi bengali black brazilian british bulgarian "
    "caribbean caucasian chinese christian congolese czech dutch egyptian english eritrean estonian ethiopian ethnic "
    "ethnicity european filipino french gambian german ghanaian greek gypsies gypsy hindu hispanic hungarian indian "
    "iranian iraqi irish islam islamic italian jamaican japanese jewish kashmiri kenyan korean kosovan kurd kurdish "
    "latvian libyan lithuanian malaysian mexican mixed mongolian moroccan moslem muslim nationality nepalese nepali "
    "nigerian oriental pakistani palestinian polish portuguese race racial roma romani romanian romany russian rwandan "
    "saudi scottish serbian sikh slovak slovakian slovenian somali somalian spanish sudanese syrian tamil thai "
    "traveller travellers tunisian turkish ugandan ukrainian vietnamese welsh white yemeni zimbabwean "
    "ic0 ic1 ic2 ic3 ic4 ic5 ic6 ic7 ic8 ic9"
).split()

UNREAD_WORDS = tuple(sorted({*FUNCTION_WORDS, *PROTECTED_WORDS}))

# Families of reports, by phrases: what a force's practice of tagging is compared by. A report may be of several.
FAMILIES: dict[str, tuple[str, ...]] = {
    "said_outright": (
        "cse", "csa", "csae", "child sexual exploitation", "child sexual abuse", "sexual exploitation",
        "sexually exploited", "grooming", "groomed",
    ),
    "sexual_offence": ("rape", "raped", "sexual assault", "sexually assaulted", "sexual abuse", "sexual activity"),
    "images": (
        "iioc", "indecent image", "indecent images", "indecent photographs", "intimate images", "nude images",
        "explicit images", "sextortion",
    ),
    "online": ("online", "snapchat", "instagram", "social media", "messaging app", "live chat", "gaming platform"),
    "missing": ("missing", "misper", "absent"),
    "older_people_and_gifts": (
        "older boyfriend", "older male", "older males", "older man", "older men", "gifts", "hotel",
    ),
}  # fmt: skip

# The keyword rule: phrases of one to three words and the points each gives, once per report. Written from the plain
# vocabulary of public guidance (College of Policing APP on child sexual exploitation; Home Office definition of 2017),
# before any data was looked at. Negation is not handled: it is the baseline that a model has to beat.
KEYWORDS: dict[str, float] = {
    # says it outright
    "cse": 3.0,
    "csa": 3.0,
    "csae": 3.0,
    "iioc": 3.0,
    "child sexual exploitation": 3.0,
    "child sexual abuse": 3.0,
    "sexual exploitation": 3.0,
    "sexually exploited": 3.0,
    "indecent image": 3.0,
    "indecent images": 3.0,
    "indecent photographs": 3.0,
    "sextortion": 3.0,
    "sexual communication": 3.0,
    "sexual activity": 2.0,
    "sexual abuse": 2.0,
    "sexually abused": 2.0,
    "sexual assault": 2.0,
    "sexually assaulted": 2.0,
    "sexual offences": 2.0,
    "sexualised": 2.0,
    "grooming": 2.0,
    "groomed": 2.0,
    "rape": 2.0,
    "raped": 2.0,
    # often beside it
    "underage": 1.0,
    "older boyfriend": 1.0,
    "older males": 1.0,
    "older men": 1.0,
    "unexplained gifts": 1.0,
    "explicit images": 1.0,
    "intimate images": 1.0,
    "nude images": 1.0,
    "hotel": 0.5,
    "gifts": 0.5,
    "missing": 0.5,
    "vulnerable": 0.5,
    "child": 0.5,
    "snapchat": 0.5,
}
