"""What runs, its doors, settings, certificate and saved filters, what is missing, and pruning."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from litestar import Router, delete, get, patch, post, put
from litestar.params import PathParameter, QueryParameter

from wireglass.api.parameters import (
    CHANGE_ONE,
    LARGEST,
    QUERY_LIMIT,
    READ,
    READ_ONE,
    SEND,
    SEND_ONE,
    Api,
    Asked,
    received,
)
from wireglass.api.services import Facts
from wireglass.api.sessions import NAME_LIMIT, Removed
from wireglass.errors import StoreError, UsageError
from wireglass.launch.certificates import CaCertificate
from wireglass.model import Door, Missing, Retention, SavedFilter, Session
from wireglass.settings import TABLE
from wireglass.store import Usage

MODE_LIMIT = 1000


class Status(msgspec.Struct, frozen=True):
    running: Facts
    sessions: list[Session]
    """Those that are not ended."""
    doors: list[Door]
    seq: int
    """Number of the newest change: where a feed can begin."""


class DoorStart(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    mode: Annotated[str, msgspec.Meta(min_length=1, max_length=MODE_LIMIT)]
    """As `--mode` takes it: `regular@127.0.0.1:9000`, `reverse:https://api.example.com@127.0.0.1:9001`."""


class DoorChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    state: Literal["open", "stopped"]


class SettingShown(msgspec.Struct, frozen=True):
    name: str
    value: Any
    """What Wireglass runs with; text where it has a form of its own, and without passwords."""
    default: str | None
    help: str
    unit: str
    flag: str
    env: str
    origin: str
    """The flag, the variable or the file that says the value; empty: nobody does, and it is the default."""
    in_file: bool
    """Whether `config.toml` may have it."""
    repeatable: bool
    """The flag may be given more than once, and `config.toml` may have a list."""
    secret: bool
    """The value may have a password, which is not shown."""


class CertificateAuthority(msgspec.Struct, frozen=True):
    path: str
    name: str
    sha256: str
    """As people compare it: upper-case hex, colon between bytes."""
    pem: str


class FilterToSave(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: Annotated[str, msgspec.Meta(min_length=1, max_length=NAME_LIMIT)]
    query: Annotated[str, msgspec.Meta(max_length=QUERY_LIMIT)]


class Prune(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What may stay; null: no limit. Without a session, of the whole store."""

    age: Annotated[float, msgspec.Meta(ge=0)] | None = None
    """Seconds since an exchange started."""
    count: Annotated[int, msgspec.Meta(ge=0, le=LARGEST)] | None = None
    size: Annotated[int, msgspec.Meta(ge=0, le=LARGEST)] | None = None
    """Bytes of bodies as they passed and, for the whole store, of its files."""
    session: Annotated[int, msgspec.Meta(ge=1, le=LARGEST)] | None = None


DoorId = Annotated[int, PathParameter(ge=1, le=LARGEST, description="The door's number.")]


@get("/status", operation_id="getStatus", responses=READ, tags=["status"])
async def get_status(api: Api) -> Status:
    """Who runs, what is recorded and where clients may come."""
    sessions, seq = await api.readers.ask(lambda reader: (reader.sessions(), reader.newest_seq()))
    return Status(api.facts, [one for one in sessions if one.state != "ended"], api.doors.list(), seq)


@get("/doors", operation_id="listDoors", responses=READ, tags=["doors"])
async def list_doors(api: Api) -> list[Door]:
    """The ports that clients come to."""
    return api.doors.list()


@post("/doors", operation_id="startDoor", opt={"body": DoorStart}, responses=SEND, tags=["doors"], status_code=201)
async def start_door(api: Api, request: Asked) -> Door:
    """A new door, open for clients until Wireglass ends."""
    data = await received(request, DoorStart)
    return await api.doors.start(data.mode)


@patch("/doors/{door_id:int}", operation_id="changeDoor", opt={"body": DoorChange}, responses=SEND_ONE, tags=["doors"])
async def change_door(api: Api, door_id: DoorId, request: Asked) -> Door:
    """Stop a door (no new clients), or open it on its port again."""
    data = await received(request, DoorChange)
    return await (api.doors.open(door_id) if data.state == "open" else api.doors.stop(door_id))


@delete("/doors/{door_id:int}", operation_id="removeDoor", responses=CHANGE_ONE, tags=["doors"], status_code=204)
async def remove_door(api: Api, door_id: DoorId) -> None:
    """Stop and forget a door. The first one stays."""
    await api.doors.remove(door_id)


@get("/settings", operation_id="getSettings", responses=READ, tags=["status"])
async def get_settings(api: Api) -> list[SettingShown]:
    """What Wireglass runs with. It is set by flags, variables and config.toml, and holds until the next start."""
    return [
        SettingShown(
            one.name,
            _shown(getattr(api.settings, one.name), secret=one.secret),
            one.default,
            one.help,
            one.unit,
            one.flag,
            one.env,
            api.settings.origins.get(one.name, ""),
            one.in_file,
            one.repeatable,
            one.secret,
        )
        for one in TABLE
    ]


def _shown(value: object, *, secret: bool) -> object:
    if value is None or (isinstance(value, bool | int | float) and not secret):
        return value
    if isinstance(value, tuple) and not hasattr(value, "_fields"):
        return [_shown(item, secret=secret) for item in value]
    if isinstance(value, msgspec.Struct) and type(value).__str__ is object.__str__:
        return msgspec.to_builtins(value)
    return str(value)


@get("/ca", operation_id="getCa", responses=READ, tags=["status"])
async def get_ca(api: Api) -> CertificateAuthority:
    """The certificate that clients must trust; never its key."""
    try:
        certificate = CaCertificate(api.authority.read_bytes())
    except (OSError, ValueError) as error:
        raise StoreError(
            f"The certificate in {api.authority} cannot be read: {error}.", "`wireglass doctor` says what is wrong."
        ) from error
    return CertificateAuthority(
        str(api.authority), certificate.name, certificate.fingerprint, certificate.pem().decode("ascii")
    )


@get("/store", operation_id="getStore", responses=READ, tags=["status"])
async def get_store(api: Api) -> Usage:
    """How much the store holds."""
    return await api.readers.ask(lambda reader: reader.usage())


@get("/missing", operation_id="listMissing", responses=READ_ONE, tags=["status"])
async def list_missing(
    api: Api,
    session: Annotated[
        int,
        QueryParameter(ge=0, le=LARGEST, description="Of this session alone; 0: of all, and of none.", required=False),
    ] = 0,
) -> list[Missing]:
    """Why is it not there? What passed and was not kept, by reason and host."""
    return await api.readers.ask(lambda reader: reader.missing(session or None))


@get("/filters", operation_id="listFilters", responses=READ, tags=["filters"])
async def list_filters(api: Api) -> list[SavedFilter]:
    """Saved filters, by name."""
    return await api.readers.ask(lambda reader: reader.saved_filters())


@put("/filters", operation_id="saveFilter", opt={"body": FilterToSave}, responses=SEND, tags=["filters"])
async def save_filter(api: Api, request: Asked) -> SavedFilter:
    """Save a query under a name; one of this name is replaced."""
    data = await received(request, FilterToSave)
    saved = SavedFilter(data.name, data.query)
    await api.change(lambda control: control.save_filter(saved))
    return saved


@delete("/filters", operation_id="removeFilter", responses=CHANGE_ONE, tags=["filters"], status_code=204)
async def remove_filter(
    api: Api, name: Annotated[str, QueryParameter(max_length=NAME_LIMIT, description="The filter's name.")]
) -> None:
    """Forget a saved filter."""
    await api.change(lambda control: control.remove_filter(name))


@post("/prune", operation_id="prune", opt={"body": Prune}, responses=SEND_ONE, tags=["exchanges"], status_code=200)
async def prune(api: Api, request: Asked) -> Removed:
    """Delete the oldest exchanges until the rest is within these limits; the space is given back to the disk."""
    data = await received(request, Prune)
    if data.age is None and data.count is None and data.size is None:
        raise UsageError("There is no limit to prune to.", "Give age, count or size.")
    retention = Retention(data.age, data.count, data.size)
    return Removed(await api.change_long(lambda control: control.prune(retention, data.session)))


router = Router(
    "/",
    route_handlers=[
        get_status,
        list_doors,
        start_door,
        change_door,
        remove_door,
        get_settings,
        get_ca,
        get_store,
        list_missing,
        list_filters,
        save_filter,
        remove_filter,
        prune,
    ],
)
