"""Near-duplicate texts: which ties two texts have, and which report of a force's candidates stands for which.

MinHash over three-word shingles, estimated Jaccard of at least 0.7 (Broder 1997); texts that are equal but for case,
punctuation and figures are tied too.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.sparse import csgraph
from sklearn.feature_extraction.text import HashingVectorizer

from models.text import normalisation

N_HASHES, N_BANDS = 64, 16  # bands of 4: pairs at Jaccard 0.7 are candidates with probability 0.99
NEAR = 0.7  # estimated Jaccard from which two texts are near-duplicates
CHUNK = 2_000  # texts hashed at a time: keeps memory flat
PRIME = np.uint64((1 << 31) - 1)  # modulus of the hash family: products of two values below it fit into 64 bits
_WORD = re.compile(r"\w+")


def stand_ins(candidates: pd.DataFrame) -> pd.DataFrame:
    """For each report the one that stands for it: the first of its near-duplicates, or itself.

    Args:
        candidates: report_id, text, priority (the highest of equals and near-duplicates is shown; then the lowest id).

    Returns:
        report_id, shown_id, similarity (Jaccard of three-word sequences with the report shown; 1 for itself).
    """
    ordered = candidates.sort_values(["priority", "report_id"], ascending=[False, True], ignore_index=True)
    texts = normalisation.texts(ordered["text"])
    group = groups(list(texts)) if len(texts) else np.zeros(0, dtype=int)
    first = pd.Series(np.arange(len(ordered))).groupby(group).transform("min").to_numpy(dtype=int)
    similarity = [1.0 if k == f else _alike(texts[k], texts[f]) for k, f in enumerate(first)]
    ids = ordered["report_id"].to_numpy()
    return pd.DataFrame({"report_id": ids, "shown_id": ids[first], "similarity": similarity})


def _alike(one: str, other: str) -> float:
    """Jaccard similarity of the sets of three-word sequences; of words where a text is shorter than three."""
    sets = [_sequences(text) for text in (one, other)]
    union = len(sets[0] | sets[1])
    return len(sets[0] & sets[1]) / union if union else 1.0


def _sequences(text: str) -> set[tuple[str, ...]]:
    words = [word.lower() for word in _WORD.findall(text)]
    n = min(3, len(words)) or 1
    return {tuple(words[k : k + n]) for k in range(len(words) - n + 1)}


def groups(texts: Sequence[str]) -> np.ndarray:
    """Group number per text; equal and near-duplicate texts share one."""
    _, group = csgraph.connected_components(duplicate_ties(texts), directed=False)
    return np.asarray(group)


def duplicate_ties(texts: Sequence[str]) -> sparse.csr_matrix:
    """Sparse text x text matrix with an entry for each tie between equal or near-duplicate texts.

    Each text is tied to the first of its bucket, so a bucket of k texts has k - 1 ties and components are unchanged.
    """
    count = len(texts)
    signatures, filled = _signatures(texts)
    normal = pd.Series(texts, dtype=object).str.lower().str.replace(r"[\W\d_]+", " ", regex=True).str.strip()
    ties = [_ties(pd.util.hash_array(normal.to_numpy(dtype=object)))]
    per_band = N_HASHES // N_BANDS
    for band in range(N_BANDS):
        part = pd.DataFrame(signatures[:, band * per_band : (band + 1) * per_band])
        key = pd.util.hash_pandas_object(part, index=False).to_numpy()
        pairs = _ties(key)
        agreement = (signatures[pairs[0]] == signatures[pairs[1]]).mean(axis=1)
        ties.append(pairs[:, (agreement >= NEAR) & filled[pairs[0]] & filled[pairs[1]]])
    left, right = np.concatenate(ties, axis=1)
    return sparse.csr_matrix((np.ones(len(left), dtype=np.int8), (left, right)), shape=(count, count))


def _ties(keys: np.ndarray) -> np.ndarray:
    """2 x ties: each position whose key occurred before, with the position where it first occurred."""
    codes, first = pd.factorize(keys)[0], pd.Series(keys).drop_duplicates().index.to_numpy()
    head = first[codes]
    later = np.flatnonzero(head != np.arange(len(keys)))
    return np.stack([head[later], later])


def _signatures(texts: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """MinHash signatures, texts x N_HASHES, and whether a text has any shingle. Texts of one or two words have none."""
    hashing = HashingVectorizer(
        ngram_range=(3, 3),
        binary=True,
        norm=None,
        alternate_sign=False,
        n_features=1 << 22,
        token_pattern=r"(?u)\b\w+\b",
    )
    rng = np.random.default_rng(0)  # a fixed hash family, not a draw: signatures of a text never change
    a = rng.integers(1, int(PRIME), N_HASHES, dtype=np.uint64)
    b = rng.integers(0, int(PRIME), N_HASHES, dtype=np.uint64)
    signatures = np.zeros((len(texts), N_HASHES), dtype=np.uint32)
    filled = np.zeros(len(texts), dtype=bool)
    for start in range(0, len(texts), CHUNK):
        matrix = hashing.transform(texts[start : start + CHUNK])
        has = np.flatnonzero(np.diff(matrix.indptr))
        if len(has) == 0:
            continue
        shingles = matrix.indices.astype(np.uint64)
        for h in range(N_HASHES):
            hashed = ((shingles * a[h] + b[h]) % PRIME).astype(np.uint32)
            signatures[start + has, h] = np.minimum.reduceat(hashed, matrix.indptr[has])
        filled[start + has] = True
    return signatures, filled
