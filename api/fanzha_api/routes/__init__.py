"""The routes, by resource: each reads a request, asks, and gives its answer as JSON."""

from fastapi import APIRouter

from fanzha_api.routes import (
    hotlines,
    jobs,
    keys,
    moderations,
    observations,
    operation,
    policies,
    records,
    reviews,
    webhooks,
)

__all__ = ["ENDPOINTS", "router"]

ENDPOINTS = moderations.ENDPOINTS
"""What is answered without the router."""

router = APIRouter()
for _resource in (
    moderations, hotlines, jobs, policies, records, reviews, webhooks, keys, observations,
    operation,
):  # fmt: skip
    router.include_router(_resource.router)
