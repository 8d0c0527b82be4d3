import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from abnormal.errors import AbnormalError
from abnormal.live.address import cameras_from_sources
from abnormal.urls import parse_url, remember_secrets, without_secrets


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("rtsp://me:secret@host:554/a", "rtsp://host:554/a"),
        ("rtsp://me:p@ss:w@host/a", "rtsp://host/a"),
        ("http://host/a?user=me&pwd=secret", "http://host/a"),
        ("http://host/a#secret", "http://host/a"),
        ("HTTP://me:secret@host", "HTTP://host"),
        (
            "['--source', 'rtsp://me:secret@host/a?k=secret', 'b']",
            "['--source', 'rtsp://host/a', 'b']",
        ),
        ("me@host is no URL", "me@host is no URL"),
    ],
)
def test_no_secret_of_an_unknown_address_is_shown(text, shown):
    assert without_secrets(text) == shown


@pytest.mark.parametrize(
    "password", ["S'CRET1", 'S"CRET1', "S CRET1", "S/CRET1", "Sé%CRET1", "S@CRET1", "S\udcffCRET1"]
)
@pytest.mark.parametrize(
    "address",
    [
        "rtsp://me:{}@host/a",
        "http://host/user=admin&password={}/video",
        "http://host/video?user=admin&password={}",
        "http://host/{}/video",
    ],
)
def test_no_secret_of_a_known_address_is_shown_in_any_form(password, address):
    address = address.format(password)
    remember_secrets(f"--source={address}")
    texts = address, f"'{address}': no", repr([address]), json.dumps(address), f"no {password}"
    if "host/S" in address or "S/CRET1/" in address:  # nobody knows which part of a path is one
        texts = texts[:-1]
    for text in texts:
        shown = without_secrets(text)
        assert "CRET1" not in shown
        assert "password" not in shown


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ("rtsp://me:S//CRET1@host/a", "rtsp:/me:S/CRET1@host/a"),
        ("https://host/cret1", "https:/host/cret1/manifest.json"),
        ("rtsp:/me:SECRET1@host/a", "no file rtsp:/me:SECRET1@host/a"),
        ("me:S/CR@ET1@host/a", "no file me:S/CR@ET1@host/a"),
    ],
)
def test_no_secret_of_what_is_taken_for_a_path_is_shown(given, text):
    remember_secrets(given)
    assert "ET1" not in without_secrets(text).upper()


WORD = st.text("abcxyz0189-_.~!$&*+,;=%/'\" ?#@:", min_size=1, max_size=8)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(WORD, WORD, WORD)
def test_whatever_the_password_is_it_is_not_shown(user, word, query):
    secret = f"SECRET{word}"
    address = f"rtsp://{user}:{secret}@host/stream?key={secret}{query}"
    remember_secrets(address)
    assert "SECRET" not in without_secrets(f"cannot open '{address}': gone")
    try:
        (camera,) = cameras_from_sources([address])
        shown = camera.name
    except AbnormalError as error:
        shown = str(error)
    assert "SECRET" not in shown


@pytest.mark.parametrize(
    ("text", "place", "login"),
    [
        ("http://me:a%20b%2Fc@host:80/p", "host:80", ("me", "a b/c")),
        ("http://host", "host", None),
        ("https://[::1]:8443/ä?b", "[::1]:8443", None),
        ("http://münchen.de/", "münchen.de", None),
        ("http://me@host/", "host", ("me", "")),
        ("rtsp://me:1/2@host", "", None),
        ("udp://:5004", ":5004", None),
    ],
)
def test_an_address_is_taken_apart(text, place, login):
    url = parse_url(text, "it")
    assert (url.place, url.login) == (place, login)


@pytest.mark.parametrize(
    "text",
    [
        *("gate", "http://me:secret", "http://a b/", "http://host:99999/"),
        *("http://[::g]/", "http://[]/", "http://[host]/"),
    ],
)
def test_what_is_no_address_is_refused(text):
    with pytest.raises(AbnormalError, match="The address of --webhook cannot be understood") as no:
        parse_url(text, "--webhook")
    assert "secret" not in str(no.value)
