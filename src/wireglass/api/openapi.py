"""The OpenAPI document: the paths as litestar knows them, the schemas as msgspec does."""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
from collections.abc import Iterable
from typing import Any, TypeAlias

import msgspec
from litestar import Litestar
from litestar.handlers import HTTPRouteHandler

Object: TypeAlias = dict[str, Any]
Struct: TypeAlias = type[msgspec.Struct]

_METHODS = ("get", "post", "put", "patch", "delete")

_REFERENCE = "#/components/schemas/{name}"


def document(app: Litestar, structs: Iterable[Struct]) -> Object:
    """The whole document as JSON values. ``structs``: what is sent or received; what is in those need not be named.

    Their schemas are msgspec's, which encodes and decodes them, and so knows which fields are always there. The
    descriptions of fields are the strings below them in the source."""
    found: Object = app.openapi_schema.to_schema()
    by_name = {struct.__name__: struct for struct in _with_parts(structs)}
    _, schemas = msgspec.json.schema_components(list(by_name.values()), ref_template=_REFERENCE)
    unknown = set(found["components"].get("schemas", {})) - set(schemas)
    assert not unknown, f"to be named in app.py as well: {sorted(unknown)}"
    for name, schema in schemas.items():
        _describe(schema, by_name[name])
        _plain_pairs(schema)
    found["components"]["schemas"] = dict(sorted(schemas.items()))
    bodies = _bodies(app)
    # litestar keeps them in sets, whose order is another in each process.
    found["paths"] = {
        path: {method: operations[method] for method in _METHODS if method in operations}
        for path, operations in sorted(found["paths"].items())
    }
    for operations in found["paths"].values():
        for operation in operations.values():
            operation["responses"] = dict(sorted(operation["responses"].items()))
            _complete(operation, bodies)
    return found


def _bodies(app: Litestar) -> dict[str, str]:
    """What is read from a request's body, by operation."""
    handlers = [one for route in app.routes for one in getattr(route, "route_handlers", ())]
    return {
        str(one.operation_id): one.opt["body"].__name__
        for one in handlers
        if isinstance(one, HTTPRouteHandler) and "body" in one.opt
    }


def _complete(operation: Object, bodies: dict[str, str]) -> None:
    """What a handler's signature does not say, or litestar makes of it."""
    description = _plain(operation["description"])
    operation["summary"] = re.split(r"(?<=[.:;]) ", description)[0].rstrip(".:;")
    operation["description"] = description
    for status, response in operation["responses"].items():
        if status.startswith("2"):
            response["description"] = "Done." if "content" not in response else "What was asked for."
    for parameter in operation.get("parameters", ()):
        parameter["schema"] = _of_parameter(parameter["schema"])
        for name in ("deprecated", "allowEmptyValue", "allowReserved"):
            parameter.pop(name, None)
    operation.pop("deprecated", None)
    if body := bodies.get(operation["operationId"]):
        schema = {"$ref": _REFERENCE.format(name=body)}
        operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": schema}}}
    match operation.get("operationId"):
        case "getBody":
            operation["responses"]["200"]["content"] = {
                "application/octet-stream": {"schema": {"type": "string", "format": "binary"}},
                "application/json": {"schema": {"$ref": _REFERENCE.format(name="Shown")}},
            }
        case "exportExchanges" | "fetchDownload" as name:
            operation["responses"]["200"]["content"] = {"application/json": {"schema": {"type": "object"}}}
            if name == "fetchDownload":  # what is secret is its path
                operation["security"] = []
        case "importFile":
            operation["requestBody"] = {
                "description": "The file.",
                "required": True,
                "content": {"application/json": {"schema": {"type": "object", "required": ["log"]}}},
            }
        case "feed":
            del operation["responses"]["200"]
            operation["responses"]["101"] = {
                "description": "The WebSocket: what the server says on it.",
            }
        case _:
            pass


def _of_parameter(schema: Object) -> Object:
    """It is there or not, and never null; and its limits are whole numbers."""
    parts = schema.pop("oneOf", None)
    if parts is not None:
        [part] = [part for part in parts if part != {"type": "null"}]
        schema = {**part, **schema}
    for name in ("minimum", "maximum"):
        if name in schema:
            schema[name] = int(schema[name])
    schema.pop("description", None)  # it is the parameter's already
    return schema


def _with_parts(structs: Iterable[Struct]) -> list[Struct]:
    """And the structs in their fields, each once."""
    found: dict[Struct, None] = {}

    def look(type: msgspec.inspect.Type) -> None:
        if isinstance(type, msgspec.inspect.StructType):
            if type.cls in found:
                return
            found[type.cls] = None
            for field in type.fields:
                look(field.type)
            return
        for attribute in ("type", "item_type", "key_type", "value_type"):
            part = getattr(type, attribute, None)
            if isinstance(part, msgspec.inspect.Type):
                look(part)
        for attribute in ("types", "item_types"):
            for part in getattr(type, attribute, ()):
                look(part)

    for type in msgspec.inspect.multi_type_info(list(structs)):
        look(type)
    return list(found)


def _describe(schema: Object, struct: Struct) -> None:
    if "description" in schema:
        schema["description"] = _plain(schema["description"])
    config = struct.__struct_config__
    if not config.omit_defaults and not config.forbid_unknown_fields:
        schema["required"] = list(schema["properties"])  # all are sent always
    for name, text in _field_docs(struct).items():
        if name in schema["properties"]:
            schema["properties"][name] = {**schema["properties"][name], "description": text}


def _plain_pairs(schema: Any) -> None:
    """Our tuples hold values of one kind: lists of a fixed length, which more readers of schemas understand than
    ``prefixItems``."""
    if isinstance(schema, list):
        for item in schema:
            _plain_pairs(item)
    elif isinstance(schema, dict):
        if "prefixItems" in schema:
            first, *others = schema.pop("prefixItems")
            assert all(other == first for other in others)
            schema["items"] = first
        for value in schema.values():
            _plain_pairs(value)


def _field_docs(struct: Struct) -> dict[str, str]:
    [node] = ast.parse(textwrap.dedent(inspect.getsource(struct))).body
    assert isinstance(node, ast.ClassDef)
    docs = {}
    for field, after in zip(node.body, node.body[1:], strict=False):
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name):
            match after:
                case ast.Expr(ast.Constant(str(text))):
                    docs[field.target.id] = _plain(text)
                case _:
                    pass
    return docs


def _plain(docstring: str) -> str:
    """One line, with the marks of Markdown."""
    return " ".join(docstring.replace("``", "`").split())
