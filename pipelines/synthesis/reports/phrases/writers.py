# ruff: noqa: E501 - phrases are easier to read and compare on one line
"""How different writers write: routine sentences, openings, and abbreviations. And titles, and provenance."""

from __future__ import annotations

STYLES = ("officer", "call_handler", "social_worker", "register", "partner")

SHARED = (
    "[Intelligence checks|Checks|PNC and local checks] [completed|made|negative] on {date}.",
    "[Believed|Thought|Understood] to [live on|stay around|frequent] {street}, {town}.",
    "[Contact number|Number used|Mobile]: {phone}.",
    "[Vehicle|Car] used [is|was] a {car}, [VRM {vrm}|{vrm}|index {vrm}].",
    "[Seen|Sighted|Noted] on {street} at [about|approx|around] {time} on {date}.",
    "[Associates with|Known associate of|Often with] {s2}.",
    "[Linked to|See also|Cross reference] Operation {op}.",
    "[Area|Patrol area|Beat] is {town}; [regular complaints|quiet location|CCTV covers part of it].",
    "[No CCTV|CCTV requested|CCTV seized|Dashcam offered] [for the time|from {premises}|on {date}].",
    "[Description|Described as]: [slim|medium build|stocky], [dark hair|short hair|grey hair|hood up], [grey tracksuit|black coat|blue jeans|work clothes].",
    "[Source of this is|This comes from] [a single call|third-hand talk|one person|local knowledge] and [is not corroborated|should be treated with care|fits earlier reports].",
    "[Similar|Same|Earlier] information [received|submitted] on {date} [re the same address|re the same person|not linked at the time].",
)

ADMIN: dict[str, tuple[str, ...]] = {
    "officer": (
        "[Whilst|While] on [patrol|foot patrol|mobile patrol] on {street} at {time} [I saw|I spoke with|I stopped] {s}.",
        "BWV [on|used|retained]; [stop form completed|no offences disclosed|words of advice given].",
        "[Spoken to|Stop checked|Stop account] {s} who was [polite|evasive|agitated|with {s2}].",
        "[No further action at this time|For info of NPT|Please task to neighbourhood team|For briefing].",
        "[Officer safety|Warning markers]: [none|drugs|violent when drunk|weapons unconfirmed].",
    ),
    "call_handler": (
        "[Caller|Informant|Inft|M/F caller] [states|says|reports] [ongoing for {n} weeks|this happened at {time}|does not wish to be named|will call back].",
        "[Line cleared|Call dropped|Inft upset|Background noise heard], [no units available|log {n}{n2}4 refers|res officer to call back].",
        "[Loc|Location] is {street} jnc {street2}, {town}.",
        "[Caller anon|Anon via charity line|Caller details held|Does not want police to attend].",
        "[Poss|Believed] [ongoing|historic|nothing happening now]; [caller asked to ring 999 if it changes|advice given].",
    ),
    "social_worker": (
        "[The family are|{v} is] [known to|open to|previously known to] [children's services|early help|the duty team] [since {date}|under a child in need plan|with a plan in place].",
        "[A strategy meeting|A professionals' meeting|A core group] [is arranged for|took place on] {date} [with health and education|chaired by {w}|by video].",
        "[Consent|Parental consent] [to share was given|was not sought|was refused]; [the voice of the child is recorded|views of the child not yet known].",
        "[The allocated worker|The duty worker] will [visit|see {v} alone|speak to the school] [within {n} days|by {date}].",
    ),
    "register": (
        "[Intelligence suggests|Information indicates|It is assessed] that the above [is correct as of {date}|may be known to few people|is likely to continue].",
        "[Dissemination|Onward use] [is limited|only after consultation with the originator|requires sanitisation].",
        "The [source|originating source] [has reported reliably before|is in a position to know|has heard this from another].",
        "[Corroboration|Development] [is sought|should avoid identifying the source|may be had from open sources].",
    ),
    "partner": (
        "[Submitted|Shared|Passed on] by [a housing officer|a school|a licensing officer|a charity|a health professional] [via the partnership form|by secure email|at the weekly meeting].",
        "[The agency|Our service|The school] [has no further information|would like feedback|will update if anything changes].",
        "[Staff|Colleagues] [have been reminded|were asked] to [log dates and times|submit anything further|avoid contact].",
    ),
}  # fmt: skip

TITLES_GENERIC = (
    "[Information|Intel|Info] re {s}", "[Sighting|Movements] of {s}", "[Concern|Concerns] - {street}, {town}",
    "[Partner|Agency] [referral|information] - {town}", "{premises}", "[Call from public|Anon information] - {town}",
    "{s} / {s2}", "[Update|Further information] re {s}", "Vehicle {vrm}", "[Tel|Number] {phone}",
)  # fmt: skip
TITLES_CHILD = (
    "[Concern|Concerns|Worries] re {v}", "{v} - [welfare|safeguarding|missing|update]", "[Child|Young person] [concern|information] - {town}",
    "[Missing|Return interview] - {v}", "[School|Home] referral - {v}", "[Vulnerable child|VPI|Child at risk] {v}",
)  # fmt: skip
TITLES_TOPIC: dict[str, tuple[str, ...]] = {
    "CSAE": ("[CSE concern|CSE information|Child sexual abuse] - {v}", "[Online grooming|CSA|Indecent images] - {town}"),
    "CCE": ("[County lines|CCE|Drug running] - {nick} line", "[Exploitation|Criminal exploitation] of {v}"),
    "DA": ("[Domestic|DA] - {street}", "[Domestic abuse|Harassment] {p} / {s}"),
    "DRUGS": ("[Drug supply|Dealing|PWITS] - {s}", "[Drugs|Cannabis] at {premises}"),
    "FIREARMS": ("[Firearm|Weapon] intel - {s}",),
    "FRAUD": ("[Fraud|Scam] - {town}", "[Financial exploitation|Financial abuse] of {p}"),
    "ASB": ("[ASB|Youths|Nuisance] - {street}", "[Off-road bikes|Damage] {town}"),
    "MSHT": ("[Modern slavery|Labour exploitation|MSHT] - {premises}",),
    "ACQ": ("[Theft|Burglary|Stolen goods] - {s}", "[Vehicle crime|Rural crime] {town}"),
    "WELFARE": ("[Welfare|Safeguarding] {v}", "[Child protection|Neglect|Bullying] - {v}"),
    "ADULT_SEX": ("[RSO visit|RSO] {s}", "[Sexual offence|Exposure|Harassment] - {town}"),
    "MISC": ("[Community|Local] information - {town}", "[Prison release|Traffic|Event] - {town}"),
}  # fmt: skip

PROVENANCE = (
    "[Officer observation|Own observation|Seen by officer] [on duty|on {date}|during other enquiries].",
    "[Member of public|Local resident|Anonymous caller] [by phone|by online form|at the front counter][ on {date}|].",
    "[Named|Regular] source, [tested on {n} occasions|first report|access explained to the controller].",
    "[Partner agency|School|Housing|Health], [named professional held|via MASH|in writing].",
    "[Heard from|Told by] a third party; [basis not known|first-hand account not available].",
    "[Industry|Open source|Seized device|Custody] [information|material], [ref {n}{n2}7|reviewed {date}].",
)

# Abbreviations, by writer: (long form, short form). Applied to some of the writer's reports only.
ABBREVIATIONS: dict[str, tuple[tuple[tuple[str, str], ...], ...]] = {
    "officer": (
        ((" vehicle", " veh"), ("suspected", "susp"), (" information", " info")),
        ((" with ", " w/ "), ("believed", "bel'd"), ("address", "add")),
        ((" missing", " MISPER"), (" and ", " & ")),
    ),
    "call_handler": (
        ((" and ", " & "), ("possible", "poss"), (" male", " m"), ("female", "f/m")),
        ((" years", " yrs"), ("number", "no"), ("school", "sch"), (" with ", " w ")),
        (("called", "cld"), ("because", "bcos"), ("have been", "hv been"), ("police", "pol")),
    ),
    "social_worker": (
        (("young person", "YP"), ("social worker", "SW"), ("looked after", "LAC")),
        (("Mother", "Mum"), ("grandmother", "nan")),
    ),
    "register": ((("believed", "assessed"), (" said", " reported")),),
    "partner": (((" and ", " + "), ("young people", "YPs")),),
}

# Slips that writers make: (right, wrong). Each report makes at most a few.
MISSPELLINGS: tuple[tuple[tuple[str, str], ...], ...] = (
    (("believed", "beleived"), ("received", "recieved"), ("exploitation", "explotation")),
    (("vehicle", "vehical"), ("their", "thier"), ("grooming", "gromming")),
    (("address", "adress"), ("suspicious", "suspicous"), ("sexual", "sexaul")),
    (("associate", "assosiate"), ("separate", "seperate"), ("indecent", "indecant")),
    (("school", "shcool"), ("neighbour", "neighbor"), ("exploited", "exploted")),
    (("which", "wich"), ("there", "their"), ("known", "know")),
)
