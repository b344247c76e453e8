# ruff: noqa: E501 - phrases are easier to read and compare on one line
"""Weak indicators: things that many children's reports hold, whatever turns out to lie behind them.

Exploitation reports hold several of these together; county-lines, welfare and domestic reports hold one or two. None of
them names exploitation, so no single phrase tells the two apart.
"""

from __future__ import annotations

MISSING = (
    "{v} was [reported missing|reported as missing|late home|not at {vpos} address at curfew] [again|on {date}|overnight|twice in the last {n} weeks] and [returned|came back|was located] [of {vpos} own accord|by taxi|in the early hours|at {time}|near {street}].",
    "This is the [second|third|fourth|latest] [missing episode|missing report|absence] [this month|since {date}|in {n} weeks] and {vs} [will not say|declined to say|would not discuss|was vague about] where {vs} [had been|stayed|slept].",
    "{vs} was found [in|around|close to] {town2}, [some distance from home|where {vs} has no known family|with no explanation of how {vs} travelled there|without money for the fare].",
    "[Residential staff|Carer|Mother|Foster carer|Key worker|Grandparent] [reports|states|advises] that {v} [leaves|goes out|slips out] [after {time}|late in the evening|when staff change over] and [does not answer calls|turns {vpos} phone off|returns before the morning].",
    "Return interview [offered and declined|held on {date}|not yet held|attempted {n} times]; {vs} [gave little away|said {vs} was with friends|said only that {vs} was safe|named no one].",
    "{v} has [been absent from|missed|stopped attending] [school|college|lessons|alternative provision] [on {n} days|most Fridays|since {date}] and [home|parents|the placement] [did not know|had no explanation|thought {vs} was there].",
    "{vs} [travelled|was travelling|was seen travelling] by [train|rail|coach] to {town2} [alone|with an unknown person|with a ticket {vs} did not buy|paid for by another].",
)

OLDER = (
    "{v} [is associating|has begun to associate|spends time|has been seen] with [a group of older males|older associates|people several years {vpos} senior|adults not known to the family|an older male] [in|around|near] {town}.",
    "{vs} was [collected|picked up|dropped off|met] [from school|outside {premises}|at the end of the road|near the bus station] by [a male in his twenties|an older male|two older males|a driver {vs} would not name] in a {car}.",
    "An older [friend|associate|male|contact] known [only|to {vobj}|locally] as '{nick}' [has been calling round|is said to look after {vobj}|lets {vobj} stay|is often with {vobj}].",
    "[Staff|Peers|School friends|Neighbours] [describe|talk about|mention] {vobj} [going about with|sitting in cars with|being driven by] [older people|older lads|men|someone much older].",
    "{vs} refers to [{nick}|an older person|a male in his thirties] as [a mate|{vpos} cousin|{vpos} boss|like family], [though|but] [no such relative is known|the family do not know him|records show no link].",
    "A {car} [VRM {vrm}|index not seen|part index {vrm}] has [waited|been parked|pulled up] [near the home|outside the school|at the corner of {street}] on [{n}|several] occasions and {v} [gets in|has been seen to approach it|denies knowing the driver].",
)

GIFTS = (
    "{vs} has [new trainers|a new coat|new clothing|jewellery|designer items|a smart watch] [which {vs} cannot account for|said to be a present|that the family did not buy|beyond {vpos} means].",
    "[Mother|Carer|Staff|The family] found [cash of {money}|{money} in notes|gift cards|new clothing with tags on] in {vpos} [room|bag|coat] [and do not know the source|which {vs} said belonged to a friend|on {date}].",
    "{v} [has been given|was given|says {vs} was given] [money|vapes|food|alcohol|cigarettes and food|credit for {vpos} phone] by [a friend|an associate|'{nick}'|someone {vs} would not name].",
    "{vs} [arrived|returned|came home] with [takeaway food|shopping|a bottle of spirits|new nails and hair done|a haircut and new clothes] and [no money of {vpos} own|said it was a treat|said a friend had paid].",
    "[Teacher|Youth worker|Tutor] [noted|noticed|remarked on] a [sudden|marked|recent] change in what {vs} [wears|carries|can afford], [with no obvious source|put down to birthday money|explained as sale items].",
)

PHONE = (
    "{vs} has [a second phone|an unexplained phone|two handsets|a new handset|a burner-type phone] which [{vs} hides from|is kept away from|is not known to] [staff|{vpos} parents|carers].",
    "[Calls|Messages|Repeated calls] [arrive|come in|are received] [at all hours|late at night|until after {time}] from [{phone}|a withheld number|a number saved as '{nick}'].",
    "[When asked about|Asked about|Challenged over] the phone {vs} [became upset|became angry|said it was a friend's|handed over a different one|said it was for music].",
    "The handset [was topped up by|is paid for by|was bought by] [someone else|'{nick}'|a person {vs} will not name|an unknown adult].",
    "{v} [changes|has changed] {vpos} number [often|three times since {date}|again]; [current|last known] number [{phone}|ends {n}{n2}].",
    "{vs} [deletes|clears|wipes] [messages|call history|chats] [before handing over the phone|when staff come in|daily].",
)

HOTEL = (
    "{vs} was [seen|located|found|believed to be] at [a hotel|a guest house|a budget hotel|short-let rooms|a holiday let] [on|off|near] {street}, {town} [with others|in a room booked by another|with an older person|and gave a false age].",
    "[Hotel staff|Reception|The night manager|A cleaner] [reported|called about|raised] [young people coming and going|a young female who seemed lost|a room booked for cash|noise and several visitors] [at {time}|on {date}|overnight].",
    "A [flat|bedsit|house|caravan|room] [on|at] {street} is [said to be|thought to be|described as] [a place young people go|where {vs} stays|used for parties|open to anyone after {time}].",
    "[A party|Parties|A gathering] [was held|took place|are held] at {premises} [with alcohol available|attended by mixed ages|most weekends|and {v} was there].",
    "A taxi [account|booking|receipt] shows {n} [journeys|trips] between {street} and {town2}, [paid in cash|paid by another person|late at night].",
)

ONLINE = (
    "{vs} spends [long hours|most of the night|much of {vpos} time] [on {platform}|gaming online|talking to people online] and [the family do not know who with|says they are people {vpos} own age|has been up until {time}].",
    "{v} has [over {n}00 contacts|a second profile|an account under another name|several accounts] on {platform} [which parents did not know about|that {vs} has since closed|set to public].",
    "[A contact|Someone|A person] met on {platform} has [asked to meet|asked where {vs} lives|sent {vobj} money|asked {vobj} to keep it private].",
    "[School|Parents|The youth worker] [are worried|raised a worry|asked for advice] about {vpos} [online friends|use of {platform}|time online], [no detail given|details to follow|nothing specific seen].",
    "{vs} met {nick} [through a game|on {platform}|in a group chat] and [they have since spoken daily|has been told not to tell anyone|plans to visit {town2}].",
)

HOME = (
    "{vs} [does not want to go home|is reluctant to go home|asked not to be sent home|stays late at school] when [{s}|a family friend|{vpos} step-parent|an uncle] is [there|staying|babysitting].",
    "{v} [sleeps|has been sleeping] [in {vpos} clothes|with the door blocked|at a friend's], [reason not given|and will not explain it|put down to a bad dream].",
    "[{s}|A family friend|A relative] has [regular unsupervised time with|been left alone with|offered to mind] the children and [{vs} has become quiet|the mother is uneasy|a neighbour has raised it].",
    "[Mother|Aunt|Grandmother|A sibling] has [a worry|a bad feeling|concerns she cannot explain] about {s} [being around the children|and how he is with {vobj}|since {date}].",
    "{vs} [flinched|went quiet|left the room|became tearful] when [{s} was mentioned|asked about home|the coach arrived|the visit was discussed].",
)

BEHAVIOUR = (
    "{v} has [become withdrawn|become secretive|changed in mood|lost weight|stopped seeing {vpos} friends] [since {date}|over the past {n} weeks|for no clear reason].",
    "There are [marks|scratches|fresh marks] on {vpos} arms [which {vs} explained as an accident|being looked at by the school nurse|and CAMHS has been told].",
    "{vs} [smelt of|was under the influence of|admitted having] [alcohol|cannabis|drink] [on return|when found|and was unsteady].",
    "{vs} is [scared of|worried about|wary of] [someone|getting others into trouble|being seen with police] [but would not say more|and asked to speak later|so staff will keep trying].",
    "[CAMHS|The GP|School nurse|Sexual health clinic|Youth service] [has been involved|appointment on {date}|advice sought], [no further detail shared|consent not given to share|awaiting feedback].",
    "{vs} [wrote|left] a [note|diary page|message] saying {vs} [wanted it to stop|could not tell anyone|hated someone], [context not known|found by staff on {date}|passed to the safeguarding lead].",
)

POOLS = {
    "w_missing": MISSING, "w_older": OLDER, "w_gifts": GIFTS, "w_phone": PHONE, "w_hotel": HOTEL,
    "w_online": ONLINE, "w_home": HOME, "w_behaviour": BEHAVIOUR,
}  # fmt: skip
