"""Settings with some keys changed, as an override file would change them."""

from __future__ import annotations

from typing import Any

from jobs.runtime.sections.sections import Sections
from jobs.runtime.settings import Settings
from schemas import documents, validation


def changed(chosen: Settings, **sections: Any) -> Settings:
    """`chosen` with what `sections` says instead; an unknown key or a wrong value fails the test."""
    document = documents.Document("changes", sections).laid_over(documents.Document("settings", chosen.values))
    found, problems = validation.checked(document, Sections)
    assert found is not None, problems
    return Settings(home=chosen.home, **dict(found))
