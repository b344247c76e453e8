"""Names on lists: words of a name, and which words of a population are a spelling, a slip or a short form of another.

A word is folded (accents and apostrophes gone, upper case). Its skeleton keeps the first sound and the consonants, with
letters that transliterations exchange made one: MOHAMMED and MUHAMMAD are both MD, AISHA and AYESHA both AS. Words
are compared within the sound that they begin with, by rapidfuzz, whole groups at a time; so the cost grows with the
distinct words and not with the passengers.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

import numpy as np
import pandas as pd
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from rapidfuzz import distance, process

LEVELS = ("EXACT", "SPELLING", "CLOSE", "SHORT", "INITIAL")  # how a word agrees, the strongest first
_LETTERS = str.maketrans(
    {"Ø": "O", "Ł": "L", "Đ": "D", "Ð": "D", "Þ": "TH", "ß": "SS", "ẞ": "SS", "Æ": "AE", "Œ": "OE", "ı": "I"}
)
_SOUNDS = (
    *(("SCH", "S"), ("TCH", "K"), ("PH", "F"), ("CK", "K"), ("CZ", "K"), ("SZ", "S"), ("TZ", "S"), ("GH", "G")),
    *(("KH", "K"), ("DH", "D"), ("TH", "T"), ("SH", "S"), ("CH", "K"), ("ZH", "S")),
)
_ONE_LETTER = str.maketrans("CQZWVJ", "KKSFFY")
_FIRST = str.maketrans("EOY", "IUI")
_SIMILAR, _SPELT = 0.90, 0.72  # Jaro-Winkler: a slip of the keyboard; a skeleton that agrees by more than accident

# Short forms in common use: the full name, then its forms. Both directions are tried.
_FORMS = """
    ABIGAIL: ABI ABBY GAIL; ALEXANDER: ALEX SANDY; ALEXANDRA: ALEX SANDRA; ANDREW: ANDY DREW; ANTHONY: TONY;
    BENJAMIN: BEN; BETHANY: BETH; BRADLEY: BRAD; CAMERON: CAM; CATHERINE: KATE CATH; CHARLES: CHARLIE;
    CHARLOTTE: CHARLIE LOTTIE; CHRISTOPHER: CHRIS; CHRISTINE: CHRIS TINA; DANIEL: DAN DANNY; DANIELLE: DANI;
    DAVID: DAVE; EDWARD: TED ED EDDIE; ELEANOR: ELLIE NELL; ELIZABETH: LIZ BETH LIZZIE BETTY;
    FREDERICK: FRED FREDDIE; GREGORY: GREG; ISABELLE: IZZY BELLA; JACOB: JAKE; JAMES: JIM JIMMY; JASMINE: JAS;
    JENNIFER: JEN JENNY; JESSICA: JESS; JOHN: JACK JOHNNY; JOSEPH: JOE; JOSHUA: JOSH; KATHERINE: KATE KATH KATY;
    LAWRENCE: LARRY; LEONARD: LEN LENNY; MARGARET: MAGGIE PEGGY MEG; MATTHEW: MATT; MEGAN: MEG; MICHAEL: MIKE MICK;
    MOHAMMED: MO; NATALIA: NAT; NATHAN: NATE; NICHOLAS: NICK; OLIVER: OLLIE; PATRICIA: PAT TRISH;
    PATRICK: PADDY PAT; PETER: PETE; PHILIP: PHIL; REBECCA: BECKY; RICHARD: RICH DICK RICK; ROBERT: ROB BOB BOBBY;
    RONALD: RON; SAMANTHA: SAM; SAMUEL: SAM; STEPHEN: STEVE; STEVEN: STEVE; SUSAN: SUE; THEODORE: THEO;
    THOMAS: TOM; TIMOTHY: TIM; VICTORIA: VICKY TORI; WILLIAM: WILL BILL BILLY LIAM; ZACHARY: ZAC ZACK
"""
SHORT_FORMS = {full.strip(): forms.split() for full, forms in (entry.split(":") for entry in _FORMS.split(";"))}
_SHORT = {(full, short) for full, forms in SHORT_FORMS.items() for short in forms}
_SHORT |= {(short, full) for full, short in _SHORT}


def folded(text: str) -> str:
    """Upper case, accents and apostrophes gone, everything else than letters a space."""
    plain = unicodedata.normalize("NFKD", text.upper().translate(_LETTERS))
    plain = re.sub(r"['\u2019`\u02bc]", "", "".join(c for c in plain if not unicodedata.combining(c)))
    return " ".join(re.sub(r"[^A-Z]+", " ", plain).split())


def skeleton(word: str) -> str:
    """First sound and consonants of a folded word, doubled letters once."""
    for letters, sound in _SOUNDS:
        word = word.replace(letters, sound)
    word = word.translate(_ONE_LETTER)
    first = word[:1].translate(_FIRST)
    rest = re.sub(r"[AEIOUYH]", "", word[1:]) if len(word) > 1 else ""
    return re.sub(r"(.)\1+", r"\1", first + rest)


def words_of(column: Column) -> Column:
    """Folded words of a name, an array; empty where there is none."""

    @F.pandas_udf("array<string>")  # type: ignore[attr-defined, untyped-decorator]  # not exported
    def words(names: pd.Series) -> pd.Series:
        distinct = {name: folded(name).split() for name in names.dropna().unique()}
        return names.map(lambda name: distinct.get(name, []) if name is not None else [])

    return words(column)


def sound_of(column: Column) -> Column:
    """The sound that a folded word begins with: what words are compared within."""

    @F.pandas_udf("string")  # type: ignore[attr-defined, untyped-decorator]  # not exported
    def first(words: pd.Series) -> pd.Series:
        return words.map({word: skeleton(word)[:1] for word in words.unique()})

    return first(column)


NEIGHBOURS = "wanted string, word string, level string, n long"


def neighbours(wanted: DataFrame, population: DataFrame) -> DataFrame:
    """Words of the population that agree with wanted words, in any way but a different one.

    Args:
        wanted: `word`, the subjects' words, distinct.
        population: `word`, `n`: words on the lists and in how many rows each is.

    Returns:
        wanted, word, level (one of LEVELS), n. Words that begin with other sounds are not compared, short forms are.
    """
    left = wanted.select(F.col("word").alias("wanted"), sound_of(F.col("word")).alias("sound"))
    right = population.select("word", "n", sound_of(F.col("word")).alias("sound"))
    short = [(full, form) for full, form in sorted(_SHORT)]
    by_table = wanted.sparkSession.createDataFrame(short, "wanted string, word string")
    known = by_table.join(population, ["word"], how="inner").join(
        wanted.withColumnRenamed("word", "wanted"), ["wanted"], how="left_semi"
    )
    compared = left.groupBy("sound").cogroup(right.groupBy("sound")).applyInPandas(_compared, NEIGHBOURS)
    levelled = compared.unionByName(known.select("wanted", "word", F.lit("SHORT").alias("level"), "n"))
    rank = F.array_position(F.array(*[F.lit(level) for level in LEVELS]), F.col("level"))
    return levelled.groupBy("wanted", "word").agg(F.min_by("level", rank).alias("level"), F.first("n").alias("n"))


def _compared(left: pd.DataFrame, right: pd.DataFrame) -> pd.DataFrame:
    """Pairs of one first sound that agree."""
    if left.empty or right.empty:
        return pd.DataFrame(columns=["wanted", "word", "level", "n"])
    parts = []
    mine, theirs = left.wanted.to_list(), right.word.to_list()
    counts = right.n.to_numpy()
    bones, other_bones = (np.array([skeleton(word) for word in words]) for words in (mine, theirs))
    for start in range(0, len(mine), 256):  # a block of the matrix at a time keeps memory flat
        some = mine[start : start + 256]
        alike = process.cdist(
            some, theirs, scorer=distance.JaroWinkler.similarity, dtype=np.float32, score_cutoff=_SPELT
        )
        same_bones = bones[start : start + 256, None] == other_bones[None, :]
        same_bones &= (np.char.str_len(other_bones) > 1)[None, :]  # one sound is agreed on by accident
        level = _levels(some, theirs, alike, same_bones)
        rows, columns = np.nonzero(level >= 0)
        parts.append(
            pd.DataFrame(
                {
                    "wanted": np.array(some, dtype=object)[rows],
                    "word": np.array(theirs, dtype=object)[columns],
                    "level": np.array(LEVELS, dtype=object)[level[rows, columns]],
                    "n": counts[columns],
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def _levels(mine: Sequence[str], theirs: Sequence[str], alike: np.ndarray, same_bones: np.ndarray) -> np.ndarray:
    """Index into LEVELS of each pair, or -1."""
    lengths, other = np.array([len(w) for w in mine])[:, None], np.array([len(w) for w in theirs])[None, :]
    initial, other_initial = np.array([w[0] for w in mine])[:, None], np.array([w[0] for w in theirs])[None, :]
    levels = np.full(alike.shape, -1, dtype=np.int64)
    levels[(initial == other_initial) & (np.minimum(lengths, other) == 1)] = LEVELS.index("INITIAL")
    long = np.minimum(lengths, other) >= 4
    levels[long & (alike >= _SIMILAR)] = LEVELS.index("CLOSE")
    levels[(np.minimum(lengths, other) >= 3) & same_bones & (alike >= _SPELT)] = LEVELS.index("SPELLING")
    levels[(alike >= 1.0) & (lengths == other)] = LEVELS.index("EXACT")
    return levels
