"""The routes, by resource: each reads a request, asks, and gives its answer as JSON."""

from fastapi import APIRouter

from fanzha_api.routes import (
    hotlines,
    keys,
    moderations,
    operation,
    policies,
    records,
    reviews,
)

__all__ = ["router"]

router = APIRouter()
for _resource in (moderations, hotlines, policies, records, reviews, keys, operation):
    router.include_router(_resource.router)
