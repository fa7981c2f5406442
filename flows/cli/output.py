"""What every command's output shares: JSON."""

from __future__ import annotations

from pydantic import BaseModel


def as_json(printed: BaseModel) -> str:
    """For programs; what is not a number becomes null, for JSON has no such value.

    In ASCII: a terminal that shows it is not steered by what a model wrote.
    """
    return printed.model_dump_json(indent=2, ensure_ascii=True)


def as_json_line(printed: BaseModel) -> str:
    """As `as_json`, for a program that reads line by line what a command tells while it goes on."""
    return printed.model_dump_json(ensure_ascii=True)
