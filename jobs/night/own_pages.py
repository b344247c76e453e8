"""Lets a web server on loopback answer its own pages, and nobody else's.

Dagster's server has no login: whoever can reach its port may start and stop nights. Other machines cannot, but a page
of any site that an analyst opens can, through the analyst's browser. Browsers say which page asks (`Origin`,
`Sec-Fetch-Site`) and by which name the server was reached (`Host`), and no page can make them say otherwise.
"""

from __future__ import annotations

from collections.abc import Mapping

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocketClose

LOOPBACK = ("127.0.0.1", "localhost")
POLICY_VIOLATION = 1008  # WebSocket's code for a connection that is not wanted


class OwnPagesOnly:
    """ASGI middleware: what another page's script, form, picture, frame or socket asks for gets 403."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        why = refusal(scope.get("method", "GET"), scope["path"], bool(scope["query_string"]), Headers(scope=scope))
        if why is None:
            await self.app(scope, receive, _unframed(send))
        elif scope["type"] == "websocket":
            await WebSocketClose(POLICY_VIOLATION, why)(scope, receive, send)
        else:
            await PlainTextResponse(why + "\n", status_code=403)(scope, receive, send)


def refusal(method: str, path: str, has_query: bool, headers: Mapping[str, str]) -> str | None:
    """Why a request is not answered; None where it is.

    Programs send neither `Origin` nor `Sec-Fetch-Site` and are answered: who can start one here has a shell already.
    """
    host = headers.get("host", "")
    if host.rpartition(":")[0] not in LOOPBACK and host not in LOOPBACK:
        return f"this server is not called {host!r}: open it as http://localhost"  # a name that was rebound to us
    origin = headers.get("origin")
    if origin is not None and origin != f"http://{host}":
        return f"a page of {origin!r} may not use this server"
    is_api = path.rstrip("/").endswith("/graphql")
    is_opened = headers.get("sec-fetch-mode") == "navigate" and headers.get("sec-fetch-dest") == "document"
    if headers.get("sec-fetch-site", "none") not in ("none", "same-origin") and (is_api or not is_opened):
        return "another site's page may link to this server, and no more"
    if method == "GET" and is_api and has_query:  # a picture's address is enough to ask this way, and says no origin
        return "questions are asked by POST"
    return None


def _unframed(send: Send) -> Send:
    """Pages that no other page may show inside itself, where a click would be this page's own."""

    async def sent(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            headers["X-Frame-Options"] = "DENY"
            headers.append("Content-Security-Policy", "frame-ancestors 'none'")
        await send(message)

    return sent
