"""Settings: an override changes what it names, and a misspelt name is refused."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from jobs.runtime import settings


def test_override_changes_only_what_it_names(tmp_path: Path, monkeypatch):
    monkeypatch.delenv("NIGHTJAR_SETTINGS", raising=False)
    plain = settings.load(tmp_path)
    override = tmp_path / "s.yaml"
    override.write_text("queue: {capacity: 7}\n")
    monkeypatch.setenv("NIGHTJAR_SETTINGS", str(override))
    changed = settings.load(tmp_path)
    assert changed.capacity() == {"*": 7}
    assert changed["training"] == plain["training"]
    assert changed.config_hash != plain.config_hash


@pytest.mark.parametrize("text", ["queue: {capcity: 7}", "quue: {}", "a: [1"])
def test_mistakes_are_refused_by_name(tmp_path: Path, monkeypatch, text: str):
    override = tmp_path / "s.yaml"
    override.write_text(text)
    monkeypatch.setenv("NIGHTJAR_SETTINGS", str(override))
    with pytest.raises(settings.SettingsError, match=str(override)):
        settings.load(tmp_path)


def test_a_night_has_one_seed(tmp_path: Path):
    chosen = settings.load(tmp_path)
    assert chosen.night_seed(date(2026, 1, 5)) == settings.load(tmp_path / "other").night_seed(date(2026, 1, 5))
    assert chosen.night_seed(date(2026, 1, 5)) != chosen.night_seed(date(2026, 1, 6))
