"""What a watch reads: its cameras, its log of events, and the queue of those to be sent."""

import dataclasses
import json
import random
import threading
from pathlib import Path

from abnormal.live.address import read_cameras
from abnormal.live.clock import Clock
from abnormal.live.outbox import Outbox
from abnormal.live.page.past_events import read_past_events
from abnormal.live.sender import Receiver, Sender
from abnormal.live.trusted_time import FILE_NAME, TrustedTime
from tests.fuzz.mutations import damage, damage_json


def make_queue(folder: Path) -> list[Path]:
    path = folder / "webhook" / "000000000001-gate-1-opened.json"
    path.parent.mkdir()
    path.write_text('{"id": "gate-1", "state": "opened"}')
    return [path]


def read_queue(path: Path) -> None:
    """The content is sent as it is. What the queue reads are names, some of them foreign."""
    content = path.read_bytes()
    name = content[:80].decode("latin-1").replace("/", "_").replace("\0", "_") or "x"
    other = path.parent / (name if name.strip(".") else "x")
    other.write_bytes(content)
    try:
        sent: dict[str, bytes] = {}
        receiver = Receiver("a receiver")
        receiver.deliver = sent.__setitem__  # type: ignore[method-assign]
        sender = Sender(Outbox(path.parent), receiver, (0.01, 0.01))
        thread = threading.Thread(target=sender.run, daemon=True)
        thread.start()
        sender._stopping.set()
        sender._wake.set()
        thread.join(5)
        assert not thread.is_alive()
        refused = [message.name for message in sender.outbox.refused.glob("*")]
        assert "gate-1-opened" in sent or path.name in refused
    finally:
        other.unlink(missing_ok=True)


def make_cameras(folder: Path) -> list[Path]:
    rows = "name,source,camera\ngate,rtsp://user:secret@gate.lan/stream,\nyard,0,west\n"
    (folder / "cameras.csv").write_text(rows)
    return [folder / "cameras.csv"]


def look_at_cameras(path: Path) -> None:
    names = [camera.name for camera in read_cameras(path)]
    assert len({*names}) == len(names)
    assert not any(set(name) & set("/\0\n") or name in (".", "..") for name in names)


def make_event_log(folder: Path) -> list[Path]:
    event = {"id": "gate-1", "camera": "gate", "kind": "anomaly", "state": "closed"}
    event |= dict.fromkeys(("start_utc", "end_utc"), "2026-01-01T12:00:00.000Z")
    event |= {"start_sec": 7.0, "end_sec": 9.5, "peak_score": 2.5, "detail": "fast"}
    event |= {"box": [0.0, 0.5, 0.25, 0.25], "clip": "a.mp4"}
    lines = [json.dumps({**event, "id": f"gate-{number}"}) for number in range(3)]
    (folder / "events.jsonl").write_text("\n".join(lines) + "\n")
    return [folder / "events.jsonl"]


def damage_event_log(content: bytes, rng: random.Random) -> bytes:
    """Damages the bytes of the file, or something that one of its lines says."""
    if rng.random() < 0.5:
        return damage(content, rng)
    first, *others = content.splitlines(keepends=True)
    return b"".join([*others, damage_json(first, rng).replace(b"\n", b" "), b"\n"])


def read_event_log(path: Path) -> None:
    past = read_past_events(path)
    assert past.start == 0
    for name, (end, event) in past.events.items():
        assert 0 < end <= path.stat().st_size
        assert "/" not in name
        assert not name.startswith(".")
        json.dumps(dataclasses.asdict(event), allow_nan=False).encode()
        assert event.day


def make_saved_time(folder: Path) -> list[Path]:
    (folder / FILE_NAME).write_text(json.dumps({"utc": 1.7e9, "waited_sec": 3600.0}))
    return [folder / FILE_NAME]


def look_at_saved_time(path: Path) -> None:
    time = TrustedTime(Clock(lambda: 1000.0, lambda: 1.8e9), path.parent)
    assert 0 <= time.utc() <= 1.8e9
