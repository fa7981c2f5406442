"""Writes figures as a person reads them. Sizes come in bytes, times in seconds or ISO 8601."""

from __future__ import annotations

from datetime import UTC, datetime

GIB = 2**30
FEW_SECONDS = 10


def gib(size: int) -> str:
    """`1.5 GiB`; under a tenth of one, in MiB, so that nothing that was used reads as 0.0."""
    return f"{size / GIB:.1f} GiB" if size >= GIB / 10 else f"{size / 2**20:.0f} MiB"


def size(bytes_: int) -> str:
    """`1.5 GiB`, `257 MiB`, `349 kB`: of files, which may be small."""
    return gib(bytes_) if bytes_ >= 2**20 else f"{bytes_ / 1000:.0f} kB"


def duration(seconds: float) -> str:
    """`0.4 s`, `31 s`, `1 min 23 s`, `2 h 5 min`."""
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def as_told(seconds: float) -> int:
    """An expectation in the steps that `about` tells it in, so that what is said of it fits what is told."""
    step = (
        1 if seconds < FEW_SECONDS else 10 if seconds < 60 else 30 if seconds < 300 else 60 if seconds < 3600 else 300
    )
    return max(step, round(seconds / step) * step)


def about(seconds: float) -> str:
    """An expectation as it is told everywhere, no finer than it is known: `about 40 s`, `about 2 min 30 s`, `about 3 h`."""
    if seconds < FEW_SECONDS:
        return "a few seconds"
    whole = as_told(seconds)
    hours, minutes, rest = whole // 3600, whole % 3600 // 60, whole % 60
    parts = (f"{hours} h" if hours else "", f"{minutes} min" if minutes else "", f"{rest} s" if rest else "")
    return f"about {' '.join(filter(None, parts))}"


def count(number: float) -> str:
    """`1,234`; from a million on, `134.5 million`."""
    if number >= 1e9:
        return f"{number / 1e9:.1f} billion"
    return f"{number / 1e6:.1f} million" if number >= 1e6 else f"{number:,.0f}"


def date(moment: str) -> str:
    """`2026-11-23 00:41 UTC` from ISO 8601; a text that isn't a time stays as it is."""
    try:
        return datetime.fromisoformat(moment).astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")
    except ValueError:
        return moment


def loss(value: float | None) -> str:
    """Four decimals of a nat: more is noise of the arithmetic."""
    return "\N{EN DASH}" if value is None else f"{value:.4f}"


def percent(share: float) -> str:
    return f"{share:.0%}"
