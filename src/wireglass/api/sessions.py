"""/api/sessions: named spans of capture."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from litestar import Router, delete, get, patch, post
from litestar.params import PathParameter, QueryParameter

from wireglass.api.parameters import CHANGE_ONE, READ, READ_ONE, SEND, SEND_ONE, Api, Asked, SessionId, received
from wireglass.model import Session, SessionOptions, Tally

NAME_LIMIT = 100
NOTE_LIMIT = 10_000

# Ordinary text: what is listed on terminals and in files has no control characters.
Name = Annotated[str, msgspec.Meta(max_length=NAME_LIMIT)]
Note = Annotated[str, msgspec.Meta(max_length=NOTE_LIMIT)]


class SessionStart(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: Name = ""
    """Empty: one is made of the time. That of an ended session goes on recording into it."""
    source: Annotated[str, msgspec.Meta(max_length=NAME_LIMIT)] = "proxy"
    note: Note = ""
    options: SessionOptions = SessionOptions()


class SessionChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is null or left out stays as it is."""

    name: Name | None = None
    note: Note | None = None
    options: SessionOptions | None = None
    """All of them anew; they hold for what comes from now on."""


class Removed(msgspec.Struct, frozen=True):
    exchanges: int
    """How many went."""


class SessionStats(msgspec.Struct, frozen=True):
    session: Session
    tallies: list[Tally]
    """By dimension; in each the largest first."""


@get("/", operation_id="listSessions", responses=READ)
async def list_sessions(
    api: Api,
    name: Annotated[
        str,
        QueryParameter(max_length=NAME_LIMIT, description="The one of this name, or none; empty: all.", required=False),
    ] = "",
) -> list[Session]:
    """All sessions, the oldest first."""
    sessions = await api.readers.ask(lambda reader: reader.sessions())
    return [session for session in sessions if session.name == name] if name else sessions


@post("/", operation_id="startSession", opt={"body": SessionStart}, responses=SEND, status_code=201)
async def start_session(api: Api, request: Asked) -> Session:
    """Start a session: it records from now on, beside those that record already."""
    data = await received(request, SessionStart)
    return await api.change(lambda control: control.start_session(data.name, data.source, data.options, data.note))


@get("/{session_id:int}", operation_id="getSession", responses=READ_ONE)
async def get_session(api: Api, session_id: SessionId) -> Session:
    """One session, with its counts so far."""
    return await api.readers.ask(lambda reader: reader.session(session_id))


@patch("/{session_id:int}", operation_id="changeSession", opt={"body": SessionChange}, responses=SEND_ONE)
async def change_session(api: Api, session_id: SessionId, request: Asked) -> Session:
    """Rename it, note something, or give it other options."""
    data = await received(request, SessionChange)
    return await api.change(
        lambda control: control.change_session(session_id, name=data.name, note=data.note, options=data.options)
    )


@delete("/{session_id:int}", operation_id="deleteSession", responses=CHANGE_ONE, status_code=200)
async def delete_session(api: Api, session_id: SessionId) -> Removed:
    """Delete an ended session, with the exchanges that no other session holds."""
    return Removed(await api.change_long(lambda control: control.delete_session(session_id)))


@post("/{session_id:int}/{action:str}", operation_id="controlSession", responses=CHANGE_ONE, status_code=200)
async def control_session(
    api: Api,
    session_id: SessionId,
    action: Annotated[Literal["pause", "resume", "stop"], PathParameter(description="What it is to do.")],
) -> Session:
    """Pause it (traffic goes on, and is not kept), resume it, or stop it."""
    if action == "pause":
        return await api.change(lambda control: control.pause_session(session_id))
    if action == "resume":
        return await api.change(lambda control: control.resume_session(session_id))
    return await api.change(lambda control: control.stop_session(session_id))


@post("/{session_id:int}/clear", operation_id="clearSession", responses=CHANGE_ONE, status_code=200)
async def clear_session(api: Api, session_id: SessionId) -> Removed:
    """Drop what it holds; it goes on recording."""
    return Removed(await api.change_long(lambda control: control.clear_session(session_id)))


@get("/{session_id:int}/stats", operation_id="getSessionStats", responses=READ_ONE)
async def get_session_stats(api: Api, session_id: SessionId) -> SessionStats:
    """Live figures: how many by method, domain, content type, status class and data mode."""
    return await api.readers.ask(lambda reader: SessionStats(reader.session(session_id), reader.tallies(session_id)))


router = Router(
    "/sessions",
    route_handlers=[
        list_sessions,
        start_session,
        get_session,
        change_session,
        delete_session,
        control_session,
        clear_session,
        get_session_stats,
    ],
    tags=["sessions"],
)
