"""Write docs/reference/openapi.json, docs/reference/api.md and ui/src/api/types.ts from the program; with ``--check``
say whether they are up to date."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from wireglass.api.app import encoded, openapi

ROOT = Path(__file__).parent.parent
MADE_BY = "Made by `make docs` from the program: do not edit."

Object = dict[str, Any]


def kind(schema: Object | bool) -> str:
    """A schema as a TypeScript type."""
    if isinstance(schema, bool):
        return "unknown"
    if "$ref" in schema:
        return str(schema["$ref"]).rsplit("/", 1)[1]
    if "enum" in schema:
        return " | ".join(json.dumps(value) for value in schema["enum"])
    if "anyOf" in schema:
        return " | ".join(dict.fromkeys(kind(part) for part in schema["anyOf"]))
    match schema.get("type"):
        case "integer" | "number":
            return "number"
        case "boolean" | "string" | "null" as name:
            return str(name)
        case "array":
            item = kind(schema.get("items", {}))
            least = schema.get("minItems")
            if least and least == schema.get("maxItems"):
                return f"[{', '.join([item] * least)}]"
            return f"Array<{item}>"
        case "object" if isinstance(schema.get("additionalProperties"), dict):
            return f"Record<string, {kind(schema['additionalProperties'])}>"
        case "object":
            return "Record<string, unknown>"
        case _:
            return "unknown"


def types(document: Object) -> str:
    lines = [f"// {MADE_BY}", ""]
    for name, schema in document["components"]["schemas"].items():
        if text := schema.get("description"):
            lines.append(f"/** {text} */")
        lines.append(f"export interface {name} {{")
        required = schema.get("required", [])
        for field, part in schema["properties"].items():
            if text := part.get("description"):
                lines.append(f"  /** {text} */")
            lines.append(f"  {field}{'' if field in required else '?'}: {kind(part)};")
        lines += ["}", ""]
    said = ("Subscribed", "Changes", "Gap", "Heartbeat", "Failed")
    lines += ["/** Everything that the server says on the feed. */", f"export type Said = {' | '.join(said)};", ""]
    lines += ["/** The answer of each operation, by its id. */", "export interface Answers {"]
    for operations in document["paths"].values():
        for operation in operations.values():
            lines.append(f"  {operation['operationId']}: {answer(operation)};")
    return "\n".join([*lines, "}", ""])


def answer(operation: Object) -> str:
    for status, response in operation["responses"].items():
        if status.startswith("2"):
            kinds = [
                "Blob" if media == "application/octet-stream" else kind(content["schema"])
                for media, content in response.get("content", {}).items()
            ]
            return " | ".join(kinds) or "undefined"
    return "never"


def reference(document: Object) -> str:
    lines = [
        "# API",
        "",
        f"<!-- {MADE_BY} -->",
        "",
        "The guide is [guide/api.md](../guide/api.md); for programs there is [openapi.json](openapi.json).",
        "",
    ]
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            lines += [f"## {method.upper()} {path}", "", operation["description"], ""]
            for one in operation.get("parameters", []):
                note = "" if one["required"] or one["in"] == "path" else ", may be left out"
                lines.append(f"- `{one['name']}` ({cell(kind(one['schema']))}{note}): {one['description']}")
            if body := operation.get("requestBody"):
                content = next(iter(body["content"].values()))
                lines.append(f"- body: {link(kind(content['schema']))}")
            lines += [f"- answer: {link(answer(operation))}", ""]
    lines += ["## Errors", "", "Every error is a [Problem](#problem), with one of these statuses:", ""]
    errors = {
        status: response["description"]
        for operations in document["paths"].values()
        for operation in operations.values()
        for status, response in operation["responses"].items()
        if status >= "400"
    }
    lines += [f"- {status}: {text}" for status, text in sorted(errors.items())]
    lines.append("")
    for name, schema in document["components"]["schemas"].items():
        lines += [f"## {name}", ""]
        if text := schema.get("description"):
            lines += [text, ""]
        for field, part in schema["properties"].items():
            meaning = f": {part['description']}" if part.get("description") else ""
            note = "" if field in schema.get("required", []) else ", may be left out"
            lines.append(f"- `{field}` ({cell(kind(part))}{note}){meaning}")
        lines.append("")
    return "\n".join(lines).rstrip() + "\n"


def cell(text: str) -> str:
    return f"`{text}`"


def link(text: str) -> str:
    return f"[{text}](#{text.lower()})" if text.isidentifier() and text[0].isupper() and text != "Blob" else f"`{text}`"


def pages() -> dict[Path, bytes]:
    document = openapi()
    return {
        ROOT / "docs" / "reference" / "openapi.json": encoded(document),
        ROOT / "docs" / "reference" / "api.md": reference(document).encode(),
        ROOT / "ui" / "src" / "api" / "types.ts": types(document).encode(),
    }


def main(arguments: list[str]) -> int:
    found = pages()
    if arguments == ["--check"]:
        old = [page for page, text in found.items() if not page.exists() or page.read_bytes() != text]
        for page in old:
            print(f"{page} is out of date: run `make docs`")
        return 1 if old else 0
    for page, text in found.items():
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_bytes(text)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
