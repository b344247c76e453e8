"""Section of the programme's benefits: what a deployment states of its own cases, as distributions."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, ValidationInfo, field_validator

from jobs.runtime.sections import types as t
from schemas.validation import Part


class Stated(Part):
    """A figure that is not known exactly: its form, its ends, and where it comes from."""

    form: Literal["pert", "triangular", "uniform", "lognormal"]
    low: float = Field(description="least; of a lognormal the value that 5 % are below")
    high: float = Field(description="greatest; of a lognormal the value that 5 % are above")
    likely: float | None = Field(None, description="of pert and triangular", validate_default=True)
    why: t.Text = Field(description="where it comes from: who counted it, when")

    @field_validator("high")
    @classmethod
    def _is_not_below_low(cls, high: float, info: ValidationInfo) -> float:
        low = info.data.get("low")
        if low is not None and high < low:
            raise ValueError("is below low")
        if info.data.get("form") == "lognormal" and low is not None and not 0 < low < high:
            raise ValueError("takes ends above nought, and low below high")
        return high

    @field_validator("likely")
    @classmethod
    def _fits_form(cls, likely: float | None, info: ValidationInfo) -> float | None:
        form, low, high = (info.data.get(name) for name in ("form", "low", "high"))
        if form in ("pert", "triangular") and likely is None:
            raise ValueError(f"is needed for {form}")
        if form in ("uniform", "lognormal") and likely is not None:
            raise ValueError(f"is not a key of {form}")
        if likely is not None and low is not None and high is not None and not low <= likely <= high:
            raise ValueError("is not between low and high")
        return likely


class Benefits(Part):
    """What a deployment states of its cases; whatever is null is unknown, and so is every line that takes it."""

    n_draws: t.Count
    machine_hour: t.NotNegative | None = Field(description="price of an hour of the machine, in pounds")
    cases_per_year: Stated | None
    hours_before: Stated | None
    hours_after: Stated | None
    hour_cost: Stated | None
    external_per_case: Stated | None
    other_per_year: Stated | None
    items_before: Stated | None
    items_after: Stated | None

    def stated(self) -> dict[str, dict[str, float | str | None]]:
        """Figures that are stated, by name, as plain values."""
        figures = {name: getattr(self, name) for name in type(self).model_fields if name not in _SINGLE}
        return {name: figure.model_dump() for name, figure in figures.items() if figure is not None}


_SINGLE = ("n_draws", "machine_hour")
