"""What the page answers: its files, the cameras, the events with their pictures, and the stream."""

import dataclasses
import importlib.resources
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import (
    FileResponse,
    JSONResponse,
    PlainTextResponse,
    RedirectResponse,
    Response,
    StreamingResponse,
)
from starlette.routing import Route

from abnormal.errors import AbnormalError, bug_text
from abnormal.live.page.guard import cookie_name, same
from abnormal.live.page.history import Entry, EventHistory
from abnormal.live.page.metrics import CONTENT_TYPE, metrics_text
from abnormal.live.page.stream import Stream
from abnormal.live.recorder import CLIPS
from abnormal.live.status import CameraStatus, Watched

FILES = {
    "ask.js": "text/javascript",
    "live.css": "text/css",
    "report.css": "text/css",
    "cameras.js": "text/javascript",
    "events.js": "text/javascript",
    "player.js": "text/javascript",
    "start.js": "text/javascript",
    "text.js": "text/javascript",
}
"""The files of the page with their types. `report.css` is that of `report.html`."""
MOST_BEHIND_SEC = 60
"""If scores are further behind, the program counts as ill."""
COOKIE_SEC = 30 * 24 * 3600
"""A browser remembers the token for so many seconds."""

log = logging.getLogger(__name__)


class Page:
    """Answers the requests.

    Attributes:
        history: The events.
        stream: Keeps open pages up to date.
        app: Answers by ASGI.
    """

    def __init__(self, output: Path, history: EventHistory, watched: Watched) -> None:
        """Prepares the answers.

        Args:
            output: The folder of results, of which only the thumbnails and clips of events and
                their log are shown.
            history: The events.
            watched: What is being watched.
        """
        self._output, self.history, self._watched = output, history, watched
        self.stream = Stream(history, self._cameras_now, self._shown)
        self._files = {name: _read(name) for name in FILES}
        self._html = _read("live.html")
        get, post = ["GET"], ["POST"]
        routes: list[tuple[str, Callable[[Request], Any], list[str]]] = [
            ("/", self._index, get),
            ("/files/{name}", self._file, get),
            ("/healthz", self._health, get),
            ("/metrics", self._metrics, get),
            ("/cameras", self._cameras, get),
            ("/cameras/{name}/picture.jpg", self._picture, get),
            ("/events", self._events, get),
            ("/events/{id}", self._event, get),
            ("/events/{id}/thumbnail.jpg", self._thumbnail, get),
            ("/events/{id}/clip.mp4", self._clip, get),
            ("/events/{id}/dismiss", self._dismiss, post),
            ("/events/{id}/undo", self._undo, post),
            ("/stream", self._stream, get),
        ]
        self.app = Starlette(
            routes=[Route(path, answer, methods=methods) for path, answer, methods in routes],
            exception_handlers={AbnormalError: _refuse, Exception: _tell_bug},
        )

    def _index(self, request: Request) -> Response:
        del request
        return Response(self._html, media_type="text/html", headers={"Cache-Control": "no-cache"})

    def _file(self, request: Request) -> Response:
        name = request.path_params["name"]
        if name not in FILES:
            raise HTTPException(404)
        headers = {"Cache-Control": "no-cache"}
        return Response(self._files[name], media_type=FILES[name], headers=headers)

    def _health(self, request: Request) -> Response:
        del request
        behind = max((camera.now().behind_sec for camera in self._watched.cameras), default=0.0)
        if behind > MOST_BEHIND_SEC:
            return PlainTextResponse(f"scores are {behind:.0f} s behind the pictures\n", 503)
        return PlainTextResponse("ok\n")

    def _metrics(self, request: Request) -> Response:
        del request
        cameras = [camera.now() for camera in self._watched.cameras]
        return Response(metrics_text(cameras, self.stream.clients), media_type=CONTENT_TYPE)

    def _cameras(self, request: Request) -> Response:
        del request
        curves = {camera.name: camera.curve() for camera in self._watched.cameras}
        cameras = [{**now, "curve": curves.get(now["name"], [])} for now in self._cameras_now()]
        return JSONResponse(cameras)

    def _picture(self, request: Request) -> Response:
        picture = self._camera(request.path_params["name"]).picture()
        if picture is None:
            raise HTTPException(404, "There is no picture.")
        return Response(picture, media_type="image/jpeg")

    def _events(self, request: Request) -> Response:
        """Answers with the newest events, or with those that are older than a place in the log."""
        text = request.query_params.get("before", "")
        if not text:
            entries = self.history.since(0)[::-1]
            cursor = self.history.cursor()
        elif text.isdecimal() and len(text) < 19:
            entries, cursor = self.history.older(int(text))
        else:
            raise HTTPException(400, "Expected: before=BYTES.")
        last = max((entry.number for entry in entries), default=0)
        return JSONResponse(
            {
                "events": [self._shown(entry) for entry in entries],
                "older": cursor,
                "last": f"{self.history.run}-{last}",
            }
        )

    def _event(self, request: Request) -> Response:
        """Answers whether the clip of an event can be played by now."""
        path = self._stored(request, CLIPS, ".mp4")
        return JSONResponse({"playable": path.is_file()})

    def _thumbnail(self, request: Request) -> Response:
        return _stored_file(self._stored(request, "thumbnails", ".jpg"), "image/jpeg")

    def _clip(self, request: Request) -> Response:
        return _stored_file(self._stored(request, CLIPS, ".mp4"), "video/mp4")

    async def _dismiss(self, request: Request) -> Response:
        return await self._change(request, "dismiss")

    async def _undo(self, request: Request) -> Response:
        return await self._change(request, "undo")

    async def _change(self, request: Request, what: str) -> Response:
        name = request.path_params["id"]
        if not self._watched.dismissals:
            raise AbnormalError("The cameras are not set up yet. Try again in a moment.")
        await run_in_threadpool(getattr(self._watched.dismissals, what), name)
        self.history.touch(name)
        return JSONResponse({"dismissed": name in self._watched.dismissals.ids()})

    def _stream(self, request: Request) -> Response:
        last_id = request.headers.get("last-event-id") or request.query_params.get("after", "")
        content = self.stream.read(last_id)
        headers = {"X-Accel-Buffering": "no"}  # nginx would keep a part of it to itself
        return StreamingResponse(content, media_type="text/event-stream", headers=headers)

    def _camera(self, name: str) -> CameraStatus:
        for camera in self._watched.cameras:
            if camera.name == name:
                return camera
        raise HTTPException(404, "There is no such camera.")

    def _cameras_now(self) -> list[dict[str, Any]]:
        return [
            {
                **dataclasses.asdict(camera.now()),
                "alarms_today": self.history.alarms_today(camera.name),
                "curve": camera.curve()[-2:],
            }
            for camera in self._watched.cameras
        ]

    def _shown(self, entry: Entry) -> dict[str, Any]:
        dismissals = self._watched.dismissals
        return {
            **dataclasses.asdict(entry.event),
            "cursor": entry.cursor,
            "dismissed": dismissals is not None and entry.event.id in dismissals.ids(),
        }

    def _stored(self, request: Request, folder: str, suffix: str) -> Path:
        """Returns the path of an event's file, which is never outside of the folder."""
        name = request.path_params["id"]
        if name.startswith(".") or "/" in name or "\0" in name or len(name.encode()) > 250:
            raise HTTPException(404)
        return self._output / folder / f"{name}{suffix}"


def enter(token: str, place: str) -> Callable[[Request], Response]:
    """Returns what answers to the address with the token: the page, with a cookie.

    Args:
        token: The token.
        place: Host and port at which the page is served.
    """

    def answer(request: Request) -> Response:
        if not same(request.path_params["token"], token):
            return PlainTextResponse("This is not the token of this page.\n", 401)
        response = RedirectResponse("../", 303)  # the page, also where a proxy has it below a path
        # A strict cookie is not sent with a redirect that began with a link in a mail or a chat.
        # What changes something is guarded against other sites by `Guard`.
        response.set_cookie(cookie_name(place), token, COOKIE_SEC, httponly=True, samesite="lax")
        return response

    return answer


def _stored_file(path: Path, kind: str) -> Response:
    if path.is_symlink() or not path.is_file():
        raise HTTPException(404, "There is no such file, or not yet.")
    return FileResponse(path, media_type=kind)


def _read(name: str) -> bytes:
    package = "abnormal.report" if name == "report.css" else "abnormal.live.page"
    return (importlib.resources.files(package) / "page_files" / name).read_bytes()


def _refuse(request: Request, error: Exception) -> Response:
    del request
    return JSONResponse({"error": str(error)}, 409)


def _tell_bug(request: Request, error: Exception) -> Response:
    log.error("the page cannot answer %s: %s", request.url.path, bug_text(error))
    return JSONResponse({"error": "This did not work; the program has said why."}, 500)
