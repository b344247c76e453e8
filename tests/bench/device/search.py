"""Finding and searching in messages: `python -m tests.bench.device.search N_MEGABYTES` prints one JSON line.

CPU seconds of one process over generated messages, a tenth of which hold figures, addresses or handles. ripgrep and
google-re2, where they are there, count the prefilter's own shapes in the same bytes.
"""

from __future__ import annotations

import importlib
import json
import random
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from pipelines.device import keywords
from pipelines.device.identifiers import finding, prefilter
from pipelines.device.keyword_lists import Term
from tests.support import identifier_world

BATCH = 10_000  # messages
N_TERMS = 5_000
_WORDS = (
    "the a to of and you me in that it for is on have not be this do was are what can will just get so all go know"
    " like out if we up they good at about time no see want now your how think back well going come really right got"
    " yes okay tomorrow tonight later when where why who her his him them then than from with my our there here one"
    " two three some any more very need send money bank pay please thanks sorry love home work school train bus shop"
    " party phone message picture video call ring text meet great lol haha evening weekend friday monday next last"
    " week month year house car"
).split()
_FIGURES = ("order {0}", "07{0}", "at {1}:20", "x{1}@example.com", "@name{1}", "£{1}", "5pm")
_SYLLABLES = "ba ke ro ti mu sa lo vi ne da po ra ze chi sto gri pla dem".split()


def messages(n_bytes: int, rng: random.Random) -> list[str]:
    """Messages of some twenty words; in one of a hundred an account, a wallet or a decoy of the planted world."""
    world = identifier_world.build(1, n_accounts=500, n_wallets=126, n_decoys=20).texts
    made, size = [], 0
    while size < n_bytes:
        words = rng.choices(_WORDS, k=rng.randint(3, 35))
        drawn = rng.random()
        if drawn < 0.1:
            figures = "".join(rng.choices("0123456789", k=9))
            kinds = (
                f"order {figures[:8]}",
                f"07{figures}",
                f"at {figures[:2]}:{figures[2:4]}",
                f"x{figures[:3]}@example.com",
            )
            words.insert(
                rng.randrange(len(words)), rng.choice((*kinds, f"@name{figures[:2]}", f"£{figures[:3]}", "5pm"))
            )
        if drawn < 0.01:
            words.append(rng.choice(world))
        made.append(" ".join(words))
        size += len(made[-1]) + 1
    return made


def terms(rng: random.Random) -> list[Term]:
    """Words that no message has, and four that some have."""
    invented: set[str] = set()
    while len(invented) < N_TERMS - 4:
        invented.add("".join(rng.choices(_SYLLABLES, k=rng.randint(3, 5))))
    common = [Term("bank pay", None, "PHRASE"), Term("schoolbus", None, "WORD"), Term("snow", None, "WORD")]
    return [Term(word, None, "WORD") for word in sorted(invented)] + [*common, Term("wkd", None, "STEM")]


def _seconds(work: Callable[[Sequence[str]], Sequence[object] | dict[int, int]], texts: list[str]) -> tuple[float, int]:
    """CPU seconds of the process, and what was found."""
    work(texts[:10])  # what is compiled once is compiled
    begun = time.process_time()
    n = sum(len(work(texts[i : i + BATCH])) for i in range(0, len(texts), BATCH))
    return time.process_time() - begun, n


def _ripgrep(shapes: list[str], path: Path) -> tuple[float, int] | None:
    program = shutil.which("rg")
    if program is None:
        return None
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    words = [word for shape in shapes for word in ("-e", shape)]
    options = ["--no-unicode", "-U", "--multiline-dotall", "-j1", "-o", "-a", "--no-filename", "--no-config", "-N"]
    run = subprocess.run([program, *options, *words, str(path)], capture_output=True, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return cpu_s, run.stdout.count(b"\n")


def _re2(shapes: list[str], data: bytes) -> tuple[float, int] | None:
    try:
        re2 = importlib.import_module("re2")
    except ImportError:
        return None
    options = re2.Options()
    options.encoding = re2.Options.Encoding.LATIN1
    compiled = re2.compile("|".join(f"(?:{shape})" for shape in shapes).encode("latin-1"), options)
    begun = time.process_time()
    n = sum(1 for _ in compiled.finditer(data))
    return time.process_time() - begun, n


def main(n_megabytes: int) -> None:
    """Print one JSON line: MB/s a core of each way, and what each found."""
    rng = random.Random(5)
    texts = messages(n_megabytes * 1_000_000, rng)
    data = "\n".join(texts).encode()
    megabytes = len(data) / 1e6
    compiled = keywords.Compiled(terms(rng))
    accented = [text.replace("e", "\u00e9", 2) for text in texts[: len(texts) // 5]]
    figures: dict[str, float | int | None] = {"megabytes": round(megabytes, 1), "n_messages": len(texts)}

    def took(name: str, measured: tuple[float, int] | None, size: float = megabytes) -> None:
        figures[f"{name}_mb_per_s"] = measured and round(size / measured[0], 1)
        figures[f"{name}_n"] = measured and measured[1]

    took("prefilter", _seconds(prefilter.scan, texts))
    took("find", _seconds(lambda batch: finding.find(batch, identifier_world.TABLE), texts))
    took("search", _seconds(lambda batch: keywords.search(batch, compiled), texts))
    size = len("\n".join(accented).encode()) / 1e6
    took("search_accented", _seconds(lambda batch: keywords.search(batch, compiled), accented), size)
    shapes = [shape for shape, _ in prefilter.SHAPES]
    with tempfile.TemporaryDirectory(prefix="nightjar-bench-") as folder:
        path = Path(folder) / "messages"
        path.write_bytes(data)
        took("ripgrep", _ripgrep(shapes, path))
    took("re2", _re2(shapes, data))
    begun = time.process_time()
    n = sum(
        1
        for _ in re.finditer(
            "|".join(f"(?:{s})" for s in shapes).replace("(?i)", "").encode("latin-1"), data[:4_000_000]
        )
    )
    took("re", (time.process_time() - begun, n), 4.0)
    print(json.dumps(figures))


if __name__ == "__main__":
    main(int(sys.argv[1]))
