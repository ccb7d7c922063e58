"""The OpenAPI document of the service; `python -m fanzha_api.openapi` prints it."""

from __future__ import annotations

import json
import sys
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel

from fanzha_api import schemas

__all__ = ["describe", "document_text"]

_DESCRIPTION = """\
Finds cash-out promotions, fake customer-service hotlines and other scam advertisements in Chinese
posts, and points at the characters that prove it. Every error is an RFC 9457 problem document.
"""


def describe(app: FastAPI) -> None:
    """Give `app` an OpenAPI document that knows the bodies and problems of all routes."""

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _document(app)
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]


def document_text(app: FastAPI) -> str:
    """Give the document as the text of the committed `openapi.json`."""
    return json.dumps(app.openapi(), ensure_ascii=False, indent=2, sort_keys=True) + "\n"


def _document(app: FastAPI) -> dict[str, Any]:
    document = get_openapi(
        title=app.title,
        version=app.version,
        summary="反诈: moderation verdicts with evidence",
        description=_DESCRIPTION,
        routes=app.routes,
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
    )
    components = document["components"]["schemas"]
    # FastAPI describes its own error form, which this service never sends.
    for unused in ("HTTPValidationError", "ValidationError"):
        components.pop(unused, None)
    models: tuple[type[BaseModel], ...] = (
        schemas.Post,
        schemas.Batch,
        schemas.PolicyChange,
        schemas.KeyRequest,
        schemas.FeedbackRequest,
        schemas.WebhookRequest,
        schemas.DecisionRequest,
        schemas.AppealRequest,
        schemas.AppealResolution,
        schemas.Problem,
    )
    for model in models:
        schema = model.model_json_schema(ref_template="#/components/schemas/{model}")
        components.update(schema.pop("$defs", {}))
        components[model.__name__] = schema
    document["components"]["securitySchemes"] = {
        "key": {
            "type": "http",
            "scheme": "bearer",
            "description": "An API key; needed once there has been one, see the guide.",
        }
    }
    for methods in document["paths"].values():
        for operation in methods.values():
            if "401" in operation["responses"]:
                operation["security"] = [{"key": []}, {}]
    return document


if __name__ == "__main__":
    from fanzha_api.app import create_app
    from fanzha_api.settings import Settings

    sys.stdout.write(document_text(create_app(Settings())))
