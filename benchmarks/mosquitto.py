"""A real MQTT broker on the loopback address, and somebody who listens there."""

import contextlib
import getpass
import os
import shutil
import socket
import subprocess
import threading
import time

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

PATH = f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin"
PROGRAM = shutil.which("mosquitto", path=PATH)


class Mosquitto:
    """A broker that is up in a `with` block, on the same port each time; it keeps nothing."""

    def __init__(self, folder, *lines, has_login=False):
        with socket.create_server(("127.0.0.1", 0)) as server:
            self.port = server.getsockname()[1]
        self._config = folder / f"mosquitto-{self.port}.conf"
        head = [f"user {getpass.getuser()}", f"listener {self.port} 127.0.0.1"]
        head += [] if has_login else ["allow_anonymous true"]
        self._config.write_text("\n".join([*head, *lines]))

    def __enter__(self):
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

    def __exit__(self, *_):
        self._process.kill()
        self._process.wait()


class Listener:
    """Somebody who listens to all topics while a `with` block lasts."""

    def __init__(self, broker, login=None, tls=None):
        self.got, self.changed = [], threading.Condition()
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv5)
        if login:
            self._client.username_pw_set(*login)
        if tls:
            self._client.tls_set(str(tls))
        self._client.on_message = self._take
        self._client.on_connect = lambda client, *_: client.subscribe("#", 1)
        self._client.on_subscribe = self._begin
        self._client.reconnect_delay_set(1, 1)
        self._has_begun = threading.Event()
        self._port = broker.port

    def __enter__(self):
        self._client.connect("127.0.0.1" if not self._client._ssl else "localhost", self._port)
        self._client.loop_start()
        assert self._has_begun.wait(30)
        return self

    def __exit__(self, *_):
        self._client.disconnect()
        self._client.loop_stop()

    def _begin(self, *_):
        self._has_begun.set()

    def _take(self, _client, _data, message):
        key = dict(getattr(message.properties, "UserProperty", [])).get("key", "")
        with self.changed:
            self.got.append((message.topic, message.payload, message.retain, key))
            self.changed.notify_all()

    def say(self, topic, payload):
        self._client.publish(topic, payload, 1).wait_for_publish(30)

    def wait_for(self, is_there):
        with self.changed:
            assert self.changed.wait_for(lambda: is_there(self), 30), self.got[-5:]

    def of(self, topic):
        """The payloads of a topic in the order in which they came."""
        return [payload for of, payload, *_ in list(self.got) if of == topic]

    def last(self, topic):
        return (self.of(topic) or [None])[-1]
