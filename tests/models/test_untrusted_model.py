"""Model files that are damaged or hostile are refused in one line, and nothing is waited on."""

import json
import os
import resource
import struct
import threading

import h5py
import numpy as np
import pytest

from abnormal.errors import AbnormalError
from abnormal.models.model import Reference
from abnormal.models.model_file import load_model, save_model


@pytest.fixture
def saved(tmp_path, network, info):
    path = tmp_path / "model.h5"
    clips = np.zeros((2, 3, 8, 8), np.uint8)
    levels = {"gate": {"motion": np.ones((1, 1), np.float32)}}
    save_model(path, network, info, Reference(clips, {"l2": np.ones((2, 3))}), levels)
    return path


def refusal(path):
    with pytest.raises(AbnormalError, match="is not a model file of this program") as raised:
        load_model(path)
    message = str(raised.value)
    assert "\n" not in message
    assert len(message) < 600
    return message


def edit_info(path, **changes):
    """Changes what a file says, as somebody would who then removes the seal."""
    with h5py.File(path, "a") as file:
        stored = json.loads(file["abnormal/info"][()])
        del file["abnormal/info"]
        file["abnormal/info"] = json.dumps(stored | changes)
        file["abnormal"].attrs.pop("sha256", None)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"fps": -25}, "fps is -25, but a number from 1e-06 to 100000 was expected"),
        ({"fps": float("nan")}, "fps is nan"),
        ({"fps": "25"}, "fps is '25'"),
        ({"fps": True}, "fps is True"),
        ({"size": 2**33}, "size is 8589934592"),
        ({"clip_length": 0}, "clip_length is 0"),
        ({"clip_length": 3.0}, r"clip_length is 3.0"),
        ({"cameras": "gate"}, "cameras is 'gate'"),
        ({"cameras": [1]}, "a camera's name is 1"),
        ({"history": [{"loss": None}]}, "loss in history is None"),
        ({"versions": []}, "versions is a list"),
        ({"calibration": [1]}, "calibration is a list"),
        ({"seed": 10**4000}, "seed is a number of about 4000 digits"),
    ],
)
def test_every_value_is_checked_and_named(saved, changes, said):
    edit_info(saved, **changes)
    assert said in refusal(saved)


def test_a_number_of_thousands_of_digits_is_refused(saved):
    with h5py.File(saved, "a") as file:
        text = file["abnormal/info"][()].decode().replace('"seed": 7', '"seed": ' + "9" * 5000)
        del file["abnormal/info"]
        file["abnormal/info"] = text
    assert "4300 digits" in refusal(saved)


@pytest.mark.parametrize("change", [{"filters": 2**33}, {"kernel_size": [1, 2**16, 2**16]}])
def test_a_network_larger_than_its_weights_takes_no_memory(saved, change):
    with h5py.File(saved, "a") as file:
        config = json.loads(file.attrs["model_config"])
        config["config"]["layers"][1]["config"].update(change)
        file.attrs["model_config"] = json.dumps(config)
    refusal(saved)


def external_link(file):
    file["abnormal/more"] = h5py.ExternalLink("/dev/zero", "/")


def soft_link(file):
    file["abnormal/more"] = h5py.SoftLink("/abnormal/info")


def external_storage(file):
    file.create_dataset("abnormal/more", (4,), "f4", external=[("/dev/zero", 0, 16)])


def virtual_dataset(file):
    layout = h5py.VirtualLayout((4,), "f4")
    layout[:] = h5py.VirtualSource("/dev/zero", "a", (4,))
    file.create_virtual_dataset("abnormal/more", layout)


def huge(file):
    file.create_dataset("abnormal/more", (2**40,), "f4", chunks=(2**20,), compression="gzip")


def loop(file):
    file["abnormal/more"] = file["/"]
    file["abnormal"].attrs["sha256"] = "0"  # what is read twice is read once


@pytest.mark.parametrize(
    "spoil", [external_link, soft_link, external_storage, virtual_dataset, huge, loop]
)
def test_content_from_elsewhere_or_without_end_is_refused(saved, spoil):
    with h5py.File(saved, "a") as file:
        spoil(file)
    refusal(saved)


@pytest.mark.parametrize("size", [0, 8, 2**64 - 64])
def test_texts_whose_lengths_do_not_add_up_are_refused(saved, size):
    content = bytearray(saved.read_bytes())
    heap = content.index(b"GCOL\x01")
    stop = heap + int.from_bytes(content[heap + 8 : heap + 16], "little")
    place = heap + 16
    while (number := content[place]) and place < stop:
        place += 16 + -(-int.from_bytes(content[place + 8 : place + 16], "little") // 8) * 8
    assert number == 0
    assert place < stop
    content[place + 8 : place + 16] = size.to_bytes(8, "little")  # HDF5 would not get beyond it
    saved.write_bytes(content)
    assert "no length that can be" in refusal(saved)


def test_heaps_of_texts_that_overlap_are_not_gone_through_again_and_again(saved):
    """Each of 10,000 heaps begins with an object that leads to the same 10,000 empty objects."""
    count, content = 10_000, b""
    for number in range(count):
        rest = 16 * (2 * (count - number - 1) + count)
        content += b"GCOL\x01\0\0\0" + (16 + 16 + rest).to_bytes(8, "little")
        content += struct.pack("<H6xQ", 1, 16 * 2 * (count - number - 1))
    saved.write_bytes(saved.read_bytes() + content + struct.pack("<H6xQ", 2, 0) * count)
    assert "no length that can be" in refusal(saved)


def test_weights_in_a_pipe_are_not_waited_on(saved, tmp_path):
    os.mkfifo(tmp_path / "pipe.h5")
    with h5py.File(saved, "a") as file:
        del file["model_weights"]
        file["model_weights"] = h5py.ExternalLink("pipe.h5", "/")
    thread = threading.Thread(target=refusal, args=(saved,), daemon=True)
    thread.start()
    thread.join(60)
    assert not thread.is_alive()


@pytest.mark.parametrize(
    "clips",
    [
        np.zeros((2, 3, 8, 9), np.uint8),
        np.zeros((2, 3, 8, 8), np.float32),
        np.zeros((0, 3, 8, 8), np.uint8),
        np.zeros((3, 3, 8, 8), np.uint8),
        np.uint8(0),
    ],
)
def test_reference_clips_of_another_shape_are_refused(saved, clips):
    with h5py.File(saved, "a") as file:
        del file["abnormal/reference/clips"]
        file["abnormal/reference/clips"] = clips
    assert "reference clips" in refusal(saved)


def test_weights_that_are_no_numbers_are_refused(saved):
    with h5py.File(saved, "a") as file:
        names = []
        file["model_weights"].visit(names.append)
        kernel = next(name for name in names if name.endswith("kernel"))
        file["model_weights"][kernel][0] = np.nan
    assert "are not all finite numbers" in refusal(saved)


def test_a_bit_that_flips_anywhere_in_the_arrays_is_seen(saved):
    content = saved.read_bytes()
    with h5py.File(saved) as file:
        places = []
        file.visititems(
            lambda _, item: (
                places.append((item.id.get_offset(), item.id.get_storage_size()))
                if isinstance(item, h5py.Dataset) and item.id.get_offset()
                else None
            )
        )
    assert len(places) > 5
    for first, size in places:
        changed = bytearray(content)
        changed[first + size // 2] ^= 1
        saved.write_bytes(changed)
        refusal(saved)


def test_a_model_of_a_version_that_had_no_seal_is_read(saved):
    edit_info(saved)
    load_model(saved)


def test_a_disk_that_is_full_at_any_moment_is_one_line(saved, network, info):
    whole = saved.read_bytes()
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    try:
        for limit in range(1000, len(whole) // 2, 4000):
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, before[1]))
            with pytest.raises(AbnormalError, match=r"model\.h5 cannot be written: [^\n]*$"):
                save_model(saved, network, info)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert saved.read_bytes() == whole
    assert [path.name for path in saved.parent.iterdir()] == [saved.name]
