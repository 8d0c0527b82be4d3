import json
import re

from hypothesis import given
from hypothesis import strategies as st

from abnormal.live.home_assistant import (
    camera_topics,
    discovery,
    level_of_alarm_topic,
    topic_level,
)

ANY_NAME = st.text(st.characters(codec="utf-8"), min_size=1, max_size=20)


def test_a_camera_is_a_device_with_its_entities():
    device = json.loads(discovery("house/cams", "Hof-süd", has_pictures=True))
    base = "house/cams/Hof-s%C3%BCd"
    assert device["device"]["name"] == "Hof-süd"
    assert device["origin"]["name"] == "abnormal"
    entities = device["components"]
    assert {name: of["platform"] for name, of in entities.items()} == {
        **{"alarm": "binary_sensor", "problem": "binary_sensor"},
        **{"score": "sensor", "thumbnail": "image"},
    }
    assert entities["alarm"]["state_topic"] == f"{base}/alarm"
    assert entities["score"]["state_topic"] == f"{base}/status"
    assert entities["thumbnail"]["image_topic"] == f"{base}/thumbnail"
    assert len({of["unique_id"] for of in entities.values()}) == 4
    program, camera = {"topic": "house/cams/available"}, {"topic": f"{base}/connection"}
    assert (
        entities["alarm"]["availability"]
        == entities["score"]["availability"]
        == [*(program, camera)]
    )
    # What is wrong with it, and its last picture, are there to see although it is disconnected.
    assert entities["problem"]["availability"] == entities["thumbnail"]["availability"] == [program]
    assert "thumbnail" not in json.loads(discovery("house", "gate", False))["components"]


def test_names_are_as_they_were():
    """Home Assistant would take a camera with another topic for another device."""
    assert camera_topics("abnormal", topic_level("gate")) == (
        "homeassistant/device/abnormal__gate/config",
        *("abnormal/gate/alarm", "abnormal/gate/connection"),
        *("abnormal/gate/status", "abnormal/gate/thumbnail"),
    )
    strange = camera_topics("a/b", topic_level("+/#門"))
    assert strange.discovery == "homeassistant/device/a_2fb___252B_252F_2523_25E9_2596_2580/config"
    assert strange.alarm == "a/b/%2B%2F%23%E9%96%80/alarm"


@given(st.tuples(ANY_NAME, ANY_NAME), st.tuples(ANY_NAME, ANY_NAME))
def test_whatever_cameras_are_called_their_topics_are_safe_and_their_own(first, second):
    one, other = (camera_topics(prefix, topic_level(name)) for prefix, name in (first, second))
    assert (one.discovery == other.discovery) == (first == second)
    assert re.fullmatch(r"homeassistant/device/[a-zA-Z0-9_-]+/config", one.discovery)
    level = one.alarm.removeprefix(f"{first[0]}/").removesuffix("/alarm")
    assert re.fullmatch(r"[\w.~%-]+", level, re.ASCII)
    assert level_of_alarm_topic(first[0], one.alarm) == level
    assert level_of_alarm_topic(first[0], f"{one.alarm}/alarm") == ""
