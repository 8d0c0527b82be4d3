import io
import json
import zipfile

import numpy as np
import pytest

from abnormal.errors import AbnormalError
from abnormal.files import sha256
from abnormal.training.checkpoints import (
    ARRAYS,
    STATE,
    SUMS,
    Checkpoint,
    list_checkpoints,
    load_checkpoint,
    newest_checkpoint,
    save_checkpoint,
    set_damaged_aside,
)


def checkpoint(epoch, batch=0):
    arrays = {
        "network.0000": np.array([1e-45, np.pi, -0.0], np.float32),
        "seed": np.array([7, 2**31], np.uint32),
    }
    return Checkpoint(epoch, batch, {"history": [{"loss": 0.1}], "best": float("inf")}, arrays)


def truncate(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def flip_a_bit(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def remove(path):
    path.unlink()


def test_what_is_loaded_is_what_was_saved_bit_for_bit(tmp_path):
    saved = checkpoint(2, 17)

    loaded = load_checkpoint(save_checkpoint(tmp_path, saved, keep=5))

    assert (loaded.epoch, loaded.batch, loaded.state) == (2, 17, saved.state)
    assert {name: (a.dtype, a.tobytes()) for name, a in loaded.arrays.items()} == {
        name: (a.dtype, a.tobytes()) for name, a in saved.arrays.items()
    }


def test_the_newest_are_kept_whoever_wrote_the_others(tmp_path):
    for position in ((0, 3), (9, 1), (10, 0), (10, 20), (10, 3)):
        save_checkpoint(tmp_path, checkpoint(*position), keep=3)

    assert [path.name for path in list_checkpoints(tmp_path)] == [
        "epoch0010-batch000000",
        "epoch0010-batch000003",
        "epoch0010-batch000020",
    ]


@pytest.mark.parametrize("harm", [truncate, flip_a_bit, remove])
@pytest.mark.parametrize("name", [STATE, ARRAYS, SUMS])
def test_a_damaged_newest_is_named_and_the_one_before_is_used(tmp_path, name, harm, caplog):
    save_checkpoint(tmp_path, checkpoint(1), keep=5)
    newest = save_checkpoint(tmp_path, checkpoint(2), keep=5)
    harm(newest / name)

    used = newest_checkpoint(tmp_path)

    assert used.epoch == 1
    (warning,) = caplog.records
    assert warning.levelname == "WARNING"
    assert f"the checkpoint {newest} is damaged" in warning.message


def test_one_that_was_renamed_is_set_aside_and_named(tmp_path, caplog):
    save_checkpoint(tmp_path, checkpoint(1), keep=5)
    newest = save_checkpoint(tmp_path, checkpoint(2), keep=5)
    renamed = newest.rename(tmp_path / "epoch0003-batch000000")

    used = newest_checkpoint(tmp_path)
    set_damaged_aside(tmp_path, used)

    assert used.epoch == 1
    assert f"{renamed} is damaged (it was saved as '{newest.name}'" in caplog.text
    assert [path.name for path in list_checkpoints(tmp_path)] == ["epoch0001-batch000000"]


def test_two_that_changed_places_are_not_used(tmp_path):
    one, two = (save_checkpoint(tmp_path, checkpoint(epoch), keep=5) for epoch in (1, 2))
    one.rename(tmp_path / "x")
    two.rename(one)
    (tmp_path / "x").rename(two)

    with pytest.raises(AbnormalError, match=r"All 2 checkpoints .* damaged"):
        newest_checkpoint(tmp_path)


def test_one_of_another_run_is_named_and_the_one_before_is_used(tmp_path, caplog):
    for epoch in (1, 2):
        save_checkpoint(tmp_path, checkpoint(epoch), keep=5)

    def differences(found):
        return ["seed was 1, is 0"] if found.epoch == 2 else []

    assert newest_checkpoint(tmp_path, differences=differences).epoch == 1
    assert "epoch0002-batch000000 is of another run (seed was 1, is 0)" in caplog.text


def test_where_all_are_of_another_run_the_newest_is_returned(tmp_path, caplog):
    for epoch in (1, 2):
        save_checkpoint(tmp_path, checkpoint(epoch), keep=5)

    assert newest_checkpoint(tmp_path, differences=lambda _: ["seed"]).epoch == 2
    assert not caplog.text


def test_one_of_a_version_that_did_not_keep_names_is_read(tmp_path):
    path = save_checkpoint(tmp_path, checkpoint(1), keep=5)
    state = json.loads((path / STATE).read_text())
    del state["saved_as"]
    write_again(path, STATE, json.dumps(state).encode())

    assert load_checkpoint(path).epoch == 1


def write_again(path, name, content):
    """Replaces a file of a checkpoint, and its checksum with it, as only intent can."""
    (path / name).write_bytes(content)
    sums = "".join(f"{sha256(path / name)}  {name}\n" for name in (STATE, ARRAYS))
    (path / SUMS).write_text(sums, "ascii")


def zipped(compression, name, content):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as stored:
        stored.writestr(name, content)
    return buffer.getvalue()


def array(text, content=b""):
    header = text.encode().ljust(117) + b"\n"
    return b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header + content


HUGE = "{'descr': '<f4', 'fortran_order': False, 'shape': (1099511627776,), }"
OBJECTS = "{'descr': '|O', 'fortran_order': False, 'shape': (1,), }"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        (ARRAYS, zipped(zipfile.ZIP_DEFLATED, "a.npy", bytes(10_000_000))),
        (ARRAYS, zipped(zipfile.ZIP_STORED, "a.npy", array(HUGE))),
        (ARRAYS, zipped(zipfile.ZIP_STORED, "a.npy", array(OBJECTS, b"cos\nsystem\n."))),
        (ARRAYS, zipped(zipfile.ZIP_STORED, "a.txt", b"no array")),
        (ARRAYS, zipped(zipfile.ZIP_LZMA, "a.npy", b"")),
        (ARRAYS, b"no zip"),
        (STATE, b"[1, 2]"),
        (STATE, b"[" * 100_000),
        (STATE, b'{"format": 1, "running_loss": "low"}'),
        (STATE, b'{"format": 1, "running_loss": NaN}'),
        (STATE, b'{"format": 1, "history": [1]}'),
        (STATE, b'{"format": 1, "options": {"batch_size": ' + b"9" * 5000 + b"}}"),
        (STATE, b'{"format": 1, "stopping": {"best_loss": 1.0}}'),
    ],
)
def test_hostile_content_with_right_checksums_is_damage(tmp_path, name, content):
    path = save_checkpoint(tmp_path, checkpoint(1), keep=5)
    write_again(path, name, content)

    with pytest.raises(ValueError, match=r"^[^\n]+$"):
        load_checkpoint(path)


def test_all_damaged_is_an_error_and_not_a_start_from_nothing(tmp_path):
    for epoch in (1, 2):
        flip_a_bit(save_checkpoint(tmp_path, checkpoint(epoch), keep=5) / ARRAYS)

    with pytest.raises(AbnormalError, match=r"All 2 checkpoints .* damaged.*--restart"):
        newest_checkpoint(tmp_path)


def test_a_damaged_one_is_set_aside_and_not_deleted(tmp_path):
    used = checkpoint(1)
    save_checkpoint(tmp_path, used, keep=5)
    flip_a_bit(save_checkpoint(tmp_path, checkpoint(2), keep=5) / ARRAYS)

    set_damaged_aside(tmp_path, used)

    assert [path.name for path in list_checkpoints(tmp_path)] == ["epoch0001-batch000000"]
    assert (tmp_path / "epoch0002-batch000000.damaged" / ARRAYS).is_file()


def test_one_set_aside_before_is_no_obstacle(tmp_path):
    used = checkpoint(1)
    for _ in range(2):
        save_checkpoint(tmp_path, used, keep=5)
        flip_a_bit(save_checkpoint(tmp_path, checkpoint(2), keep=5) / ARRAYS)
        set_damaged_aside(tmp_path, used)

    assert [path.name for path in list_checkpoints(tmp_path)] == ["epoch0001-batch000000"]


def test_one_moved_out_of_the_way_by_a_run_that_died_is_moved_back(tmp_path):
    path = save_checkpoint(tmp_path, checkpoint(4), keep=5)
    path.rename(path.with_name(f".old-{2**22 + 1}-{path.name}"))

    assert newest_checkpoint(tmp_path).epoch == 4


def test_that_of_another_version_is_told_as_such(tmp_path, monkeypatch):
    monkeypatch.setattr("abnormal.training.checkpoints.FORMAT", 0)
    save_checkpoint(tmp_path, checkpoint(1), keep=5)
    monkeypatch.undo()

    with pytest.raises(AbnormalError, match=r"another version.*--restart"):
        newest_checkpoint(tmp_path)


def test_no_checkpoint_is_none(tmp_path):
    assert newest_checkpoint(tmp_path / "missing") is None


def test_a_save_that_died_is_no_checkpoint(tmp_path, monkeypatch):
    save_checkpoint(tmp_path, checkpoint(1), keep=1)
    monkeypatch.setattr(np, "savez", _full_disk)

    with pytest.raises(OSError, match="No space left"):
        save_checkpoint(tmp_path, checkpoint(2), keep=1)

    assert [path.name for path in tmp_path.iterdir()] == ["epoch0001-batch000000"]
    assert load_checkpoint(tmp_path / "epoch0001-batch000000").epoch == 1


def _full_disk(path, **arrays):
    path.write_bytes(b"the beginning")
    raise OSError(28, "No space left on device")


@pytest.mark.parametrize("lacking", ["fsync", "replace"])
def test_a_mounted_folder_may_lack_fsync_or_rename(tmp_path, monkeypatch, lacking):
    def refuse(*_):
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr(f"os.{lacking}", refuse)

    path = save_checkpoint(tmp_path, checkpoint(3), keep=1)

    assert load_checkpoint(path).epoch == 3
    assert [entry.name for entry in tmp_path.iterdir()] == [path.name]
