"""Ways in: browsers that are started from here, the variables of programs, the addresses for other devices."""

from __future__ import annotations

from typing import Annotated

import msgspec
from litestar import Router, get, post

from wireglass.api.parameters import READ, SEND_ONE, Api, Asked, received
from wireglass.model import Browser, Environment, OwnAddress

URL_LIMIT = 8000


class BrowserStart(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
    """Of one that is installed."""
    url: Annotated[str, msgspec.Meta(max_length=URL_LIMIT)] = ""
    """What it opens; without a scheme it is http. Empty: the page of Wireglass."""


@get("/browsers", operation_id="listBrowsers", responses=READ, tags=["connect"])
async def list_browsers(api: Api) -> list[Browser]:
    """The browsers that are installed here, in the order in which `wireglass browser` takes them."""
    return await api.launch.browsers()


@post("/browsers", operation_id="startBrowser", opt={"body": BrowserStart}, responses=SEND_ONE, tags=["connect"])
async def start_browser(api: Api, request: Asked) -> Browser:
    """Start a browser on this machine, as `wireglass browser` does: it has a profile of its own, uses the proxy and
    trusts it, until it is closed or Wireglass ends."""
    data = await received(request, BrowserStart)
    return await api.launch.start_browser(data.name, data.url)


@get("/environment", operation_id="getEnvironment", responses=READ, tags=["connect"])
async def get_environment(api: Api) -> Environment:
    """The variables with which `wireglass run` starts a program, to be set in a terminal."""
    return await api.launch.environment()


@get("/addresses", operation_id="listAddresses", responses=READ, tags=["connect"])
async def list_addresses(api: Api) -> list[OwnAddress]:
    """The addresses under which other devices reach this machine, the likely one first, with the proxy that listens
    there."""
    return await api.launch.addresses()


router = Router("/", route_handlers=[list_browsers, start_browser, get_environment, list_addresses])
