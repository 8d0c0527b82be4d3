"""The MQTT topics of cameras, and the messages by which Home Assistant discovers them.

PREFIX/
  available               "online" or "offline": this program
  events                  each state of each event, a line of JSON
  CAMERA/
    alarm                 "ON" while an anomaly goes on, else "OFF"
    connection            "online" or "offline": the camera
    status                {"score": 1.25, "problems": ["covered"]}
    thumbnail             JPEG of the last event

One device of Home Assistant is announced for each camera, as documented under "Device discovery
payload" of its MQTT integration: https://www.home-assistant.io/integrations/mqtt/
"""

import json
import re
import urllib.parse
from typing import Any, NamedTuple

from abnormal.version import __version__

BIRTH_TOPIC = "homeassistant/status"
"""Home Assistant says here that it has started, by the payload `BIRTH`."""
BIRTH = b"online"
ON, OFF, ONLINE, OFFLINE = b"ON", b"OFF", b"online", b"offline"
"""The payloads that Home Assistant expects by default."""


class CameraTopics(NamedTuple):
    """The topics of one camera; each has its last message retained.

    Attributes:
        discovery: What Home Assistant is told about the camera.
        alarm: Whether an anomaly goes on.
        connection: Whether the camera is connected.
        status: The newest score, and what is wrong with the camera.
        thumbnail: A picture of the last event.
    """

    discovery: str
    alarm: str
    connection: str
    status: str
    thumbnail: str


def available_topic(prefix: str) -> str:
    """Returns the topic that says whether this program is running."""
    return f"{prefix}/available"


def events_topic(prefix: str) -> str:
    """Returns the topic of the events of all cameras."""
    return f"{prefix}/events"


def topic_level(camera: str) -> str:
    """Returns the level of topics that stands for a camera, in ASCII, another one for each name."""
    return urllib.parse.quote(camera, safe="")


def camera_topics(prefix: str, level: str) -> CameraTopics:
    """Returns the topics of a camera.

    Args:
        prefix: What all topics of this program begin with.
        level: What `topic_level` returns for the camera; or `+`, which stands for all cameras.
    """
    of_camera = (f"{prefix}/{level}/{kind}" for kind in CameraTopics._fields[1:])
    return CameraTopics(f"homeassistant/device/{_device_id(prefix, level)}/config", *of_camera)


def level_of_alarm_topic(prefix: str, topic: str) -> str:
    """Returns the level of a camera from the topic of its alarm; empty if it is none."""
    found = re.fullmatch(rf"{re.escape(prefix)}/([^/]+)/alarm", topic)
    return found[1] if found else ""


def discovery(prefix: str, camera: str, has_pictures: bool) -> bytes:
    """Describes the device of a camera to Home Assistant.

    A problem and the last picture are also shown while the camera is disconnected.

    Args:
        prefix: What all topics of this program begin with.
        camera: Name of the camera.
        has_pictures: Whether there are thumbnails.

    Returns:
        The payload for the topic `discovery`, a JSON object.
    """
    level = topic_level(camera)
    topics, identifier = camera_topics(prefix, level), _device_id(prefix, level)
    components = _components(prefix, topics)
    if not has_pictures:
        del components["thumbnail"]
    shared = {"availability_mode": "all", "qos": 1}
    payload: dict[str, Any] = {
        "device": {"identifiers": [identifier], "name": camera, "manufacturer": "abnormal"},
        "origin": {"name": "abnormal", "sw_version": __version__},
        "components": {
            name: {**component, **shared, "unique_id": f"{identifier}_{name}"}
            for name, component in components.items()
        },
    }
    return json.dumps(payload, ensure_ascii=False).encode()


def _components(prefix: str, topics: CameraTopics) -> dict[str, dict[str, Any]]:
    """Returns what Home Assistant shows of a camera, by the last part of its identifier."""
    program = [{"topic": available_topic(prefix)}]
    both = [*program, {"topic": topics.connection}]
    return {
        "alarm": {
            "platform": "binary_sensor",
            "name": "Alarm",
            "device_class": "safety",
            "state_topic": topics.alarm,
            "availability": both,
        },
        "problem": {
            "platform": "binary_sensor",
            "name": "Problem",
            "device_class": "problem",
            "entity_category": "diagnostic",
            "state_topic": topics.status,
            "value_template": "{{ 'ON' if value_json.problems else 'OFF' }}",
            "json_attributes_topic": topics.status,
            "json_attributes_template": "{{ {'problems': value_json.problems} | tojson }}",
            "availability": program,
        },
        "score": {
            "platform": "sensor",
            "name": "Score",
            "icon": "mdi:chart-bell-curve",
            "state_class": "measurement",
            "state_topic": topics.status,
            "value_template": "{{ value_json.score }}",
            "availability": both,
        },
        "thumbnail": {
            "platform": "image",
            "name": "Thumbnail",
            "image_topic": topics.thumbnail,
            "content_type": "image/jpeg",
            "availability": program,
        },
    }


def _device_id(prefix: str, level: str) -> str:
    """Returns an identifier of letters, digits, `_` and `-`, another one for each pair."""
    return f"{_escaped(prefix)}__{_escaped(level)}"


def _escaped(text: str) -> str:
    return re.sub(rb"[^A-Za-z0-9-]", lambda found: b"_%02x" % found[0][0], text.encode()).decode()
