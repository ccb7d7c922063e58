"""A typed client of the service, for programs in Python; needs httpx (`fanzha[client]`).

Examples
--------
>>> from fanzha_api.client import Client  # doctest: +SKIP
>>> with Client("http://127.0.0.1:8000", key="fz_…") as client:  # doctest: +SKIP
...     client.moderate("花呗套现秒到，加V：hb_9527", board="cars").suggestion
'block'
"""

from fanzha_api.client.asynchronous import AsyncClient
from fanzha_api.client.calls import ServiceError
from fanzha_api.client.events import verify_event
from fanzha_api.client.synchronous import Client

__all__ = ["AsyncClient", "Client", "ServiceError", "verify_event"]
