# ruff: noqa: E501 - phrases are easier to read and compare on one line
"""Reports that use the words of exploitation and are about something else: negations, other exploitation, hearsay."""

from __future__ import annotations

NEGATION = (
    "[No|There was no|There has been no] [disclosure of|indication of|evidence of] [sexual exploitation|exploitation|any sexual abuse|grooming|CSE] [at this time|during the visit|when spoken to], [screening scored low|no further role|case closed to MASH].",
    "CSE [screening|risk assessment] completed [on {date}|by {w}|as routine], [no indicators|standard risk|not met], [to be reviewed only if circumstances change|no further action].",
    "[Asked directly|When asked], {vs} [denied|said no to] any [sexual contact|sexual exploitation|grooming or pressure] and [this was believed|nothing seen contradicts this|staff agree].",
)

TRAINING = (
    "[CSE awareness|Child exploitation|Online grooming|Spot the signs] [training|session|briefing] [delivered to|booked for] [hotel staff|taxi drivers|school staff|licensees] in {town} on {date}, [good uptake|{n} attended|no intelligence arising].",
    "Leaflets on [grooming|sexual exploitation|sextortion|underage drinking] [left at|handed out at] {premises} as part of [a week of action|Operation {op}|the schools programme].",
    "[{w}|Partner agency] asks for [a speaker|material] on [exploitation|online grooming|indecent images and the law] for [Year 9|parents' evening|a governors' meeting].",
)

CLOSED = (
    "[Research shows|Records show|Checks show] a [historic|closed|previous] [allegation of sexual abuse|CSE concern|indecent images enquiry] from [2009|2012|2014|2016] re {s}, [found to be mistaken identity|NFA at the time|not related to this matter|filed undetected].",
    "{s} was [a witness in|mentioned in|spoken to in] [an old exploitation enquiry|a closed CSE operation|a non-recent case], [no current concern|listed for completeness only|not a subject].",
)

HEARSAY = (
    "[Gossip|A rumour|Social media talk|A neighbour dispute] [claims|has it that|alleges] {s} is [a paedophile|a groomer|on the sex offenders register], [no basis found|believed malicious|posted by an ex-partner|checks negative].",
    "[Online activist group|Self-styled hunters] posted about [a male in {town}|{s}] with the words [grooming|underage|exploitation], [wrong person|no offence identified|public order risk only].",
)

FINANCIAL = (
    "{p} ([84|79|81|88|76]) is [being financially exploited|a victim of financial exploitation|financially abused] by {s} who [holds the bank card|has moved in|takes {ppos} pension], [adult safeguarding informed|bank alerted].",
    "[Romance fraud|Investment fraud|Courier fraud]: {p} was [groomed|worked on|cultivated] over [{n} weeks|months] [by telephone|online] and sent {money}00 to an account in the name of {s2}.",
)

DOGS = (
    "{s} runs [a dog grooming business|a mobile dog grooming van|a grooming parlour] [from|at] {premises}, [neighbours complain of noise|thought to be a front for cash|vehicle {vrm} untaxed].",
    "[Theft|Burglary] at [a dog groomer's|a pet grooming salon] on {street}, [clippers|cash box|grooming table] taken [overnight|between {time} and opening].",
)

LABOUR = (
    "[Workers|Staff] at [a car wash|a nail bar|a farm|a takeaway] on {street} [appear|are thought] to be victims of [labour exploitation|exploitation|forced labour], [documents held by {s}|housed {n} to a room|paid below the minimum].",
    "Adult [female|females] believed to be [trafficked for sexual exploitation|controlled for prostitution|working under coercion] at {premises}, [pop-up brothel|adverts online|rooms booked by {s}], [all over 18|adults only|ages verified].",
)

ADULT = (
    "[Routine|Unannounced|Planned] [visit|home visit] to {s}, [registered sex offender|RSO], [compliant|no concerns|devices checked and clear], [next visit in {n} months|ARMS review unchanged].",
    "[Indecent exposure|Report of a flasher] [in the park|on {street}|near the station] at {time}, male [described as|aged about] [{sage}|tall and thin], [no children present|seen by a dog walker|no offence identified yet].",
    "{p} [adult|aged {sage}] reports [a sexual assault|being touched] [in a nightclub|at a house party|by an ex-partner] in {town}, [SARC referral|suspect {s} named|does not support police action].",
    "Complaint of [sexual harassment|sexual comments] [at work|on a train|by a customer] made by {p}, [employer dealing|advice given|RJ considered].",
    "Ex-partner [threatens to share|shared] intimate images of {p} ([31|26|42|37]), [suspect {s}|posted on {platform}], [adult complainant|image taken down].",
)

UNDERAGE = (
    "[Underage sales|Test purchase|Underage drinking] [operation|complaint] at {premises}, [sold to a volunteer|two failed|licensing informed|refused sale].",
    "[Youths|Underage youths] [buying|being sold] [vapes|alcohol|fireworks] at the shop on {street}, [trading standards aware|owner {s} warned].",
)

# The decoys that a report of any subject may hold as one sentence.
POOLS = {
    "k_negation": NEGATION, "k_training": TRAINING, "k_closed": CLOSED, "k_hearsay": HEARSAY, "k_financial": FINANCIAL,
    "k_dogs": DOGS, "k_labour": LABOUR, "k_adult": ADULT, "k_underage": UNDERAGE,
}  # fmt: skip
