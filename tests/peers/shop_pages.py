"""What the shop of ``tests.peers.shop`` answers: believable pages, and the faults that shops have."""

from __future__ import annotations

import gzip
import io
import json
import math
import re
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

from PIL import Image, ImageDraw
from tests.peers.http import chunked
from tests.peers.origin import Call

_SLOW = 2.4
"""Seconds of a report that is made while the client waits."""

PEOPLE = ("Ada Okafor", "Bruno Costa", "Chiyo Tanaka", "Dilek Aydan", "Émile Laurent", "Freya Lindqvist")
GOODS = (("Enamel mug", 1450), ("Linen apron", 3900), ("Cast-iron pan", 6200), ("Oak board", 2850), ("Tea towel", 900))
CITIES = ("Lagos", "Porto", "Kyoto", "İzmir", "Lyon", "Uppsala")


def user(number: int) -> dict[str, Any]:
    name = PEOPLE[number % len(PEOPLE)]
    return {
        "id": number,
        "name": name,
        "email": f"{name.split()[0].lower()}@mail.example",
        "city": CITIES[number % len(CITIES)],
        "newsletter": number % 3 == 0,
        "created_at": f"2026-0{1 + number % 9}-1{number % 9}T09:30:00Z",
    }


def order(number: int, status: str = "paid") -> dict[str, Any]:
    lines: list[dict[str, Any]] = [
        {"sku": f"{name[:3].upper()}-{100 + at}", "name": name, "quantity": 1 + (number + at) % 3, "price": price}
        for at, (name, price) in enumerate(GOODS)
        if (number + at) % 2
    ]
    return {
        "id": number,
        "status": status,
        "customer": user(number % 97),
        "currency": "EUR",
        "lines": lines,
        "total": sum(line["quantity"] * line["price"] for line in lines),
        "shipping": {
            "method": "parcel",
            "city": CITIES[number % len(CITIES)],
            "tracking": "PX-4471-08" if status == "sent" else None,
        },
        "notes": ["Ring twice", "Leave with the neighbour"] if number % 2 else [],
        "updated_at": "2026-11-20T14:05:31Z" if status == "paid" else "2026-11-20T16:40:02Z",
    }


_changed: dict[int, str] = {}


def answer(call: Call) -> None:
    """By path alone: the shop's names are one house."""
    for pattern, page in _ROUTES:
        if found := re.fullmatch(pattern, f"{call.request.start.split(b' ')[0].decode()} {call.path}"):
            page(call, *found.groups())
            return
    _json(call, {"error": "not_found", "message": f"There is nothing at {call.path}"}, "404 Not Found")


def _send(call: Call, body: bytes, type: str, status: str = "200 OK", *lines: str) -> None:
    call.read_body()
    head = [f"HTTP/1.1 {status}", "Date: Fri, 20 Nov 2026 14:05:31 GMT", "Server: nginx", f"Content-Type: {type}"]
    if len(body) > 400 and not type.startswith("image/"):
        body = gzip.compress(body, mtime=0)
        head += ["Content-Encoding: gzip", "Vary: Accept-Encoding"]
    head += [f"Content-Length: {len(body)}", *lines]
    call.send("\r\n".join(head).encode() + b"\r\n\r\n" + body)


def _json(call: Call, value: Any, status: str = "200 OK", *lines: str) -> None:
    more = ("Cache-Control: no-store", f"X-Request-Id: 7f3a{abs(hash(call.path)) % 10**8:08d}")
    _send(
        call, json.dumps(value, ensure_ascii=False).encode(), "application/json; charset=utf-8", status, *more, *lines
    )


def to_https(call: Call) -> None:
    _send(call, b"", "text/html", "301 Moved Permanently", f"Location: https://shop.example{call.request.target}")


def _front(call: Call) -> None:
    cards = "".join(
        f'<li><img src="https://cdn.shop.example/goods/{at}.png" alt=""><b>{name}</b><i>€{price / 100:.2f}</i></li>'
        for at, (name, price) in enumerate(GOODS)
    )
    page = f"""<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Example Shop</title>
<link rel="icon" href="data:,"><link rel="stylesheet" href="https://cdn.shop.example/assets/shop.4f1c2a.css">
<script type="module" src="https://cdn.shop.example/assets/shop.9be07d.js"></script></head>
<body><header><h1>Example Shop</h1><p>Things for the kitchen that last.</p></header><ul>{cards}</ul></body></html>"""
    cookies = (
        "Set-Cookie: cart=c-81f2; Path=/; Max-Age=604800; SameSite=Lax",
        "Set-Cookie: session=9f2c; HttpOnly; Secure",
    )
    _send(call, page.encode(), "text/html; charset=utf-8", "200 OK", *cookies)


def _style(call: Call) -> None:
    text = """:root { --ink: #23302b; --paper: #f6f3ec }
body { margin: 0; font: 16px/1.5 Georgia, serif; color: var(--ink); background: var(--paper) }
header { padding: 2rem 3rem; border-bottom: 1px solid #d8d2c4 }
ul { display: grid; grid-template-columns: repeat(5, 1fr); gap: 1.5rem; padding: 2rem 3rem; list-style: none }
li { display: grid; gap: .25rem } img { width: 100%; border-radius: .5rem }
"""
    _send(call, text.encode(), "text/css", "200 OK", "Cache-Control: public, max-age=31536000, immutable")


_SCRIPT = """const api = "https://api.shop.example/v1";
const query = "query Cart($id: ID!) { cart(id: $id) { lines { name quantity price } total } }";
const get = (path) => fetch(api + path, { headers: { Accept: "application/json" } });
await get("/session");
await Promise.all([get("/users/42"), get("/users/42/orders?limit=20&sort=-created_at"), get("/recommendations")]);
await fetch("https://api.shop.example/graphql", {
  method: "POST",
  headers: { "Content-Type": "application/json" },
  body: JSON.stringify({ operationName: "Cart", query, variables: { id: "c-81f2" } }),
});
document.body.dataset.ready = "";
"""


def _script(call: Call) -> None:
    lines = ("Access-Control-Allow-Origin: *", "Cache-Control: public, max-age=31536000, immutable")
    _send(call, _SCRIPT.encode(), "text/javascript", "200 OK", *lines)


def _picture(call: Call, number: str) -> None:
    side, at = 320, int(number)
    image = Image.new("RGB", (side, side), ("#dfe8e3", "#efe3d3", "#e3e1ea", "#e8dcc8", "#dde7ee")[at % 5])
    draw = ImageDraw.Draw(image)
    ink = ("#2f6f62", "#b5651d", "#4d4a63", "#8a5a2b", "#3b6c8f")[at % 5]
    for ring in range(6):
        reach = 130 - 20 * ring
        turn = math.radians(30 * at + 9 * ring)
        corners = [
            (
                side / 2 + reach * math.cos(turn + k * math.tau / (3 + at)),
                side / 2 + reach * math.sin(turn + k * math.tau / (3 + at)),
            )
            for k in range(3 + at)
        ]
        draw.polygon(corners, outline=ink, width=5)
    out = io.BytesIO()
    image.save(out, "PNG")
    _send(call, out.getvalue(), "image/png", "200 OK", f'ETag: "goods-{at}"', "Cache-Control: public, max-age=86400")


def _allowed(call: Call) -> None:
    _send(call, b"", "text/plain", "204 No Content", "Access-Control-Allow-Methods: GET, POST, PATCH, DELETE", *_CORS)


_CORS = (
    "Access-Control-Allow-Origin: https://shop.example",
    "Access-Control-Allow-Headers: content-type, authorization",
)


def _user(call: Call, number: str) -> None:
    if int(number) > 900:
        _json(call, {"error": "not_found", "message": f"There is no user {number}"}, "404 Not Found", *_CORS)
    else:
        _json(call, user(int(number)), "200 OK", f'ETag: "u{number}-3"', *_CORS)


def _orders(call: Call, number: str) -> None:
    limit = int(parse_qs(urlsplit(call.request.target).query).get("limit", ["20"])[0])
    items = [order(int(number) * 100 + at, ("paid", "sent", "returned")[at % 3]) for at in range(limit)]
    _json(
        call,
        {"items": items, "total": 214, "next": f"/v1/users/{number}/orders?after={items[-1]['id']}"},
        "200 OK",
        *_CORS,
    )


def _order(call: Call, number: str) -> None:
    _json(call, order(int(number), _changed.get(int(number), "paid")), "200 OK", *_CORS)


def _change(call: Call, number: str) -> None:
    _changed[int(number)] = str(json.loads(call.read_body()).get("status", "paid"))
    _order(call, number)


def _graphql(call: Call) -> None:
    asked = json.loads(call.read_body())
    if asked["operationName"] == "Cart":
        lines = [{"name": name, "quantity": 1, "price": price} for name, price in GOODS[:3]]
        _json(
            call, {"data": {"cart": {"lines": lines, "total": sum(line["price"] for line in lines)}}}, "200 OK", *_CORS
        )
    else:
        fault = {"message": "Cannot return null for Product.stock", "path": ["product", "stock"]}
        _json(call, {"data": {"product": None}, "errors": [fault]}, "200 OK", *_CORS)


def _event_stream(call: Call) -> None:
    call.read_body()
    call.send(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n")
    for at in range(6):
        event = json.dumps({"order": 4200 + at, "status": ("paid", "packed", "sent")[at % 3], "total": 1450 + 700 * at})
        call.send(chunked([f"id: {at + 1}\nevent: order\ndata: {event}\n\n".encode()]).removesuffix(b"0\r\n\r\n"))
        time.sleep(0.12)
    call.send(b"0\r\n\r\n")


def _report(call: Call) -> None:
    time.sleep(_SLOW)
    _json(call, {"period": "2026-11", "orders": 1284, "revenue": 5_219_400, "refunds": 31})


def _said(value: Any, status: str, *lines: str) -> Callable[..., None]:
    return lambda call, *_: _json(call, value, status, *lines, *_CORS)


_STOCK_FAULT = {"error": "internal", "message": "stock service: connection pool exhausted", "trace": "st-5f19"}
_CARD = {"error": "card_declined", "message": "The card was declined by its bank", "decline_code": "insufficient_funds"}
_ROUTES: tuple[tuple[str, Callable[..., None]], ...] = (
    (r"OPTIONS .*", _allowed),
    (r"GET /", _front),
    (r"GET /assets/.*\.css", _style),
    (r"GET /assets/.*\.js", _script),
    (r"GET /goods/(\d+)\.png", _picture),
    (
        r"GET /v1/session",
        _said({"user": 42, "csrf": "k1Zp"}, "200 OK", "Set-Cookie: csrf=k1Zp; Secure; SameSite=Strict"),
    ),
    (r"POST /v1/login", _said({"access_token": "eyJhbGciOi.shop.42", "expires_in": 3600}, "200 OK")),
    (r"GET /v1/users/(\d+)", _user),
    (r"GET /v1/users/(\d+)/orders", _orders),
    (r"GET /v1/orders/(\d+)", _order),
    (r"PATCH /v1/orders/(\d+)", _change),
    (r"DELETE /v1/carts/(.*)", lambda call, _: _send(call, b"", "text/plain", "204 No Content")),
    (r"POST /v1/orders", _said({"id": 4205, "status": "pending"}, "201 Created", "Location: /v1/orders/4205")),
    (r"POST /v1/payments", _said(_CARD, "402 Payment Required")),
    (r"POST /v1/uploads", _said({"id": "up-7741", "pages": 1}, "201 Created")),
    (r"GET /v1/recommendations", _said({"items": [name for name, _ in GOODS]}, "200 OK", "Cache-Control: max-age=60")),
    (r"GET /v1/stock/(.*)", _said(_STOCK_FAULT, "500 Internal Server Error")),
    (r"GET /v1/reports/.*", _report),
    (
        r"GET /v1/search",
        _said({"error": "rate_limited", "retry_after": 30}, "429 Too Many Requests", "Retry-After: 30"),
    ),
    (r"GET /v1/admin/.*", _said({"error": "forbidden"}, "403 Forbidden")),
    (r"GET /orders/latest", lambda call: _send(call, b"", "text/html", "302 Found", "Location: /v1/orders/4201")),
    (r"GET /v1/events", _event_stream),
    (r"POST /graphql", _graphql),
    (r"POST /collect", lambda call: _send(call, b"", "text/plain", "204 No Content")),
)
