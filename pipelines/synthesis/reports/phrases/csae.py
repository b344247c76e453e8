# ruff: noqa: E501 - phrases are easier to read and compare on one line
"""Phrases of reports that are about child sexual abuse and exploitation: explicit ones by kind, and euphemistic ones.

Explicit phrases use the field's words and stop there: what an intelligence report says to be read by others, without
any description of acts. Euphemistic phrases name nothing; they only make the concern likely when read with the rest.
"""

from __future__ import annotations

EXPLICIT: dict[str, tuple[str, ...]] = {
    "CSA_FAMILIAL": (
        "{v} [has made a disclosure|disclosed|made a partial disclosure] to [school|a teacher|{vpos} social worker|an aunt] of [sexual abuse|abuse of a sexual nature] by [{s}|a family member|a relative], [strategy discussion held|section 47 enquiry begun|account to be obtained].",
        "Referral re [alleged|suspected|possible] intra-familial [sexual abuse|CSA] of {v} by {s}; [joint visit planned|he has moved out|medical to be arranged].",
        "[Sibling|Cousin|Mother] alleges {s} [sexually abused|has been sexually abusing] {v} [when staying over|during contact visits|over a period of time].",
    ),
    "CSA_INSTITUTION": (
        "Allegation that {s}, [a coach|a volunteer|a tutor|a youth leader], [had a sexual relationship with|behaved in a sexual way towards|sexually abused] {v} [while in a position of trust|at the club|on a residential]; LADO [informed|notified].",
        "LADO referral: {s} [has been messaging|met alone with|is alleged to have groomed] [a pupil|{v}|more than one young member] [outside the club's rules|contrary to policy], position of trust offences to be considered.",
    ),
    "CSA_CHILD_ON_CHILD": (
        "[School|The placement] reports harmful sexual behaviour [between pupils|by another pupil towards {v}|on the school bus]; [both families informed|AIM assessment requested].",
        "{v} [states|disclosed] that [a boy in {vpos} year|another resident|an older pupil] sexually assaulted {vobj}, [details kept to a minimum pending ABE interview|both children safeguarded].",
    ),
    "CSE_GROUP": (
        "[Information suggests|It is believed|Concern] that {v} is at risk of child sexual exploitation by [a group of males|{s} and others|several linked males] in {town}.",
        "{v} has been [named|identified|mapped] as a [victim|potential victim] of CSE involving {s} [and associates|and at least {n} others], [CSE screening tool scored high|multi-agency meeting set].",
        "[Males|Adults] at {premises} are [alleged|suspected] to be sexually exploiting [girls|children|young people] [from local homes|who go missing|including {v}].",
    ),
    "CSE_GANG": (
        "{v} is [alleged|believed|suspected] to be sexually exploited by [members|nominals] of [the '{nick}' group|an urban street gang|a county lines group], [linked to drug debt|passed between associates].",
        "CSE concern: [girls|young people] associated with the '{nick}' [line|group] are [expected|pressured] to [have sex with members|provide sexual favours], {s} named.",
    ),
    "CSE_LONE": (
        "{s} ({sage}) is [believed|suspected|alleged] to be in a [sexual|inappropriate sexual] relationship with {v} who is under 16; [abduction notice considered|CAWN to be served].",
        "Concern that {s} is [grooming|sexually exploiting] {v}, [a looked-after child|aged {age}], [having met outside school|giving lifts and gifts].",
        "{v} believed to be a victim of child sexual exploitation by {s}; [underage|not yet sixteen], [denies relationship|will not engage with police].",
    ),
    "ONLINE_GROOMING": (
        "[Parent|School|Industry referral|CEOP referral] reports {v} was groomed online by an adult using [the name {nick}|a false profile] on {platform}, [sexual communication with a child suspected|asked for images|asked to meet].",
        "{s} is suspected of sexual communication with [a child|{v}|several children] via {platform}; [devices seized|IP resolution requested].",
    ),
    "IIOC": (
        "[Industry referral|NCA package|Referral] indicates [an account|IP address] linked to {premises} was used to [upload|access|share] indecent images of children, [resident {s}|no named user], [warrant to be sought|KIRAT assessment due].",
        "{s} suspected of [possession|distribution] of indecent images of children (IIOC), [children at the address|access to children being checked].",
    ),
    "SELF_GENERATED": (
        "School [reports|advise] {v} [sent|shared|took] a nude image of {vobj}self [to a peer|on {platform}], [image has been passed round|since shared in a group chat]; youth produced sexual imagery policy followed.",
        "Self-generated indecent image of {v} [found|believed to be held] on [a pupil's phone|{platform}], [safeguarding response|outcome 21 considered].",
    ),
    "LIVESTREAM": (
        "Referral that {v} was [persuaded|coerced] by [an unknown adult|a viewer] to [appear|perform] on a live stream for sexual purposes on {platform}, [stream reported|account closed].",
        "{s} suspected of paying to view live-streamed child sexual abuse; [payments of {money} to overseas accounts|remittance records checked].",
    ),
    "SEXTORTION": (
        "{v} is being [threatened|blackmailed] by [an unknown person|'{nick}'] who [demands|wants] {money} or [intimate images|nude pictures] will be sent to [friends|family]; financially motivated sextortion suspected.",
        "Sextortion report: {v} shared [intimate|nude] images with [a profile named {nick}|someone met on {platform}] and has [paid {money}|been told to pay].",
    ),
    "NON_RECENT": (
        "[An adult|A caller now in her forties|A serving prisoner] [discloses|alleges] non-recent [sexual abuse|child sexual abuse] by {s} [in the 1980s|in the 1990s|while in care], [when a child|at a former children's home].",
        "Non-recent CSA allegation against {s}, [now elderly|still in contact with children|believed deceased], [counsellor's referral|report via national helpline].",
    ),
}  # fmt: skip

SOFT_CONTACT = (
    "{vs} [calls|describes] {s} as {vpos} boyfriend [though he is in his {decade}|but he is much older|and says age does not matter].",
    "{vs} [stays over|has been staying] [at {s}'s flat|at an address on {street}] with [older males|men {vs} met through {nick}] where [drink and food are provided|nobody asks {vpos} age|other young girls are also said to go].",
    "It is said that [girls|young ones|kids from the home] are [invited|brought|taken] to {premises} [and made a fuss of|for parties with the men|and given drink], and [{vs} felt {vs} owed them|that they are expected to be nice to the guests|{vs} came back upset].",
    "{s} [buys {vobj} things|takes {vobj} shopping|pays for {vpos} nails] and [{vs} does what he says|tells {vobj} not to see {vpos} friends|wants {vobj} there when his friends come round].",
    "{vs} asked the nurse for [the morning-after pill|a test|contraception] [again|for the second time this month] and [would not say who the partner is|said the partner works at a takeaway|was driven there by an adult].",
    "{vs} was in [a hotel room|a car in a lay-by|a room above a shop] with {s} [at {time}|overnight], [both said they were just talking|{vs} gave a false age|he left on seeing police].",
    "[Two|Three|Several] of the girls [have the same friend called {nick}|all know {s}|get lifts from the same {car}] and [come back with cash|come back quiet|cover for each other].",
)

SOFT_HOME = (
    "{v} said {s} [comes into {vpos} room at night|has a secret game|told {vobj} not to tell anyone], [said in passing to a teacher|nothing more was asked|{vs} then changed the subject].",
    "{vs} has [knowledge beyond {vpos} years|been using words not expected at {vpos} age|drawn pictures that worried staff] and [is afraid of|is often alone with|will not be near] {s}.",
    "{s} [gives {vobj} special attention|singles {vobj} out|has private lessons with {vobj}] and [sends messages late at night|gives lifts home alone|has been warned about boundaries by the club].",
    "[A caller|An adult|A former pupil] says {s} [did things to {vobj}|hurt {vobj}|ruined {vpos} life] when {vs} was [small|nine or ten|at the school] and [is not ready to say more|never told anyone|worries about other children].",
    "{s} [lost his role|was asked to leave] at [a previous club|another school|a church group] after [complaints from parents|something with a boy|concerns that were never written down].",
)

SOFT_PEER = (
    "{v} said [a boy|an older pupil|another resident] [would not stop when asked|made {vobj} do something {vs} did not want|cornered {vobj} in the toilets], [{vs} did not wish to say more|school keeping them apart].",
    "There has been [touching|an incident] between {v} and [another child|a younger child] in [the changing rooms|a bedroom|the dormitory] which [both parents were told about|staff described as not age appropriate].",
)

SOFT_ONLINE = (
    "{v}, {age}, has been talking [every night|for {n} weeks] to a [man|male] who [first said he was {age}|says he is a photographer|calls {vobj} mature for {vpos} age] and [asked for pictures|moved the chat to a private app|wants it kept secret].",
    "{s} runs [several profiles|an account] posing as a [teenager|younger person] and [befriends young users|asks young users to go on camera|sends them game credit].",
    "[Partner|Lodger|IT repairer|Employer] found [pictures of children|folders that worried them|files they would not describe] on {s}'s [laptop|computer|old phone], [device not handed over|he deleted things since].",
    "{vs} was [asked to turn the camera on|told to show more|sent gifts on a stream] by [viewers|a follower called {nick}] and [felt {vs} could not stop|did not tell {vpos} parents].",
    "{s} [travels|is due to travel] to meet [someone met online|a young person from a game] [with gifts|having booked a room], [family of {s} raised it|told a colleague she is older than she looks].",
)

SOFT_IMAGE = (
    "[Pictures|A picture|A video] of {v} [are going round|is being passed about|has been posted in a chat] at school and {vs} [is distraught|refuses to go in|will not say who has it].",
    "{vs} [sent something|shared a photo] to [someone {vs} trusted|a person on {platform}] and is now [being told to pay {money}|being told to send more|frightened it will be shown to {vpos} family].",
    "'{nick}' [threatens to send screenshots to everyone|has a list of {vpos} contacts|wants {money} by {dow}], {v} [has been taking money from home|has not slept|asked a friend for a loan].",
)

FAMILIES: dict[str, tuple[str, tuple[str, ...]]] = {
    "contact": ("soft_contact", ("CSE_GROUP", "CSE_GANG", "CSE_LONE")),
    "home": ("soft_home", ("CSA_FAMILIAL", "CSA_INSTITUTION", "NON_RECENT")),
    "peer": ("soft_peer", ("CSA_CHILD_ON_CHILD",)),
    "online": ("soft_online", ("ONLINE_GROOMING", "IIOC", "LIVESTREAM")),
    "image": ("soft_image", ("SELF_GENERATED", "SEXTORTION")),
}

# Shares of kinds among CSAE reports, in the order of codes.CSAE_TAGS: made for the world, not measured anywhere.
KIND_WEIGHTS = (0.13, 0.05, 0.07, 0.12, 0.05, 0.17, 0.13, 0.09, 0.05, 0.03, 0.06, 0.05)

POOLS = {
    "soft_contact": SOFT_CONTACT, "soft_home": SOFT_HOME, "soft_peer": SOFT_PEER, "soft_online": SOFT_ONLINE,
    "soft_image": SOFT_IMAGE, **{f"x_{kind}": pool for kind, pool in EXPLICIT.items()},
}  # fmt: skip
