"""The words of reports: sentences drawn by subject and writer, filled with the report's people, places, numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.synthesis.core import draws, grammar
from pipelines.synthesis.reports import mixes, particulars, slips, subjects
from pipelines.synthesis.reports.phrases import writers

MAX_ITEMS = 3


@dataclass(frozen=True, eq=False)
class Words:
    """Titles, item texts and provenance of a chunk of reports, each array of shape (n,)."""

    latent: subjects.Latent
    correction: int | None = None  # night of a correction: the text then ends in what was changed

    @cached_property
    def _slots(self) -> particulars.Particulars:
        return particulars.Particulars(self.latent)

    @cached_property
    def style(self) -> draws.Ints:
        """Index into writers.STYLES: by subject, and a little by force."""
        weights = mixes.STYLE_WEIGHTS[self.latent.subject] * mixes.force_styles(self.latent.planet, self.latent.force)
        return self.latent.planet.draw.choice("style", self.latent.content, weights)

    @cached_property
    def n_items(self) -> draws.Ints:
        """1 to 3."""
        return np.minimum(
            1 + self.latent.planet.draw.choice("items", self.latent.content, (0.5, 0.32, 0.18)), self._n_sentences
        )

    @cached_property
    def _n_sentences(self) -> draws.Ints:
        return 2 + self.latent.planet.draw.choice("sentences", self.latent.content, (0.16, 0.26, 0.26, 0.2, 0.12))

    @cached_property
    def _flat(self) -> tuple[draws.Ints, draws.Ints]:
        """Row and place of every sentence, in reading order: two arrays of length sum(n_sentences)."""
        n = self._n_sentences
        rows = np.repeat(np.arange(len(n)), n)
        return rows, np.arange(len(rows)) - np.repeat(np.cumsum(n) - n, n)

    @cached_property
    def _sentences(self) -> pa.Array:
        rows, place = self._flat
        latent, draw = self.latent, self.latent.planet.draw
        keys = draw.hash("sentence", latent.content[rows] * np.uint64(16) + place.astype(np.uint64))
        core_at = draw.below("core", latent.content, np.minimum(self._n_sentences, 3))
        pool = mixes.pools(latent, self.style, rows, place == core_at[rows], keys)
        turns, whose = _turns(rows, pool), latent.content[rows]
        texts, groups = [], []
        for k, name in enumerate(mixes.POOL_NAMES):
            where = np.flatnonzero(pool == k)
            if len(where):
                turn = (whose[where], turns[where])
                groups.append(where)
                texts.append(
                    grammar.render_pool(
                        mixes.POOLS[name], rows[where], keys[where], self._slots, draw, f"text/{name}", turn
                    )
                )
        return slips.capitalised(grammar.scatter(texts, groups))

    @cached_property
    def items(self) -> list[pa.Array]:
        """Texts of items 1 to 3; NULL where a report has fewer."""
        rows, place = self._flat
        n = len(self.style)
        item = place * self.n_items[rows] // self._n_sentences[rows]
        counts = np.bincount(rows * MAX_ITEMS + item, minlength=n * MAX_ITEMS)
        offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int32)
        joined = pc.binary_join(pa.ListArray.from_arrays(pa.array(offsets), self._sentences), " ")
        written = self._as_written(joined, np.repeat(np.arange(n), MAX_ITEMS))
        item_texts = [written.take(pa.array(np.arange(n) * MAX_ITEMS + k)) for k in range(MAX_ITEMS)]
        item_texts[0] = self._amended(item_texts[0])
        return [
            pc.if_else(pa.array(self.n_items > k), texts, pa.scalar(None, pa.string()))
            for k, texts in enumerate(item_texts)
        ]

    def _amended(self, first: pa.Array) -> pa.Array:
        """Duplicates end in a sentence of their own; corrections say that they are."""
        latent, draw = self.latent, self.latent.planet.draw
        rows = np.arange(len(self.style))
        own = grammar.render_pool(writers.SHARED, rows, latent.key, self._slots, draw, "duplicate")
        extra = pc.if_else(pa.array(latent.is_duplicate), grammar.concat([" ", own], len(rows)), "")
        if self.correction is not None:
            keys = draw.hash(f"correction/{self.correction}", latent.key)
            note = grammar.render_pool(mixes.CORRECTIONS, rows, keys, self._slots, draw, "correction")
            extra = grammar.concat([extra, " ", note], len(rows))
        return grammar.concat([first, extra], len(rows))

    def _as_written(self, texts: pa.Array, rows: draws.Ints) -> pa.Array:
        """The writer's abbreviations, misspellings, slips, capitals and line breaks: by report, not by content."""
        draw, key = self.latent.planet.draw, self.latent.key[rows]
        short = [()] + [level for style in writers.STYLES for level in writers.ABBREVIATIONS[style]]
        sizes = np.array([len(writers.ABBREVIATIONS[s]) for s in writers.STYLES])
        starts = 1 + np.cumsum(sizes) - sizes
        style = self.style[rows]
        level = starts[style] + draw.below("abbreviations", key, sizes[style])
        texts = slips.by_group(texts, np.where(draw.chance("abbreviates", key, 0.55), level, 0), short)
        wrong = np.where(
            draw.chance("misspells", key, 0.25), 1 + draw.below("misspelling", key, len(writers.MISSPELLINGS)), 0
        )
        texts = slips.by_group(texts, wrong, [(), *writers.MISSPELLINGS])
        for k in range(2):
            texts = slips.typos(texts, draw.chance(f"typo/{k}", key, 0.3), draw, f"text/{k}", key)
        breaks = draw.chance("line-break", key, 0.006)
        texts = pc.if_else(pa.array(breaks), pc.replace_substring(texts, ". ", ".\n", max_replacements=1), texts)
        shouts = (style == writers.STYLES.index("call_handler")) & draw.chance("capitals", key, 0.2)
        return pc.if_else(pa.array(shouts), pc.utf8_upper(texts), texts)

    @cached_property
    def titles(self) -> pa.Array:
        """Short titles: by subject, about a child, or saying little. Hidden reports never have the subject's title."""
        latent, draw = self.latent, self.latent.planet.draw
        plain = latent.is_csae & (latent.mode == subjects.EXPLICIT)
        by_subject = draw.chance(
            "title/subject", latent.content, np.where(latent.is_csae, np.where(plain, 0.3, 0.0), 0.35)
        )
        about_child = latent.is_about_child & draw.chance("title/child", latent.content, 0.55)
        pools: dict[str, tuple[str, ...]] = {
            "generic": writers.TITLES_GENERIC,
            "child": writers.TITLES_CHILD,
            **writers.TITLES_TOPIC,
        }
        which = np.where(by_subject, 2 + latent.subject, np.where(about_child, 1, 0))
        return self._one_of(pools, which, "title")

    @cached_property
    def provenance(self) -> pa.Array:
        return self._one_of({"provenance": writers.PROVENANCE}, np.zeros(len(self.style), np.int64), "provenance")

    def _one_of(self, pools: Mapping[str, tuple[str, ...]], which: draws.Ints, name: str) -> pa.Array:
        texts, groups = [], []
        for k, (pool_name, pool) in enumerate(pools.items()):
            where = np.flatnonzero(which == k)
            if len(where):
                keys, draw = self.latent.content[where], self.latent.planet.draw
                texts.append(grammar.render_pool(pool, where, keys, self._slots, draw, f"{name}/{pool_name}"))
                groups.append(where)
        return slips.capitalised(grammar.scatter(texts, groups))


def _turns(rows: draws.Ints, pool: draws.Ints) -> draws.Ints:
    """How many earlier sentences of the same report come from the same pool."""
    both = rows * len(mixes.POOL_NAMES) + pool
    order = np.argsort(both, kind="stable")
    is_first = np.concatenate([[True], np.diff(both[order]) != 0])
    place = np.arange(len(both))
    since = place - np.maximum.accumulate(np.where(is_first, place, 0))
    turns = np.empty(len(both), dtype=np.int64)
    turns[order] = since
    return turns
