"""A route of the console: what goes wrong in it is answered as a page."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from fastapi.routing import APIRoute
from pydantic import BaseModel, ValidationError

from fanzha.errors import InputError
from fanzha_api.console.drawing import draw, go_to
from fanzha_api.console.visit import ROOT, SignIn, Visit, greet, here
from fanzha_api.door import Caller
from fanzha_api.problems import Problem, explain

__all__ = ["ConsoleRoute", "checked", "problem_text"]


class ConsoleRoute(APIRoute):
    """Answers problems as pages, and sends who is not signed in to the sign-in."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Give the handler with the catch around it."""
        handle = super().get_route_handler()

        async def answer(request: Request) -> Response:
            try:
                return await handle(request)
            except SignIn:
                return _ask_in(request)
            except Problem as problem:
                return _show(request, problem)
            except InputError as error:
                return _show(request, Problem(422, "invalid-input", str(error)))
            except RequestValidationError as error:
                return _show(request, explain(error.errors()))

        return answer


def _ask_in(request: Request) -> Response:
    visit = greet(request, Caller())
    if visit.fresh and request.headers.get("sec-fetch-site") == "cross-site":
        # A link from elsewhere comes without the strict cookie; a second step brings it.
        return draw(request, visit, "onward.html.j2", place=here(request))
    place = here(request) if request.method == "GET" else ROOT
    return go_to(request, visit, f"{ROOT}/sign-in?next={_quoted(place)}")


def _quoted(place: str) -> str:
    from urllib.parse import quote

    return quote(place, safe="/")


def _show(request: Request, problem: Problem) -> Response:
    visit: Visit = getattr(request.state, "visit", None) or greet(request, Caller())
    response = draw(
        request,
        visit,
        "problem.html.j2",
        problem.status,
        problem=problem,
        told=problem_text(visit, problem),
        request_id=request.state.request_id,
    )
    response.headers.update(problem.headers)
    return response


def problem_text(visit: Visit, problem: Problem) -> str:
    """Say what is wrong in the visitor's language, where there are words for it."""
    name = f"problem_{problem.kind.replace('-', '_')}"
    return visit.phrases(name) if visit.phrases.has(name) else problem.detail


def checked(model: type[Any], values: dict[str, Any]) -> Any:
    """Check what a form says against the same schema as the API's bodies.

    Raises
    ------
    Problem
        422 with a pointer to each wrong field.
    """
    assert issubclass(model, BaseModel)
    try:
        return model.model_validate(values)
    except ValidationError as error:
        raise explain(error.errors(include_url=False, include_input=False)) from None
