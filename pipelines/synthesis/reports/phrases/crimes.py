# ruff: noqa: E501 - phrases are easier to read and compare on one line
"""Core phrases of the other subjects: what most intelligence reports are about."""

from __future__ import annotations

CCE = (
    "{v} is [believed to be|thought to be|said to be] [running|holding|moving] [drugs|wraps|packages|class A] for [{s}|'{nick}'|the {nick} line|an out-of-force line] [in|into|around] {town}.",
    "{vs} owes a [debt|drug debt] of {money} to {s} [after losing a package|after being robbed|for 'lost stock'] and [is working it off|has been told to sell|his family were threatened].",
    "{v} was [stopped|located|found] in {town2} with [{n} wraps|cash and a knife|a burner phone and {money}|a tenancy key] and [NRM referral made|no explanation given|released to carers].",
    "The {nick} [line|phone line|deal line] ([{phone}]) is [active again|being held by {s}|advertising in {town}] and uses [local kids|young runners|{v} and others].",
    "A [cuckooed address|local user's flat] on {street} is [used|being used] by {s} and [young runners|{v}|youths from {town2}] to [deal|package|store].",
    "[Criminal exploitation|Child criminal exploitation|CCE] concerns re {v}, [linked to {s}|knife carrying|county lines], [NRM submitted|multi-agency meeting on {date}|school exclusion noted].",
)
DA = (
    "{p} [reports|states|told {w}] that {ppos} [partner|ex-partner|husband|wife] {s} [pushed {pobj}|shouted and broke items|followed {pobj} home|smashed {ppos} phone] [on {date}|last night|during an argument].",
    "[DASH completed|DARA completed|Domestic incident], [standard|medium|high] risk, {n} [previous incidents|children in the household|calls this year].",
    "{s} is [breaching|said to be breaching|in breach of] [bail|a non-molestation order|a DVPO] by [attending {street}|calling {p}|sitting outside in a {car}].",
    "{s} [controls|checks|monitors] {ppos} [money|phone|movements] and [will not let {pobj} see family|tracks {ppos} car|has {ppos} passwords].",
    "Neighbours [heard|report hearing] [screaming|a disturbance|arguing] from {premises} at {time}, [children present|{p} would not open the door|{s} left in a {car}].",
    "{p} has [moved to a refuge|changed the locks|asked for Clare's Law disclosure] [fearing|because of] {s}, [MARAC referral|IDVA allocated].",
)
DRUGS = (
    "{s} is [dealing|supplying|selling|knocking out] [cannabis|cocaine|crack and heroin|ketamine|class A|pregabalin] [from|at|around] [{premises}|{street}|the alley by {street}].",
    "[Regular|Constant|Short] [footfall|visits|callers] at {premises} [between {time} and midnight|day and night|staying under a minute], [strong smell of cannabis|exchanges seen through the window|cars double parked].",
    "{s} uses a {car} [VRM {vrm}|({vrm})] to [drop off|deliver|run] [deals|gear|orders] [to {town2}|around {town}|after {time}], orders taken on {phone}.",
    "A [cannabis grow|cultivation|farm] is [suspected|thought to be] at {premises}, [windows blacked out|heat and humming noise|electricity bypassed|no bins put out].",
    "{s} and {s2} [have fallen out|are in dispute|are working together] over [a debt of {money}|the {town} market|a missing kilo|stolen plants].",
    "{s} [keeps|stashes|hides] [drugs|cash|scales and bags] [in the loft|at his mother's|in a lock-up off {street}|in the bushes behind {premises}].",
    "Price of [an eighth|a gram|a rock|two for fifteen] is {money}, [{s} offers tick|deals by {dow} only|bulk from {town2}].",
    "[Older lads|Males in their twenties|A group of males] [deal|sell] from a {car} near [the school|{street}|the skate park], [young people buying|swaps seen at {time}].",
    "A hotel room on {street} [was rented|is being rented] by {s2} for {s} to [bag up|deal from|stay out of the way], [paid in cash|{n} nights|cleaner refused entry].",
)
FIREARMS = (
    "{s} [has access to|is said to hold|was seen with] a [handgun|shotgun|converted blank firer|imitation firearm], [kept at {street}|bought for {money}00|moved often].",
    "[Loud bangs|Shots|A discharge] reported near {street} at {time}, [no casings found|{car} made off|linked to a feud with {s}].",
    "{s} [is looking to buy|asked for|offered to sell] ['a strap'|'a tool'|a firearm and rounds] [through {s2}|in {town2}|before {dow}].",
    "Licence holder {s} [has been drinking|threatened a neighbour|stores guns insecurely], [review of certificate|home visit requested].",
)
FRAUD = (
    "{p} was [telephoned|called|visited] by a male [claiming to be from the bank|claiming to be a police officer|offering roof work] and [paid|handed over|transferred] {money}0 [on {date}|in cash|to {s}].",
    "{s} is [opening|using|selling] [bank accounts|mule accounts|false identities] for [a fee of {money}|others|{s2}], [recruiting students|letters sent to {street}].",
    "[Business|Invoice|Insurance|Benefit] fraud suspected at {premises}, [director {s}|false accounts|cash not declared], [HMRC interest|Action Fraud ref held].",
    "{s} [sells|is selling] [counterfeit goods|fake tickets|cars with false mileage] on {platform} [for {money}|from {premises}|using {phone}].",
)
ASB = (
    "[A group of youths|Youths|A group of teenagers] [gather|are gathering|congregate] [at|outside|behind] {premises} [from {time}|most evenings|at weekends], [shouting|setting fires|throwing stones|riding bikes at people].",
    "[Off-road bikes|E-scooters|Cars racing] on {street} [again|every {dow}], [rider named as {s}|no plates|residents fed up|seen heading to {town2}].",
    "{s} is [playing loud music|abusing neighbours|threatening shop staff|street drinking] at {premises}, [warning issued|CPN considered|council aware].",
    "[Graffiti|Criminal damage|Broken windows] at {premises}, [tag '{nick}'|CCTV shows {s}|cost put at {money}].",
    "Alcohol and [nitrous canisters|vapes|cannabis] left [in the park|by the bandstand|near {street}] where [young people|mixed ages|older youths and girls from the school] meet.",
)
MSHT = (
    "[{n} workers|Several males|Foreign nationals] live at {premises}, [collected by van at {time}|wages kept by {s}|no freedom to leave|passports held].",
    "{s} [recruits|brings in|transports] workers [from overseas|through an agency|for {money} a head] to [farms|car washes|nail bars|building sites] around {town}.",
    "{p} [approached {w}|told a charity|left a note] saying {pp} [was not paid|was threatened|could not leave], [NRM offered|GLAA informed|first responder visit].",
    "A [van|minibus] VRM {vrm} [drops|collects] [workers|men] on {street} [before dawn|seven days a week], [driver {s}|linked to {town2}].",
)
ACQ = (
    "{s} is [stealing|taking|selling] [bikes|catalytic converters|meat and alcohol|power tools|plant] [to order|from {premises}|around {town}], [stored off {street}|sold on {platform}|moved in a {car}].",
    "[Burglary|Attempt burglary|Theft from vehicle] on {street} [overnight|between {time} and morning], [entry by rear window|keys taken|CCTV of a {car}], [suspect {s}|no lines].",
    "{s} and {s2} are [responsible for|behind|boasting about] [the shed breaks|the distraction thefts|the shop thefts] in {town}, [selling to {nick}|using a {car}].",
    "[Number plates|Vehicles] [cloned|stolen] from {street}, {vrm} [seen on a {car}|linked to bilkings|activating in {town2}].",
    "[Poaching|Hare coursing|Diesel theft|Lead theft] [near {town}|at farms off {street}], {n} males with [dogs|a {car}|torches], [{vrm} noted|{s} named].",
)
WELFARE = (
    "[Concern|Worry|Referral] re {v} ({age}) [following|after] [parental separation|bereavement|an argument at home|exclusion from school], [early help offered|no crime disclosed|signposted].",
    "{v} [ran off after|left home after] [a row about a phone|being grounded|an argument with {vpos} mother] and [stayed at a friend's|was found at {street}|went to {vpos} grandmother's], [safe and well check done|no concerns on return].",
    "[School|Housing|Health visitor] raises [neglect|home conditions|attendance|bullying] re {v}, [children hungry|house dirty|sibling caring for others|parents engaging].",
    "{v} is being [bullied|picked on|excluded by peers] [at school|on {platform}|on the bus], [nasty messages|pictures edited as a joke|fight filmed], [head of year dealing|parents met].",
    "{v} [has a new boyfriend|is seeing a boy] [in the year above|from {vpos} college|aged {age}], parents [unhappy|asking for advice|strict about curfew], [no offences|age-appropriate|advice given].",
    "[Mental health|Self-harm|Overdose] concern re {v}, [CAMHS aware|ambulance attended|parents with {vobj}|thoughts linked to exams].",
    "{v} travelled to {town2} to [see {vpos} father|meet friends at a concert|stay with an older sister] [without asking|and missed the last train], [collected by family|hotel called police as {vs} was alone].",
)
MISC = (
    "[Community|Neighbourhood|Rural] [meeting|surgery] held at {premises}: [parking|speeding|litter|lighting] raised, [no intelligence|good turnout|action for council].",
    "{s} is [due for release|to be released|on licence] on {date} to [an address on {street}|{town}|approved premises], [conditions attached|associates {s2}].",
    "[Protest|March|Football supporters] expected in {town} on {date}, [{n}0 people|peaceful so far|rival group mentioned|police liaison in contact].",
    "[Drone|Suspicious vehicle|Unknown caller] seen near {premises} at {time}, [{car} {vrm}|nothing found|no further detail].",
    "{s} is [driving whilst disqualified|driving without insurance|drink driving] [in a {car}|VRM {vrm}|to work on {street}] [daily|on {dow} mornings].",
    "[Animal welfare|Dog bite|Illegal breeding] at {premises}, [RSPCA aware|{n} dogs|owner {s}].",
    "A [wallet|phone|rucksack|handset] [found|handed in] on {street}, [owner traced|belongs to {p}|no SIM], [retained|returned].",
)

POOLS = {
    "c_CCE": CCE, "c_DA": DA, "c_DRUGS": DRUGS, "c_FIREARMS": FIREARMS, "c_FRAUD": FRAUD, "c_ASB": ASB, "c_MSHT": MSHT,
    "c_ACQ": ACQ, "c_WELFARE": WELFARE, "c_MISC": MISC,
}  # fmt: skip
