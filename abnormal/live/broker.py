"""A connection to an MQTT broker on which each message waits for its acknowledgement.

It speaks MQTT 5, in which a broker says why it refuses something. Everything happens in the thread
that calls, so that what fails is known to be the message that was just sent.
"""

import contextlib
import socket
import ssl
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from abnormal.live.broker_address import BrokerAddress
from abnormal.live.sender import DeniedError, RefusedError

TIMEOUT_SEC = 10.0
"""How long to wait for each answer of the broker, in seconds."""
KEEP_ALIVE_SEC = 60
"""The broker takes the connection for lost after one and a half of these times without a sign."""
HEAD_BYTES = 100
"""So many bytes of a message, at most, are neither its topic, nor its key, nor its payload."""
AT_ONCE = 20
"""At most so many messages that have come are taken at a time."""

TOO_LARGE, BAD_PAYLOAD = 0x95, 0x99
"""Answers that refuse one message for good; after the others it may be taken later."""
HINTS = {
    0x86: ", so check user name and password",
    0x87: ", so check user name and password",
    0x8E: ", as another program uses the same topics: give each its own, mqtt://HOST/TOPICS",
}
"""What to do about some reasons why the broker ends a connection."""


class _ProtocolError(ConnectionError):
    """The broker answers in a way that MQTT 5 does not allow."""


class Broker:
    """A connection that can be made again whenever it was lost.

    Methods raise `OSError` where the connection fails or has been lost, which then is closed.
    """

    def __init__(
        self,
        address: BrokerAddress,
        will: tuple[str, bytes],
        hear: Callable[[str, bytes, bool], None],
    ) -> None:
        """Prepares a connection without making it.

        Args:
            address: Where the broker is.
            will: Topic and retained payload that the broker publishes if the connection is lost.
            hear: Receives topic and payload of each message that comes, and whether the broker had
                it before; see `connect`.
        """
        self._address, self._will, self._hear = address, will, hear
        self._client: mqtt.Client | None = None
        self._is_accepted, self._end, self._largest = False, "", 0
        self._answers: dict[int, ReasonCode] = {}  # by the number of the message

    @property
    def is_connected(self) -> bool:
        """Whether there is a connection, as far as is known."""
        return self._client is not None

    def connect(self, topics: Sequence[str]) -> None:
        """Connects to the broker, and waits until it has accepted that.

        Args:
            topics: Messages of these topics, also retained ones, are given to `hear` as they come.
        """
        self._is_accepted, self._end, self._largest = False, "", 0
        self._client = self._new_client()
        with self._connection() as client:
            client.connect(self._address.host, self._address.port, KEEP_ALIVE_SEC, clean_start=True)
            self._wait(lambda: self._is_accepted)
            client.subscribe([(topic, SubscribeOptions(1)) for topic in topics])

    def publish(self, topic: str, payload: bytes, retain: bool = False, key: str = "") -> None:
        """Publishes a message, and returns when the broker has it.

        Args:
            topic: The topic.
            payload: The message; an empty one that is retained removes the one before.
            retain: Whether the broker keeps the message for those who come later.
            key: Identifies the message; it becomes the user property `key`.

        Raises:
            RefusedError: The broker refuses this message for good.
            DeniedError: The broker does not take it now.
            OSError: The connection fails.
        """
        size = HEAD_BYTES + len(topic.encode()) + len(key.encode()) + len(payload)
        if size > self._largest > 0:
            raise RefusedError(f"answers 'Packet too large' (above {self._largest} bytes)")
        properties = Properties(PacketTypes.PUBLISH)
        if key:
            properties.UserProperty = ("key", key)
        try:
            with self._connection() as client:
                number = client.publish(topic, payload, 1, retain, properties).mid
                self._wait(lambda: number in self._answers)
        except _ProtocolError:  # so does Mosquitto if its `message_size_limit` is exceeded
            raise RefusedError("answers with an unknown reason (it may be too large)") from None
        answer = self._answers[number]
        if answer.value in (TOO_LARGE, BAD_PAYLOAD):
            raise RefusedError(f"answers '{answer}'")
        if answer.is_failure:
            raise DeniedError(f"answers '{answer}'")

    def offer(self, topic: str, payload: bytes) -> bool:
        """Publishes a retained message without waiting for an answer; later ones replace it.

        Returns:
            Whether it is on its way; it is left out if an earlier one is still being sent.
        """
        with self._connection() as client:
            is_free = not client.want_write()
            if is_free:
                client.publish(topic, payload, 0, retain=True)
        return is_free

    def listen(self) -> None:
        """Takes what has come, and shows the broker that this end is still there."""
        with self._connection():
            for _ in range(AT_ONCE):
                self._step(0.0)

    def close(self) -> None:
        """Ends the connection in good order, after which the broker does not publish the will."""
        with self._connection() as client:
            client.disconnect()
        self._drop()

    @contextlib.contextmanager
    def _connection(self) -> Iterator[mqtt.Client]:
        """Gives the client for the length of a `with` block, and drops it if anything fails."""
        if self._client is None:
            raise ConnectionError("there is no connection")
        # After 65,535 messages the numbers come again, and an old answer must not count for a new
        # message. The client also calls it an answer that a message without one has been sent.
        self._answers.clear()
        try:
            yield self._client
        except ssl.SSLCertVerificationError as error:
            self._drop()
            raise OSError(f"its certificate is not trusted: {error.verify_message}") from None
        except BaseException:
            self._drop()
            raise

    def _drop(self) -> None:
        """Closes the socket without a farewell, so that the broker publishes the will."""
        if self._client and isinstance(opened := self._client.socket(), socket.socket):
            opened.close()
        self._client = None

    def _wait(self, is_done: Callable[[], bool]) -> None:
        end_sec = time.monotonic() + TIMEOUT_SEC
        while not is_done():
            if time.monotonic() > end_sec:
                raise TimeoutError("there is no answer in time")
            self._step(0.1)

    def _step(self, wait_sec: float) -> None:
        """Lets the client send and receive, and waits at most so many seconds for something."""
        assert self._client
        try:
            code = self._client.loop(wait_sec)
        except OSError:
            raise
        except Exception:  # the client is strict about what it reads
            code = mqtt.MQTT_ERR_PROTOCOL
        if code == mqtt.MQTT_ERR_PROTOCOL and not self._end:
            raise _ProtocolError("its answer is not one of MQTT 5")
        if code or self._end:
            raise ConnectionError(self._end or "the connection was lost")

    def _new_client(self) -> mqtt.Client:
        client = mqtt.Client(
            CallbackAPIVersion.VERSION2, self._address.client_id, protocol=mqtt.MQTTv5
        )
        client.will_set(*self._will, qos=1, retain=True)
        if self._address.login:
            user, password = self._address.login
            client.username_pw_set(user, password or None)
        if self._address.has_tls:
            client.tls_set_context(ssl.create_default_context())
        client.on_connect, client.on_disconnect = self._take_answer, self._take_end
        client.on_publish, client.on_message = self._take_acknowledgement, self._take_message
        return client

    def _take_answer(
        self, _client: Any, _data: Any, _flags: Any, code: ReasonCode, properties: Properties | None
    ) -> None:
        self._is_accepted = not code.is_failure
        self._largest = getattr(properties, "MaximumPacketSize", 0)
        if code.is_failure:
            self._end = f"it refuses the connection: {code}{HINTS.get(code.value, '')}"

    def _take_end(
        self, _client: Any, _data: Any, flags: mqtt.DisconnectFlags, code: ReasonCode, *_: Any
    ) -> None:
        if flags.is_disconnect_packet_from_server and not self._end:
            self._end = f"it ended the connection: {code}{HINTS.get(code.value, '')}"

    def _take_acknowledgement(
        self, _client: Any, _data: Any, number: int, code: ReasonCode, *_: Any
    ) -> None:
        self._answers[number] = code

    def _take_message(self, _client: Any, _data: Any, message: mqtt.MQTTMessage) -> None:
        self._hear(message.topic, bytes(message.payload), message.retain)
