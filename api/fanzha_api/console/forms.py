"""Forms that the console's pages send."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qs

from fastapi import Request

from fanzha_api.bodies import collect
from fanzha_api.console.visit import Visit, refuse_forged
from fanzha_api.problems import Problem
from fanzha_api.service import service_of

__all__ = ["FORM_TYPE", "TOKEN_FIELD", "Form", "read_form"]

FORM_TYPE: Final = "application/x-www-form-urlencoded"
TOKEN_FIELD: Final = "token"

_MOST_FIELDS: Final = 2000


@dataclass(frozen=True, slots=True)
class Form:
    """The fields of a form, each with all its values."""

    fields: Mapping[str, Sequence[str]]

    def get(self, name: str) -> str:
        """Give a field without the spaces around it; empty where it is missing."""
        return self.text(name).strip()

    def text(self, name: str) -> str:
        """Give a field as it was written, with the line ends that a post has."""
        values = self.fields.get(name) or ("",)
        # Browsers send every line end of a text area as CR LF.
        return values[0].replace("\r\n", "\n")

    def every(self, name: str) -> list[str]:
        """Give all values of a field."""
        return list(self.fields.get(name, ()))

    def ticked(self, name: str) -> bool:
        """Tell whether a box is ticked."""
        return name in self.fields


async def read_form(request: Request, visit: Visit) -> Form:
    """Read a form of this visitor.

    Raises
    ------
    Problem
        403: it did not come from a page of the console; 413, 415, 422: it is none.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != FORM_TYPE:
        raise Problem(
            415, "unsupported-media-type", f"a form is {FORM_TYPE}; send it from the console's page"
        )
    raw = await collect(request, service_of(request).settings.max_body_bytes)
    try:
        fields = parse_qs(
            raw.decode("ascii"),
            keep_blank_values=True,
            max_num_fields=_MOST_FIELDS,
            errors="replace",
        )
    except ValueError:
        raise Problem(
            422, "invalid-field", "the form cannot be read; send it from the console's page"
        ) from None
    form = Form(fields)
    refuse_forged(request, visit, form.get(TOKEN_FIELD))
    return form
