"""Publishes events, alarms and the state of cameras by MQTT, as Home Assistant expects it.

Each state of each event goes through the queue on the disk, and the alarm of its camera follows it,
so that both are published in their order, whatever fails. What else is published is what is so now.
"""

import contextlib
import json
import logging
import math
import time
import urllib.parse
from collections.abc import Callable, Iterator
from pathlib import Path

from abnormal.live.broker_address import BrokerAddress, require_broker_address
from abnormal.live.event import AMENDED, ANOMALY, LiveEvent, SendEvent
from abnormal.live.home_assistant import (
    BIRTH,
    BIRTH_TOPIC,
    OFF,
    OFFLINE,
    ON,
    ONLINE,
    available_topic,
    camera_topics,
    discovery,
    events_topic,
    level_of_alarm_topic,
    topic_level,
)
from abnormal.live.outbox import Outbox
from abnormal.live.published_camera import PublishedCamera
from abnormal.live.sender import DeniedError, Receiver, RefusedError, Sender, running
from abnormal.live.status import Watched
from abnormal.live.tracker import CLOSED
from abnormal.printable import printable

WAITS_SEC = 1.0, 10.0
"""The first and the longest wait before the next attempt, in seconds; a broker is often near."""
REFRESH_SEC = 1.0
"""A score is published at most this often, in seconds."""

log = logging.getLogger(__name__)


@contextlib.contextmanager
def open_mqtt(url: str, output: Path, watched: Watched) -> Iterator[SendEvent]:
    """Publishes events and cameras for the length of a `with` block, first what is left of earlier.

    Args:
        url: See `parse_broker_address`.
        output: The folder of results; messages wait in its folder `mqtt`.
        watched: What is being watched.

    Yields:
        A function that publishes a state of an event.

    Raises:
        AbnormalError: The library for MQTT is missing, the URL is none of a broker, or the folder
            cannot be written to.
    """
    publisher = Publisher(require_broker_address(url), watched)
    sender = Sender(Outbox(output / "mqtt"), publisher, WAITS_SEC)
    with running(sender) as put:

        def send(event: LiveEvent) -> None:
            publisher.note(event)  # first, so that what is so now is never behind the queue
            put(event)

        yield send


class Publisher(Receiver):
    """Publishes events, and what cameras are like, at one broker."""

    refresh_sec = REFRESH_SEC

    def __init__(
        self,
        address: BrokerAddress,
        watched: Watched,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Prepares what is published as soon as there is a connection.

        Args:
            address: Where the broker is, and what topics begin with.
            watched: What is being watched. If no pictures are kept, an earlier one is removed.
            clock: Returns the present time, in seconds, and never goes back.
        """
        from abnormal.live.broker import Broker  # the library may be missing

        super().__init__(f"the MQTT broker {address.shown}")
        self._prefix, self._available = address.prefix, available_topic(address.prefix)
        self._broker = Broker(address, (self._available, OFFLINE), self._hear)
        self._cameras = {name: PublishedCamera(name, self._prefix) for name in watched.names}
        self._watched = watched
        self._retained: dict[str, bytes] = {}  # what the broker has, by topic
        for name, camera in self._cameras.items():
            self._retained[camera.topics.discovery] = discovery(
                self._prefix, name, watched.has_pictures
            )
            self._retained |= {camera.topics.alarm: OFF, camera.topics.connection: ONLINE}
            if not watched.has_pictures:
                self._retained[camera.topics.thumbnail] = b""
        self._retained[self._available] = ONLINE  # after what it announces
        self._refused: dict[str, bytes] = {}  # what the broker does not take, by topic
        self._reasons: set[str] = set()  # why it does not
        self._statuses: dict[str, bytes] = {}  # what this connection has published, by topic
        self._clock, self._offered_sec = clock, -math.inf
        self._unwatched: set[str] = set()  # levels of topics
        self._is_announced = False

    def note(self, event: LiveEvent) -> None:
        """Notes what is so now, whatever is published before; called by any thread.

        Args:
            event: The newest state of an event.
        """
        if event.camera in self._cameras:
            self._cameras[event.camera].note(event)

    def deliver(self, key: str, body: bytes) -> None:
        """Publishes a state of an event, after the alarm of its camera; see `Receiver`."""
        event = json.loads(body)
        if event.get("kind") == ANOMALY and event.get("state") != AMENDED:
            for name, camera in self._cameras.items():
                if event.get("camera") == name:
                    self._keep(camera.topics.alarm, OFF if event.get("state") == CLOSED else ON)
        self._connect()
        self._broker.publish(events_topic(self._prefix), body, key=key)

    def refresh(self) -> None:
        """Publishes what has changed of what is so now; see `Receiver`."""
        self._connect()
        self._broker.listen()
        if not self._is_announced:
            self._announce()
        self._remove_unwatched()
        for camera in self._cameras.values():
            self._keep(camera.topics.alarm, camera.alarm)
            self._keep(camera.topics.connection, camera.connection)
            if picture := camera.take_picture():
                self._keep(camera.topics.thumbnail, picture)
        self._offer_statuses()

    def close(self) -> None:
        """Says that the program is gone, and ends the connection."""
        if self._broker.is_connected:
            with contextlib.suppress(OSError, RefusedError):
                self._broker.publish(self._available, OFFLINE, retain=True)
                self._broker.close()

    def _connect(self) -> None:
        """Makes a connection unless there is one, and publishes all that is retained."""
        if self._broker.is_connected:
            return
        self._statuses.clear()
        self._offered_sec = -math.inf
        self._broker.connect([BIRTH_TOPIC, camera_topics(self._prefix, "+").alarm])
        for camera in self._cameras.values():
            self._retained[camera.topics.connection] = camera.connection
        self._announce()

    def _announce(self) -> None:
        for topic, payload in list(self._retained.items()):
            self._publish(topic, payload)
        self._is_announced = True

    def _keep(self, topic: str, payload: bytes) -> None:
        """Publishes a retained message unless the broker has it, or does not take it."""
        self._connect()
        if payload not in (self._retained.get(topic), self._refused.get(topic)):
            self._publish(topic, payload)

    def _publish(self, topic: str, payload: bytes) -> None:
        """Publishes a retained message; if it is refused, says so once for each reason."""
        try:
            self._broker.publish(topic, payload, retain=True)
            self._retained[topic] = payload
        except (RefusedError, DeniedError) as refusal:
            if str(refusal) not in self._reasons:
                log.warning(
                    "%s %s to %s: this is left out, and what else it answers so to",
                    *(self.name, refusal, topic),
                )
            self._reasons.add(str(refusal))
            self._refused[topic] = payload
            self._retained.pop(topic, None)

    def _offer_statuses(self) -> None:
        """Publishes what cameras are like, which may get lost, if it has changed and is due."""
        if self._clock() - self._offered_sec < REFRESH_SEC:
            return
        self._connect()
        self._offered_sec = self._clock()
        scores = {camera.name: camera.newest_scores() for camera in self._watched.cameras}
        for name, camera in self._cameras.items():
            topic, payload = camera.topics.status, camera.status(scores.get(name, ()))
            if self._statuses.get(topic) != payload and self._broker.offer(topic, payload):
                self._statuses[topic] = payload

    def _hear(self, topic: str, payload: bytes, is_retained: bool) -> None:
        """Notes that Home Assistant has started, and which other cameras the broker knows."""
        if (topic, payload, is_retained) == (BIRTH_TOPIC, BIRTH, False):
            self._is_announced = False
        level = level_of_alarm_topic(self._prefix, topic)
        if level and is_retained and level not in map(topic_level, self._cameras):
            self._unwatched.add(level)

    def _remove_unwatched(self) -> None:
        """Removes cameras from Home Assistant that an earlier run has watched."""
        for level in sorted(self._unwatched):
            topics = camera_topics(self._prefix, level)
            for topic in sorted(topics, key=topics.alarm.__eq__):  # that one, which tells, is last
                self._connect()
                self._publish(topic, b"")
                self._retained.pop(topic, None)
            self._unwatched.remove(level)
            name = printable(urllib.parse.unquote(level))
            log.info("%s is no longer watched: removed from Home Assistant", name)
