"""Names in Cyrillic, Greek and Arabic letters, written in Latin ones, so that they can be compared with the others.

Cyrillic as travel documents have it (ICAO Doc 9303, part 3, section 6), Greek letter by letter, Arabic and Persian by
their consonants: short vowels are not written, so such a name meets its Latin form by the skeleton of its sounds and
not by its spelling. Marks, ayn, hamza and the signs of hardness go. What is of another script is left out, as before.
"""

from __future__ import annotations

import unicodedata

_CYRILLIC = (
    "А A Б B В V Г G Ґ G Д D Е E Ё E Є IE Ж ZH З Z И I І I Ї I Й I К K Л L М M Н N О O П P Р R С S Т T У U Ў U Ф F Х KH"
    " Ц TS Ч CH Ш SH Щ SHCH Ъ IE Ы Y Э E Ю IU Я IA Ђ D Ј J Љ LJ Њ NJ Ћ C Џ DZ Ѓ G Ќ K Ѕ DZ"
)
_GREEK = "Α A Β V Γ G Δ D Ε E Ζ Z Η I Θ TH Ι I Κ K Λ L Μ M Ν N Ξ X Ο O Π P Ρ R Σ S Τ T Υ Y Φ F Χ CH Ψ PS Ω O"
_ARABIC = (
    "ا A أ A إ I آ A ى A ب B پ P ت T ث TH ج J چ CH ح H خ KH د D ذ DH ر R ز Z ژ ZH س S ش SH ص S ض D ط T ظ Z غ GH ف F ق Q"
    " ك K ک K گ G ل L م M ن N ه H و W ؤ W ي Y ی Y ئ Y"
)
_NOTHING = "Ььʹءعةـًٌٍَُِّْ"  # carry no sound of their own in Latin letters
OTHER_SCRIPTS = "[\\u0370-\\u03FF\\u0400-\\u04FF\\u0600-\\u06FF]"


def letters() -> dict[str, str]:
    """Latin letters of each letter; those with a mark as those without unless they have their own."""
    pairs = f"{_CYRILLIC} {_GREEK} {_ARABIC}".split()
    latin = dict(zip(pairs[::2], pairs[1::2], strict=True))
    marked = {
        chr(code): latin[bare]
        for code in (*range(0x370, 0x500), *range(0x600, 0x700))
        if (bare := unicodedata.normalize("NFD", chr(code))[0]) in latin
    }
    return {**marked, **latin, **dict.fromkeys(_NOTHING, "")}
