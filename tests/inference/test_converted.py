"""The cache of converted networks: what is in it is not converted again, and it cannot do harm."""

import concurrent.futures
import os

import keras
import numpy as np
import pytest

from abnormal.errors import AbnormalError
from abnormal.inference import converted as module
from abnormal.inference.converted import Converted, cache_folder, converted
from abnormal.models.lazy_network import LazyNetwork, Part, lazy


@pytest.fixture
def cache(tmp_path, monkeypatch):
    pytest.importorskip("openvino", reason="OpenVINO is not installed")
    monkeypatch.setenv("ABNORMAL_CACHE", str(tmp_path))
    assert cache_folder() == tmp_path
    module._say_once.cache_clear()
    return tmp_path / "openvino"


@pytest.fixture
def conversions(monkeypatch):
    """Makes conversions quick, and lists the networks that were converted."""
    done = []

    def convert(network):
        done.append(network.digest)
        return of(network.digest)

    monkeypatch.setattr(module, "_convert", convert)
    return done


def of(digest):
    return Converted(*(np.frombuffer(f"{k} {digest}".encode(), np.uint8) for k in ("xml", "bin")))


def known(digest):
    return LazyNetwork(digest, (), lambda: pytest.fail("Keras is not needed"))


def same(found, expected):
    return all(np.array_equal(*pair) for pair in zip(found, expected, strict=True))


def test_a_network_is_converted_once(cache, conversions):
    for digest in ("a", "b", "a", "b"):
        assert same(converted(known(digest)), of(digest))
    assert conversions == ["a", "b"]


def test_those_that_were_not_used_for_longest_go(cache, conversions, monkeypatch):
    monkeypatch.setattr(module, "KEEP", 2)
    for name in ("0123456789abcdef" * 2, "of somebody else"):
        (cache / name).mkdir(parents=True)
        (cache / name / "model.xml").write_text("old")
        os.utime(cache / name, (1, 1))
    for second, digest in enumerate("abac"):
        before = set(cache.iterdir())
        converted(known(digest))
        for made in set(cache.iterdir()) - before:
            os.utime(made, (10 + second, 10 + second))
    converted(known("a"))
    assert len(list(cache.iterdir())) == 2 + 1
    assert (cache / "of somebody else" / "model.xml").exists()
    assert conversions == ["a", "b", "c"]


@pytest.mark.parametrize("damage", ["a bit", "half", "nothing left", "a folder in its place"])
def test_what_is_damaged_is_made_again(cache, conversions, caplog, damage):
    converted(known("a"))
    (path,) = cache.iterdir()
    content = path.read_bytes()
    middle = content.index(b"xml a")
    changed = {"a bit": content[:middle] + b"Y" + content[middle + 1 :], "half": content[:200]}
    if damage == "a folder in its place":
        path.unlink()
        path.mkdir()
    else:
        path.write_bytes(changed.get(damage, b""))
    assert same(converted(known("a")), of("a"))
    assert conversions == ["a", "a"]
    assert "is damaged" in caplog.text


def test_a_folder_that_cannot_be_written_to_costs_a_conversion_and_a_line(
    cache, conversions, caplog
):
    cache.write_text("a file in its place")
    for digest in ("a", "b", "a"):
        assert same(converted(known(digest)), of(digest))
    assert conversions == ["a", "b", "a"]
    assert caplog.text.count("each start will convert it") == 1


def test_several_at_once_do_not_disturb_each_other(cache, conversions, monkeypatch):
    monkeypatch.setattr(module, "KEEP", 3)
    with concurrent.futures.ThreadPoolExecutor(8) as threads:
        digests = [str(number % 5) for number in range(80)]
        found = threads.map(lambda digest: converted(known(digest)), digests)
        assert all(same(one, of(digest)) for one, digest in zip(found, digests, strict=True))


def test_a_conversion_that_fails_leaves_nothing(cache, network, monkeypatch):
    def full(network, folder):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module, "write_openvino", full)
    with pytest.raises(AbnormalError, match="cannot be written: No space left"):
        converted(lazy(network))
    assert not cache.exists()


def test_other_weights_are_another_network(network):
    other = keras.models.clone_model(network)
    other.set_weights([weight + 0.1 for weight in network.get_weights()])
    part = lazy(network).part_of(Part(1), None)
    assert len({lazy(network).digest, lazy(other).digest, part.digest}) == 3
