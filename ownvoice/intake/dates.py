"""Dates as files tell them, in ISO 8601."""

from __future__ import annotations

from datetime import date, datetime


def iso_date(value: object) -> str:
    """The date or the time in ISO 8601; '' where it is not told in a form that has one meaning only."""
    if isinstance(value, date):  # a datetime is one
        return value.isoformat()
    for kind in (date, datetime):
        try:
            return kind.fromisoformat(str(value).strip()).isoformat()
        except ValueError:
            continue
    return ""
