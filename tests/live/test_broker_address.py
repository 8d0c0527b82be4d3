import pytest

from abnormal.errors import AbnormalError
from abnormal.live import broker_address
from abnormal.live.broker_address import parse_broker_address, require_broker_address
from abnormal.urls import without_secrets


@pytest.mark.parametrize(
    ("text", "host", "port", "has_tls", "login", "prefix"),
    [
        ("mqtt://desk.lan", "desk.lan", 1883, False, None, "abnormal"),
        ("mqtts://desk.lan/", "desk.lan", 8883, True, None, "abnormal"),
        ("MQTT://me@desk.lan:1/house/a%20b/", "desk.lan", 1, False, ("me", ""), "house/a b"),
        ("mqtt://m%40e:a%2Fb%23%3F:c@[::1]:9/%C3%BC", "::1", 9, False, ("m@e", "a/b#?:c"), "ü"),
        ("mqtts://münchen.de/門", "xn--mnchen-3ya.de", 8883, True, None, "門"),
    ],
)
def test_an_address_says_where_the_broker_is_and_what_topics_begin_with(
    text, host, port, has_tls, login, prefix
):
    assert parse_broker_address(text)[:5] == (host, port, has_tls, login, prefix)


@pytest.mark.parametrize(
    "text",
    [
        *("http://desk", "mqtt://", "mqtt://me:secret@", "mqtt://desk:0", "mqtt://desk:65536"),
        *("mqtt://desk/a?ca=secret", "mqtt://desk/a#secret", "mqtt://me:12/secret@desk", "desk"),
        *("mqtt://desk/a/%23", "mqtt://desk/a+b", "mqtt://desk/$SYS", "mqtt://desk/a%00", "mqtt:"),
        *(
            f"mqtt://desk/{'a' * 201}",
            "mqtt://-ß-.x..y",
            *("mqtt://desk..lan", "mqtt://[::g]", "mqtt://[desk]"),
            "mqtt://desk/a\udcff",
            "mqtt://me:p/q@desk",
        ),
    ],
)
def test_what_is_no_address_of_a_broker_is_refused_in_one_line_without_its_secrets(text):
    with pytest.raises(AbnormalError) as raised:
        parse_broker_address(text)
    assert "--mqtt" in str(raised.value)
    assert "Expected: " in str(raised.value)
    assert "secret" not in without_secrets(str(raised.value))


def test_without_its_library_the_command_that_installs_it_is_said(monkeypatch):
    monkeypatch.setattr(broker_address.importlib.util, "find_spec", lambda _: None)
    with pytest.raises(AbnormalError, match=r"--mqtt needs .*pip install '.*\[mqtt\]'"):
        require_broker_address("mqtt://desk.lan")
