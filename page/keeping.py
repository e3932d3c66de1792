"""Which fields of the page are remembered, and when: as soon as somebody has changed them."""

from collections.abc import Callable
from functools import partial
from typing import Any

from page import settings
from page.answers import LATEST, Updates


def keep_choices(**fields: Any) -> None:  # noqa: ANN401 - Gradio has no types for us
    """Remember what is chosen or switched in these components, by the names that `Settings` has for them."""
    for name, field in fields.items():
        field.input(partial(_keep, name), [field], **LATEST)


def keep_texts(**fields: Any) -> None:  # noqa: ANN401 - Gradio has no types for us
    """Remember what stands in these components once they are left."""
    for name, field in fields.items():
        for left in leaving(field):
            left(partial(_keep, name), [field], **LATEST)


def keep_together(fields: set[Any], kept: Callable[[Updates], dict[str, Any]], *changes: Any) -> None:  # noqa: ANN401
    """Remember what `kept` makes of several components, after any of these changes."""
    for changed in changes:
        changed(lambda wishes: settings.keep(**kept(wishes)), fields, **LATEST)


def leaving(field: Any) -> tuple[Any, ...]:  # noqa: ANN401 - Gradio has no types for us
    """The events after which what was typed into a field counts."""
    return field.blur, field.submit


def _keep(name: str, value: object) -> None:
    settings.keep(**{name: value})
