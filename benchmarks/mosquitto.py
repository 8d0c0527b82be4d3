"""A real MQTT broker on the loopback address, and somebody who listens there."""

import contextlib
import getpass
import os
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

PATH = f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin"
PROGRAM = shutil.which("mosquitto", path=PATH)


class Mosquitto:
    """A broker that is up in a `with` block, on the same port each time.

    It forgets everything in between, unless its lines of configuration say otherwise.
    """

    def __init__(self, folder: Path, *lines: str, has_login: bool = False) -> None:
        with socket.create_server(("127.0.0.1", 0)) as server:
            self.port = server.getsockname()[1]
        self._config = folder / f"mosquitto-{self.port}.conf"
        head = [f"user {getpass.getuser()}", f"listener {self.port} 127.0.0.1"]
        head += [] if has_login else ["allow_anonymous true"]
        self._config.write_text("\n".join([*head, *lines]))

    def __enter__(self) -> "Mosquitto":
        log = self._config.with_suffix(".log")
        with log.open("ab") as out:
            self._process = subprocess.Popen(
                [PROGRAM, "-c", str(self._config)], stdout=out, stderr=out
            )
        deadline = time.monotonic() + 30
        while True:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port)):
                return self
            assert self._process.poll() is None, log.read_text()
            assert time.monotonic() < deadline
            threading.Event().wait(0.01)

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait()


class Listener:
    """Somebody who listens to all topics while a `with` block lasts, whether the broker is up."""

    def __init__(
        self,
        broker: Mosquitto,
        login: tuple[str, str] | None = None,
        certificate: Path | None = None,
    ) -> None:
        self.got, self.changed = list[tuple[str, bytes, bool, str]](), threading.Condition()
        self._client = mqtt.Client(
            CallbackAPIVersion.VERSION2, f"listener-{id(self)}", protocol=mqtt.MQTTv5
        )
        if login:
            self._client.username_pw_set(*login)
        if certificate:
            self._client.tls_set(str(certificate))
        self._client.on_message = self._take
        self._client.on_connect = lambda client, *_: client.subscribe("#", 1)
        self._client.on_subscribe = lambda *_: self._has_begun.set()
        self._client.reconnect_delay_set(1, 1)
        self._has_begun = threading.Event()
        self._place = "localhost" if certificate else "127.0.0.1", broker.port

    def __enter__(self) -> "Listener":
        lasting = Properties(PacketTypes.CONNECT)
        lasting.SessionExpiryInterval = 3600  # the broker keeps what comes meanwhile, if it can
        self._client.connect(*self._place, clean_start=False, properties=lasting)
        self._client.loop_start()
        assert self._has_begun.wait(30)
        return self

    def __exit__(self, *_: object) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def _take(self, _client: Any, _data: Any, message: mqtt.MQTTMessage) -> None:
        key = dict(getattr(message.properties, "UserProperty", [])).get("key", "")
        with self.changed:
            self.got.append((message.topic, message.payload, message.retain, key))
            self.changed.notify_all()

    def say(self, topic: str, payload: bytes) -> None:
        """Publishes a message, and waits until the broker has it."""
        self._client.publish(topic, payload, 1).wait_for_publish(30)

    def wait_for(self, is_there: Callable[["Listener"], bool]) -> None:
        """Waits until what came is as it should be, for half a minute at most."""
        with self.changed:
            assert self.changed.wait_for(lambda: is_there(self), 30), self.got[-5:]

    def of(self, topic: str) -> list[bytes]:
        """The payloads of a topic in the order in which they came."""
        return [payload for of, payload, *_ in list(self.got) if of == topic]

    def last(self, topic: str) -> bytes | None:
        """The last payload of a topic; None if none has come."""
        return (self.of(topic) or [None])[-1]
