"""UK policing code lists. Each names its source; what no primary source confirms is a force's setting."""

from __future__ import annotations

# Home Office force codes, as two-character strings. Source: Home Office, Police Force Areas code list.
FORCES: dict[str, str] = {
    "01": "Metropolitan", "03": "Cumbria", "04": "Lancashire", "05": "Merseyside", "06": "Greater Manchester",
    "07": "Cheshire", "10": "Northumbria", "11": "Durham", "12": "North Yorkshire", "13": "West Yorkshire",
    "14": "South Yorkshire", "16": "Humberside", "17": "Cleveland", "20": "West Midlands", "21": "Staffordshire",
    "22": "West Mercia", "23": "Warwickshire", "30": "Derbyshire", "31": "Nottinghamshire", "32": "Lincolnshire",
    "33": "Leicestershire", "34": "Northamptonshire", "35": "Cambridgeshire", "36": "Norfolk", "37": "Suffolk",
    "40": "Bedfordshire", "41": "Hertfordshire", "42": "Essex", "43": "Thames Valley",
    "44": "Hampshire and Isle of Wight", "45": "Surrey", "46": "Kent", "47": "Sussex", "48": "City of London",
    "50": "Devon and Cornwall", "52": "Avon and Somerset", "53": "Gloucestershire", "54": "Wiltshire", "55": "Dorset",
    "60": "North Wales", "61": "Gwent", "62": "South Wales", "63": "Dyfed-Powys",
}  # fmt: skip
# Senders outside the 43 forces (British Transport Police, Scotland, PSNI, NCA, test senders) use two letters.
FORCE_PATTERN = r"[0-9]{2}|[A-Z][A-Z0-9]"
ITEM_ID_PATTERN = "[0-9a-f]{16}"  # of queue items
QUEUE_PATTERN = "[a-z_]+"
RISK_QUEUES = ("children", "people", "locations")  # safeguarding first
FINANCE_QUEUE = "finance_referral"  # a decision to refer says to whom

# Intelligence grading 3x5x2. Source: College of Policing, Authorised Professional Practice, Intelligence report.
SCHEMES = ("3x5x2", "5x5x5")
SOURCE_GRADES = {"1": "reliable", "2": "untested", "3": "not reliable"}
INTELLIGENCE_GRADES = {
    "A": "known directly to the source",
    "B": "known indirectly to the source but corroborated",
    "C": "known indirectly to the source",
    "D": "not known",
    "E": "suspected to be false",
}
HANDLING_CODES = {"P": "lawful sharing permitted", "C": "lawful sharing permitted with conditions"}
ACTION_CODES = {
    "A1": "may be combined and corroborated, no action without the originator's permission",
    "A2": "covert action; protect source and technique, not sole evidence",
    "A3": "overt action as specified",
}
SANITISATION_CODES = {"S1": "originator allows unsupervised sanitisation", "S2": "consult the originator first"}

# Government Security Classification. SENSITIVE is a marking on OFFICIAL, not a tier. Source: GSC policy.
MARKINGS = ("OFFICIAL", "OFFICIAL-SENSITIVE")  # in rising order; what the embedded system may hold
REFUSED_MARKINGS = ("SECRET", "TOP SECRET")  # refused without keeping the text
LEGACY_MARKINGS = ("RESTRICTED", "CONFIDENTIAL")  # quarantined for review: no automatic mapping exists

# Tags of reports: several per report.
CSAE_TAGS = (
    "CSA_FAMILIAL", "CSA_INSTITUTION", "CSA_CHILD_ON_CHILD", "CSE_GROUP", "CSE_GANG", "CSE_LONE", "ONLINE_GROOMING",
    "IIOC", "SELF_GENERATED", "LIVESTREAM", "SEXTORTION", "NON_RECENT",
)  # fmt: skip
OTHER_TAGS = ("CCE", "MSHT", "DA", "DRUGS", "FIREARMS", "FRAUD", "ASB", "OTHER")
TAGS = CSAE_TAGS + OTHER_TAGS

# Words that a tag of sexual abuse or of exploitation holds, each the beginning of a word: a tag with one of them that
# no layout names is never OTHER.
EXPLOITATION_WORDS = (
    "CSA", "CSE", "CSAE", "CCE", "SEX", "EXPLOIT", "GROOM", "INDECEN", "IIOC", "SGII", "PORN", "RAPE", "RAPIST",
    "TRAFFICK", "SLAVE", "ABUSE", "PROSTITUT", "NUDE", "NAKED", "PAEDO", "PEDO", "MOLEST", "INCEST", "VOYEUR",
    "SEXTORT", "CHILD", "MINOR", "UNDERAGE", "UNDER AGE", "JUVENILE", "COUNTY LINE", "CUCKOO", "MSHT", "COERC",
    "LIVE STREAM", "LIVESTREAM", "IMAGERY", "FGM", "HSB", "CAMSEX",
)  # fmt: skip

ROLES = ("VICTIM", "SUSPECT", "WITNESS", "OTHER")  # of a nominal in a report or an investigation
SCOPE_ROLES = ("VICTIM", "SUSPECT")  # roles that bring a report into scope of the reclassification
INVESTIGATION_STATUSES = ("OPEN", "CLOSED")

# Missing people. Labels as commonly used in APP (to be confirmed per force: the source layout maps them).
MISSING_RISKS = ("NO_APPARENT", "LOW", "MEDIUM", "HIGH")
CARE_STATUSES = ("NOT_IN_CARE", "LOOKED_AFTER", "CHILDRENS_HOME", "FOSTER", "UNKNOWN")

# Self-defined ethnicity 18+1 (with W4 Roma accepted) and officer-defined (IC). Never a model input, never inferred.
SELF_DEFINED_ETHNICITIES = (
    "W1", "W2", "W3", "W4", "W9", "M1", "M2", "M3", "M9", "A1", "A2", "A3", "A4", "A9", "B1", "B2", "B9", "O2", "O9",
    "NS",
)  # fmt: skip
MIGRATED_ETHNICITIES = {"O1": "A4"}  # 16+1 coded Chinese as O1; migrated with a flag
OFFICER_DEFINED_ETHNICITIES = ("IC1", "IC2", "IC3", "IC4", "IC5", "IC6", "IC9")
UNKNOWN_OFFICER_DEFINED = ("IC0", "IC7", "IC8")  # occur in the field; read as IC9 with a flag
SEXES = ("F", "M", "U")

# Communications data. Source: Investigatory Powers Act 2016, part 3.
COMMS_TYPES = ("VOICE", "SMS", "MMS", "DATA")
DIRECTIONS = ("OUTGOING", "INCOMING", "UNKNOWN")
AUTHORISATION_KINDS = ("ENTITY", "EVENTS")
CONTENT_WORDS = ("content", "body", "message_text", "message", "text", "transcript")  # column names that are refused

# Flights. Airports and carriers by IATA code; direction seen from the United Kingdom.
FLIGHT_DIRECTIONS = ("INBOUND", "OUTBOUND", "DOMESTIC", "OTHER")
LIST_SIDES = ("ARRIVAL", "DEPARTURE")  # of an airport's list
FLIGHT_STATUSES = ("SCHEDULED", "DEPARTED", "LANDED", "CANCELLED", "DIVERTED")
TIMES_IN = ("SENDER", "AIRPORT")  # whose clock a listing's times are by
# Why a passenger row may be held (to be confirmed by each force's legal adviser: its layout maps its own words).
PASSENGER_BASES = {
    "API": "advance passenger information (Immigration Act 1971 sch. 2 para. 27B)",
    "PNR": "passenger name record data (Passenger Name Record Data Regulations 2018)",
    "ORDER": "production order of a court (Police and Criminal Evidence Act 1984 sch. 1)",
    "REQUEST": "given by the carrier on request (Data Protection Act 2018 sch. 2 para. 2)",
}

# Decisions. Source: Data Protection Act 2018 ss.50A-50D, and the review procedure.
OUTCOMES = ("TAG_ADDED", "NOT_CSAE", "ALREADY_TAGGED", "REFER", "NEED_INFO", "DEFER")
FINAL_OUTCOMES = ("TAG_ADDED", "NOT_CSAE", "ALREADY_TAGGED", "REFER")  # the item is not asked again
LABELLING_OUTCOMES = {"TAG_ADDED": True, "NOT_CSAE": False, "ALREADY_TAGGED": True}  # outcome -> is CSAE

# Log of processing. Source: Data Protection Act 2018 s.62.
LOG_ACTIONS = ("collection", "alteration", "consultation", "disclosure", "combination", "erasure")

# What the log of processing tells apart: one entry per operation. The key is in the log; the text is for people.
LOG_OPERATIONS = {
    # the night
    "files_collected": "the night read the senders' files",
    "devices_read": "the night read exports of seized devices, under the authorities named",
    "settings_changed": "settings are not those of the last night",
    "layouts_changed": "senders' layouts are not those of the last night",
    "decisions_taken_in": "the night took in decisions of reviewers",
    "undo_requests_taken_in": "the night took in requests to undo merges and splits",
    "people_resolved": "nominal records were resolved to people",
    "edges_built": "records were joined to the edges of the network",
    "network_scored": "intelligence was joined with communications data for scores of the network",
    "travel_matched": "people looked for were joined with passenger lists",
    "silent_phones_matched": "matched journeys were joined with communications events",
    "leads_detected": "communications data was joined with other records for leads",
    "deconfliction_told": "forces were told whom to call about a common interest",
    "writeback_exported": "files of decided tags were written for a force",
    "referrals_exported": "files of accounts and wallets to refer were written for a force",
    # models
    "training_read": "reports were read to train classifiers",
    "pretraining_read": "reports were read to pretrain an encoder",
    "linkage_fitted": "nominal records were read to fit the linkage of people",
    "model_registered": "a classifier was registered, and promoted or refused by the criteria",
    "model_promoted": "a person made a version champion",
    "model_withdrawn": "a person took a version out of use",
    # people at work
    "queue_viewed": "the top of a queue was printed",
    "item_traced": "a queue item was traced to its source",
    "rows_viewed": "rows of a table were shown on a page",
    "entity_events_viewed": "merges and splits were listed",
    "flights_searched": "listed flights were searched",
    "communications_researched": "calls of listed identifiers were looked at",
    "identifiers_combined": "listed identifiers were joined with communications data",
    "research_handed_out": "tables and workbook of a research were written",
    "profile_viewed": "a profile of a subject was asked for",
    "profile_combined": "intelligence was joined with communications and travel data for a profile",
    "profile_handed_out": "a profile was written for somebody",
    "pages_handed_out": "notebooks were rendered to pages",
    "decision_handed_in": "a reviewer decided on an item",
    "undo_requested": "a reviewer asked to undo a merge or split",
    "reference_list_imported": "a list of organised crime groups was imported",
    # the log and the home
    "log_viewed": "entries of the log of processing were shown",
    "ids_opened": "the ids of an entry of the log were shown",
    "home_mended": "something of the home was put right: modes, places, tables",
}

# Why something is in the quarantine. The key is what the tables hold; the text is for people.
QUARANTINE_REASONS = {
    # files
    "FILE_EMPTY": "the file holds no bytes",
    "FILE_UNREADABLE": "the file cannot be opened or read",
    "FILE_NOT_REGULAR": "a folder, link, pipe or device where a file was expected",
    "FILE_TRUNCATED": "a compressed file ends early",
    "FILE_CHECKSUM": "the file is not the one that its checksum was made of",
    "FILE_ENCRYPTED": "the file is encrypted",
    "FILE_TOO_LARGE": "the file, a line of it, or what it unpacks to is over a limit",
    "FILE_TOO_WIDE": "the file has more columns than the limit",
    "FILE_TYPE_MISMATCH": "the content is not of the format that the sender's layout names",
    "FILE_ENCODING": "the file is not in the encoding that the sender's layout names",
    "FILE_NO_ROWS": "the file has a header and no rows",
    "FILE_LAYOUT_UNKNOWN": "required columns of the sender's layout are absent",
    "FILE_DUPLICATE_COLUMNS": "two columns have the same name",
    "FILE_CONTENT_COLUMN": "a column looks like content of communications, which is out of scope",
    "FILE_UNKNOWN_FEED": "no layout maps this sender and feed",
    "LAYOUT_REFUSED": "the sender's layout cannot be used: mend it, then run the night again",
    # rows
    "ROW_MALFORMED": "the row cannot be parsed in the layout's format",
    "ROW_TOO_DEEP": "nested values deeper than the limit",
    "ROW_TOO_LONG": "the row is longer than the limit",
    "ROW_DUPLICATE_KEYS": "a JSON object names a key twice",
    "MISSING_REQUIRED": "a required value is absent",
    "BAD_DATE": "a date or time cannot be read in the layout's formats, or lies outside the possible",
    "BAD_CODE": "a code is not in the list that applies",
    "BAD_GRADING": "a 3x5x2 grading is not valid",
    "BAD_HANDLING": "handling C without both an action and a sanitisation code, or P with one",
    "MARKING_REFUSED": "marked SECRET or above: refused, text not kept",
    "MARKING_LEGACY": "a legacy marking: for review, never mapped automatically",
    "NO_AUTHORISATION": "communications data without a known authorisation",
    "NO_LAWFUL_BASIS": "a passenger or booking row that names no lawful basis or no authority",
    "BAD_NUMBER": "a telephone number, duration or other number cannot be read",
    "UNDO_INVALID": "a request to undo a merge or split that cannot be accepted",
    "DECISION_INVALID": "a decision file that cannot be accepted",
}

COMMS_PURPOSES = ("PREVENT_OR_DETECT_CRIME", "SAFETY_OF_LIFE", "OTHER")  # IPA 2016 s.60A(7), shortened
