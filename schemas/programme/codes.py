"""Code lists of the programme's records."""

from __future__ import annotations

THREATS = ("CSAE", "CCE", "MSHT", "DRUGS", "FIREARMS", "FRAUD", "OTHER")  # of an investigation, by what leads it
SUBJECT_KINDS = ("OCG", "PRIORITY_INDIVIDUAL", "VULNERABILITY", "REPORT")  # what an investigation brought to light
# The 4P of the Government's strategies against serious and organised crime.
PILLARS = ("PREPARE", "PREVENT", "PROTECT", "PURSUE")
LEVELS = ("MAJOR", "MODERATE", "MINOR")  # of a disruption
OUTCOMES = ("VICTIM_FOUND", "SAFEGUARDED", "ARREST", "CHARGE", "SENTENCE")  # what came of an investigation
FOOTPRINTS = ("ONE_FORCE", "REGIONAL", "MULTI_REGION", "INTERNATIONAL", "UNKNOWN")  # the widest that applies
COUNTRY_PATTERN = "[A-Z]{2}"  # ISO 3166-1, two letters

# Forces by region of the regional organised crime units (to be confirmed: borders of units have moved before).
REGIONS = {
    "EASTERN": ("35", "36", "37", "40", "41", "42", "46"),
    "EAST_MIDLANDS": ("30", "31", "32", "33", "34"),
    "LONDON": ("01", "48"),
    "NORTH_EAST": ("10", "11", "17"),
    "NORTH_WEST": ("03", "04", "05", "06", "07", "60"),
    "SOUTH_EAST": ("43", "44", "45", "47"),
    "SOUTH_WEST": ("50", "52", "53", "54", "55"),
    "SOUTHERN_WALES": ("61", "62", "63"),
    "WEST_MIDLANDS": ("20", "21", "22", "23"),
    "YORKSHIRE_AND_HUMBER": ("12", "13", "14", "16"),
}
