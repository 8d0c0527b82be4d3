"""What is fed with damaged files: each reader, with intact files of its own format."""

import dataclasses
import io
import json
import math
import random
import threading
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import av
import h5py
import numpy as np
import PIL.Image
import pytest
import scipy.io

from abnormal import checks
from abnormal.datasets.labels.attach import attach_labels
from abnormal.datasets.source import TESTING, SourceVideo
from abnormal.errors import AbnormalError
from abnormal.files import sha256
from abnormal.frames.manifest import VideoRecord, read_manifest
from abnormal.frames.reader import read_labels, read_masks, verify_masks
from abnormal.frames.writer import write_masks
from abnormal.inference.event_cells import EventCells, read_event_cells, write_event_cells
from abnormal.live.address import read_cameras
from abnormal.live.outbox import Outbox
from abnormal.live.page.past_events import read_past_events
from abnormal.live.sender import Receiver, Sender
from abnormal.models.forms.kept import keep_forms, read_forms
from abnormal.reading import parse_json
from abnormal.scoring.calibration import (
    Calibration,
    Normality,
    read_calibration,
)
from abnormal.scoring.calibration_check import check_calibration
from abnormal.scoring.dismissal import Dismissal
from abnormal.scoring.false_alarms import COUNTED_SURPRISES, FalseAlarms
from abnormal.scoring.local import LOCAL_SCORES
from abnormal.scoring.rate_check import RateCheck
from abnormal.scoring.surprise import learn_surprise
from abnormal.training.checkpoints import Checkpoint, load_checkpoint, save_checkpoint
from abnormal.video.camera import open_camera
from abnormal.video.decode import open_video
from abnormal.video.pictures import read_picture
from tests.fuzz.mutations import damage, damage_json

FRAMES, SIZE = 12, 16
RECORD = VideoRecord("testing", "cart/01", FRAMES, 25.0, SIZE, SIZE, labelled=True, masked=True)


@dataclasses.dataclass(frozen=True)
class Target:
    """A reader that is fed with damaged files.

    Attributes:
        make: Makes intact files in a folder, and returns those that are damaged in turn.
        read: Reads such a file and looks at what comes out. It raises one of `errors` where the
            file is refused, and `AssertionError` where something wrong is accepted.
        damage: Damages the content of a file.
        errors: What the reader raises on a file that it refuses.
        quick: How many inputs `make test` gives it.
    """

    make: Callable[[Path], list[Path]]
    read: Callable[[Path], Any]
    damage: Callable[[bytes, random.Random], bytes] = damage
    errors: tuple[type[Exception], ...] = (AbnormalError,)
    quick: int = 40


def picture(number: int) -> np.ndarray:
    return np.random.default_rng(number).integers(0, 255, (32, 48), np.uint8)


def make_videos(folder: Path) -> list[Path]:
    paths = [folder / "a.mp4", folder / "b.mkv", folder / "c.avi"]
    for path in paths:
        with av.open(str(path), "w") as container:
            stream = container.add_stream("mpeg4", rate=25)
            stream.height, stream.width, stream.pix_fmt = 32, 48, "yuv420p"
            for number in range(FRAMES):
                container.mux(stream.encode(av.VideoFrame.from_ndarray(picture(number), "gray")))
            container.mux(stream.encode())
    return paths


def read_video(path: Path) -> None:
    with open_video(path) as stream:
        times = []
        for frame in stream.frames:
            assert frame.image.ndim == 2
            assert frame.image.dtype == np.uint8
            times.append(frame.time_sec)
            if len(times) > 1000:
                break
    assert stream.fps is None or stream.fps > 0


def make_pictures(folder: Path) -> list[Path]:
    paths = [folder / f"a.{suffix}" for suffix in ("png", "jpg", "bmp", "tif")]
    for path in paths:
        PIL.Image.fromarray(picture(0)).save(path)
    return paths


def look_at_picture(path: Path) -> None:
    image = read_picture(path)
    assert image.ndim == 2
    assert image.dtype == np.uint8


def make_label_files(folder: Path) -> list[Path]:
    values = np.arange(FRAMES) // 6
    (folder / "labels.csv").write_text("video,start_frame,end_frame\ncart/01,3,5\ncart/01,8,9\n")
    np.savetxt(folder / "vector.txt", values, fmt="%d")
    np.save(folder / "vector.npy", values)
    np.savez(folder / "vectors.npz", **{"cart": values})
    cells = np.empty((1, 1), object)
    cells[0, 0] = np.array([[3, 8], [5, 9]])
    scipy.io.savemat(folder / "intervals.mat", {"gt": cells})
    (folder / "intervals.m").write_text("gt{1} = [3:5, 8:9];\nTestVideoFile{1}.gt_frame = [3:5];\n")
    return sorted(folder.iterdir())


def read_label_file(path: Path) -> None:
    video = SourceVideo("cart/01", TESTING, open_frames=None, path=None)  # type: ignore[arg-type]
    videos, _ = attach_labels([video], path)
    for labelled in videos:
        if labelled.annotate:
            labels = labelled.annotate(FRAMES).labels
            assert labels.ndim == 1  # `extract` compares the number with the frames
            assert set(labels.tolist()) <= {0, 1}


def make_img(folder: Path) -> Path:
    record = RECORD.folder(folder)
    record.mkdir(parents=True)
    (record / "labels.txt").write_text("0\n1\n" * (FRAMES // 2))
    masks = np.random.default_rng(0).integers(0, 2, (FRAMES, SIZE, SIZE))
    write_masks(record, masks, FRAMES, SIZE)
    return record


def read_stored_masks(path: Path) -> None:
    img = path.parents[3]
    if path.name == "labels.txt":
        labels = read_labels(img, RECORD)
        assert labels is not None
        assert labels.shape == (FRAMES,)
        return
    try:
        masks = read_masks(img, RECORD)
    finally:  # both refuse, or none does
        verify_masks(img, RECORD)
    intact = np.random.default_rng(0).integers(0, 2, (FRAMES, SIZE, SIZE))
    np.testing.assert_array_equal(masks, intact)


def make_manifest(folder: Path) -> list[Path]:
    source = {"path": "/videos/a.mp4", "sha256": "00", "size": 16, "fps": None, "shape": [32, 48]}
    records = [dataclasses.asdict(dataclasses.replace(RECORD, source=source)) for _ in range(2)]
    (folder / "manifest.json").write_text(json.dumps({"videos": records}))
    return [folder / "manifest.json"]


def look_at_manifest(path: Path) -> None:
    img = path.parent
    for record in [*read_manifest(img, "training"), *read_manifest(img, "testing")]:
        inside = (img / "results" / f"{record.video}.mp4").resolve()
        assert inside.is_relative_to((img / "results").resolve())
        assert record.folder(img).resolve().is_relative_to(img.resolve())
        assert 0 < record.fps < 1e6
        assert 0 < record.frames < 1e9


def make_checkpoint(folder: Path) -> list[Path]:
    arrays = {"network.0000": np.arange(20, dtype=np.float32), "metric.0000": np.zeros(())}
    state = {
        "options": {"seed": 0, "batch_size": 4},
        **{"data": "ab", "backend": "tensorflow", "epoch_loss": None, "running_loss": 0.25},
        "history": [{"epoch": 1, "loss": 0.5, "val_loss": 0.75}],
        "stopping": {"best_loss": 0.75, "best_epoch": 0, "waited": 0},
    }
    path = save_checkpoint(folder, Checkpoint(1, 2, state, arrays), keep=1)
    return [path / "arrays.npz", path / "state.json", path / "SHA256SUMS"]


def damage_checkpoint(content: bytes, rng: random.Random) -> bytes:
    return (damage_json if content.startswith(b"{") else damage)(content, rng)


def read_checkpoint(path: Path) -> None:
    folder = path.parent
    try:
        found = load_checkpoint(folder)
    except ValueError:
        if path.name == "SHA256SUMS":
            raise
        sums = folder / "SHA256SUMS"  # now with right checksums, as only intent can give them
        before = sums.read_bytes()
        names = ("state.json", "arrays.npz")
        sums.write_text("".join(f"{sha256(folder / name)}  {name}\n" for name in names))
        try:
            look_at_checkpoint(load_checkpoint(folder))
        finally:
            sums.write_bytes(before)
        return
    look_at_checkpoint(found)


def look_at_checkpoint(found: Checkpoint) -> None:
    assert (found.epoch, found.batch) == (1, 2)
    assert all(array.dtype.kind in "biuf" for array in found.arrays.values())
    loss = found.state.get("running_loss")
    assert loss is None or math.isfinite(loss)


def intact_calibration() -> Calibration:
    surprise = learn_surprise(np.random.default_rng(0).random(500))
    levels = np.full((2, 2), 0.5, np.float32)
    calibration = Calibration(
        surprises={"gradient": surprise, "l2": surprise},
        false_alarms={"fused": FalseAlarms(0.5, tuple(range(len(COUNTED_SURPRISES)))[::-1])},
        cameras={"gate": Normality({"motion": levels}, {"motion": surprise})},
        frames=500,
        videos=("a", "b"),
        held_out=True,
        dismissed=(
            Dismissal({"video": "a", "camera": "gate", "first_frame": 1, "last_frame": 2}),
            Dismissal({"event": "b:1", "camera": "gate"}, {"motion": 2 * levels}),
        ),
        positions={"l2": (1.1, 0.9)},
        rate_check=RateCheck(0.01, 0.0, 0.02, 3, 0.5),
    )
    return dataclasses.replace(calibration, pools=calibration.all_pools * 2)


def make_calibration(folder: Path) -> list[Path]:
    (folder / "calibration.json").write_text(json.dumps(intact_calibration().as_dict()))
    return [folder / "calibration.json"]


def look_at_calibration(path: Path) -> None:
    stored = checks.mapping("calibration", parse_json(path.read_bytes()))
    checks.mapping("cameras", stored.get("cameras", {}))
    levels = intact_calibration().arrays
    levels = dict.fromkeys(stored.get("cameras", {}), levels["gate"])
    check_calibration(stored, levels, clip_length=2, size=SIZE)
    calibration = read_calibration(stored, levels)
    for rate_check in filter(None, (pool.rate_check for pool in calibration.pools)):
        assert 0 <= rate_check.events_per_hour.low <= rate_check.events_per_hour.high
    for name in (*calibration.surprises, *calibration.false_alarms):
        for per_hour in (None, 1.0):
            if per_hour and name not in calibration.false_alarms:
                continue
            if per_hour is None and name not in calibration.surprises and name != "fused":
                continue
            assert np.isfinite(calibration.alarm(name, per_hour=per_hour).threshold)


def make_queue(folder: Path) -> list[Path]:
    path = folder / "webhook" / "000000000001-gate-1-opened.json"
    path.parent.mkdir()
    path.write_text('{"id": "gate-1", "state": "opened"}')
    return [path]


def read_queue(path: Path) -> None:
    """The content is sent as it is. What the queue reads are names, some of them foreign."""
    content = path.read_bytes()
    name = content[:80].decode("latin-1").replace("/", "_").replace("\0", "_") or "x"
    other = path.parent / (name if name.strip(".") else "x")
    other.write_bytes(content)
    try:
        sent: dict[str, bytes] = {}
        receiver = Receiver("a receiver")
        receiver.deliver = sent.__setitem__  # type: ignore[method-assign]
        sender = Sender(Outbox(path.parent), receiver, (0.01, 0.01))
        thread = threading.Thread(target=sender.run, daemon=True)
        thread.start()
        sender._stopping.set()
        sender._wake.set()
        thread.join(5)
        assert not thread.is_alive()
        refused = [message.name for message in sender.outbox.refused.glob("*")]
        assert "gate-1-opened" in sent or path.name in refused
    finally:
        other.unlink(missing_ok=True)


def make_cameras(folder: Path) -> list[Path]:
    rows = "name,source,camera\ngate,rtsp://user:secret@gate.lan/stream,\nyard,0,west\n"
    (folder / "cameras.csv").write_text(rows)
    return [folder / "cameras.csv"]


def look_at_cameras(path: Path) -> None:
    names = [camera.name for camera in read_cameras(path)]
    assert len({*names}) == len(names)
    assert not any(set(name) & set("/\0\n") or name in (".", "..") for name in names)


def make_event_log(folder: Path) -> list[Path]:
    event = {"id": "gate-1", "camera": "gate", "kind": "anomaly", "state": "closed"}
    event |= dict.fromkeys(("start_utc", "end_utc"), "2026-01-01T12:00:00.000Z")
    event |= {"peak_score": 2.5, "box": [0.0, 0.5, 0.25, 0.25], "detail": "fast", "clip": "a.mp4"}
    lines = [json.dumps({**event, "id": f"gate-{number}"}) for number in range(3)]
    (folder / "events.jsonl").write_text("\n".join(lines) + "\n")
    return [folder / "events.jsonl"]


def damage_event_log(content: bytes, rng: random.Random) -> bytes:
    """Damages the bytes of the file, or something that one of its lines says."""
    if rng.random() < 0.5:
        return damage(content, rng)
    first, *others = content.splitlines(keepends=True)
    return b"".join([*others, damage_json(first, rng).replace(b"\n", b" "), b"\n"])


def read_event_log(path: Path) -> None:
    past = read_past_events(path)
    assert past.start == 0
    for name, (end, event) in past.events.items():
        assert 0 < end <= path.stat().st_size
        assert "/" not in name
        assert not name.startswith(".")
        json.dumps(dataclasses.asdict(event), allow_nan=False).encode()
        assert event.day


def make_playlist(folder: Path) -> list[Path]:
    (segment, *_) = make_videos(folder)
    segment.rename(folder / "a.ts")
    path = folder / "list.m3u8"
    head = "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:1\n#EXT-X-MEDIA-SEQUENCE:0\n"
    path.write_text(head + "#EXTINF:0.48,\na.ts\n" * 2 + "#EXT-X-ENDLIST\n")
    return [path]


def watch_playlist(path: Path) -> None:
    with open_camera(str(path), timeout_sec=1) as stream:
        for number, frame in enumerate(stream.frames):
            assert np.isfinite(frame.time_sec)
            if number > 100:
                break


def make_models(folder: Path) -> list[Path]:
    from abnormal.models.backend import start_backend

    start_backend()
    import keras

    from abnormal.models.model import ModelInfo, Reference
    from abnormal.models.model_file import save_model

    layers = keras.layers
    keras.utils.set_random_seed(0)
    network = keras.Sequential(
        [
            keras.Input((2, SIZE, SIZE, 1)),
            layers.Conv3D(2, (1, 2, 2), (1, 2, 2), activation="relu"),
            layers.Conv3DTranspose(1, (1, 2, 2), (1, 2, 2), activation="sigmoid"),
        ]
    )
    calibration = intact_calibration()
    info = ModelInfo("spatiotemporal", 2, SIZE, 25.0, calibration=calibration.as_dict())
    clips = np.zeros((3, 2, SIZE, SIZE), np.uint8)
    reference = Reference(clips, {"l2": np.ones((3, 2))})
    save_model(folder / "model.h5", network, info, reference, calibration.arrays)
    clip = keras.Input((2, SIZE, SIZE, 1))
    hidden = layers.Conv3D(2, 3, padding="same", activation="relu")(clip)
    connected = keras.Model(clip, layers.Add()([clip, layers.Conv3D(1, 1)(hidden)]))
    save_model(folder / "connected.keras", connected, info, reference, calibration.arrays)
    return [folder / "model.h5", folder / "connected.keras"]


def damage_model(content: bytes, rng: random.Random) -> bytes:
    """Damages the bytes of a model file, or, without its seal, something that it says."""
    return damage(content, rng) if rng.random() < 0.3 else b"HDF5" + content + rng.randbytes(8)


def read_model(path: Path) -> None:
    from abnormal.inference.stored_calibration import calibration_of
    from abnormal.models.model_file import load_model

    content = path.read_bytes()
    if content.startswith(b"HDF5"):
        path.write_bytes(content[4:-8])
        change = change_hdf5 if path.suffix == ".h5" else change_archive
        change(path, random.Random(content[-8:]))
    model = load_model(path)
    assert all(np.isfinite(weight).all() for weight in model.network.get_weights())
    assert model.network.input_shape[1:] == (model.info.clip_length, *[model.info.size] * 2, 1)
    assert 0 < model.info.fps < 1e6
    calibration = calibration_of(model)
    for name in calibration.surprises:
        assert np.isfinite(calibration.alarm(name).threshold)


def change_hdf5(path: Path, rng: random.Random) -> None:
    """Changes something in a model file as a program would that knows HDF5."""
    with h5py.File(path, "a") as file:
        del file["abnormal"].attrs["sha256"]
        names: list[str] = []
        file.visit(names.append)
        name = rng.choice(names)
        change = rng.choice(("info", "info", "config", "config", "array", "link", "remove"))
        if change == "info":
            text = damage_json(file["abnormal/info"][()], rng)
            del file["abnormal/info"]
            file["abnormal/info"] = np.bytes_(text.replace(b"\0", b"")) if text else b""
        elif change == "config":
            text = damage_json(file.attrs["model_config"].encode(), rng)
            file.attrs["model_config"] = np.bytes_(text[:60_000])
        elif change == "array":
            arrays = [
                n for n in names if isinstance(file[n], h5py.Dataset) and n != "abnormal/info"
            ]
            put_array(file, rng.choice(arrays), rng)
        elif change == "link":
            del file[name]
            links = (h5py.ExternalLink("/dev/zero", "/"), h5py.SoftLink("/abnormal"), file["/"])
            file[name] = rng.choice(links)
        else:
            del file[name]


def change_archive(path: Path, rng: random.Random) -> None:
    """Changes something in an archive as a program would that also makes its checksums."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    if rng.random() < 0.8:
        del members["abnormal.h5"]  # whose digest would tell
    name = rng.choice(("config.json", "config.json", *members))
    if name.endswith(".json"):
        members[name] = damage_json(members[name], rng)
    else:
        members[name] = damage(members[name], rng)
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)


def put_array(file: h5py.File, name: str, rng: random.Random) -> None:
    intact = file[name][()]
    del file[name]
    values = np.where(
        np.random.default_rng(0).random(intact.shape) < 0.5,
        intact,
        rng.choice((np.nan, np.inf, -1, 0, 1e30)),
    )
    kinds = (
        lambda: file.create_dataset(name, data=values),
        lambda: file.create_dataset(name, (2**40,), "f4", chunks=(2**20,)),
        lambda: file.create_dataset(name, data="text"),
        lambda: file.create_dataset(name, data=intact[..., :1]),
        lambda: file.create_dataset(name, data=intact.astype(np.complex64)),
        lambda: file.create_dataset(name, (4,), "f4", external=[("/dev/zero", 0, 16)]),
        lambda: file.create_dataset(name, (0,), "f4"),
    )
    rng.choice(kinds)()


def make_regime(folder: Path) -> list[Path]:
    info = small_model()
    from abnormal.live.regime_file import (
        CAMERA,
        calibration_of_regime,
        regime_path,
        write_regime,
    )

    levels = {name: np.full((2, 2), 1.0, np.float32) for name in LOCAL_SCORES}
    surprises = dict.fromkeys(LOCAL_SCORES, learn_surprise(np.arange(50.0)))
    normality = Normality(levels, surprises, np.zeros((SIZE, SIZE), np.uint8), 0.25)
    dismissal = Dismissal({"event": "e", "camera": CAMERA}, levels)
    regime = calibration_of_regime(normality).with_dismissed([dismissal])
    write_regime(regime_path(folder, "gate", 1), regime, info)
    return [regime_path(folder, "gate", 1)]


def small_model() -> Any:
    from abnormal.models.backend import start_backend

    start_backend()
    from abnormal.models.model import ModelInfo

    return ModelInfo("cae", 1, SIZE, 25.0)


def look_at_regime(path: Path) -> None:
    from abnormal.live.regime_file import CAMERA, read_regime

    regime = read_regime(path, small_model())
    assert all(isinstance(dismissal.event, str) for dismissal in regime.dismissed)
    normality = regime.cameras[CAMERA]
    for level in normality.levels.values():
        assert level.shape == (2, 2)
        assert (level > 0).all()
    for surprise in normality.surprises.values():
        assert np.isfinite(surprise.of(np.linspace(0, 1e4, 50))).all()


def make_event_cells(folder: Path) -> list[Path]:
    path = folder / "gate-1-anomaly.npz"
    largest = {"motion": np.ones((2, 2)), "stay": np.eye(2)}
    write_event_cells(path, EventCells("gate", "fused", 1.3, largest))
    return [path]


def damage_arrays(content: bytes, rng: random.Random) -> bytes:
    """Damages the bytes of a file, or makes an intact one of other arrays."""
    if rng.random() < 0.5:
        return damage(content, rng)
    with np.load(io.BytesIO(content)) as stored:
        arrays = dict(stored)
    name = rng.choice(list(arrays))
    value = rng.choice((np.nan, np.inf, -1, 0, 1e30, 255))
    dtype = rng.choice((np.float32, np.float64, np.uint8, bool, complex))
    shape = rng.choice(((), (0,), (2,), (2, 2), (1, 2, 2)))
    with np.errstate(all="ignore"):
        arrays[name] = np.full(shape, value).astype(dtype)
    if rng.random() < 0.2:
        del arrays[name]
    changed = io.BytesIO()
    np.savez(changed, **arrays)
    return changed.getvalue()


def look_at_event_cells(path: Path) -> None:
    event = read_event_cells(path)
    assert math.isfinite(event.release)
    assert event.largest
    for cells in event.largest.values():
        assert cells.ndim == 2
        assert np.isfinite(cells).all()
        assert (cells >= 0).all()


MADE_FOR = {"processor": "a processor", "cores": 2, "layers": ["Conv3D", "Flatten"]}


def make_kept_forms(folder: Path) -> list[Path]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ABNORMAL_CACHE", str(folder))
        keep_forms(MADE_FOR, [{"form": "direct", "milliseconds": {"direct": 1.5}}, {"form": ""}])
    return sorted((folder / "forms").iterdir())


def read_kept_forms(path: Path) -> None:
    def check(forms: Sequence[str]) -> None:
        if len(forms) != 2 or not {*forms} <= {"direct", "phases", ""}:
            raise ValueError("there are no such forms")

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ABNORMAL_CACHE", str(path.parent.parent))
        forms = read_forms(MADE_FOR, check)
    assert forms is None or {*forms} <= {"direct", "phases", ""}


TARGETS = {
    "video": Target(make_videos, read_video),
    "picture": Target(make_pictures, look_at_picture),
    "labels": Target(make_label_files, read_label_file),
    "masks": Target(lambda f: sorted(make_img(f).iterdir()), read_stored_masks),
    "manifest": Target(make_manifest, look_at_manifest, damage_json, quick=60),
    "model": Target(make_models, read_model, damage_model, quick=30),
    "checkpoint": Target(
        make_checkpoint, read_checkpoint, damage_checkpoint, (AbnormalError, ValueError), 60
    ),
    "calibration": Target(
        make_calibration, look_at_calibration, damage_json, (ValueError, AbnormalError), 60
    ),
    "regime": Target(make_regime, look_at_regime, damage_arrays, (AbnormalError, OSError)),
    "forms": Target(make_kept_forms, read_kept_forms, damage_json, quick=60),
    "event_cells": Target(make_event_cells, look_at_event_cells, damage_arrays),
    "webhook": Target(make_queue, read_queue, quick=20),
    "cameras": Target(make_cameras, look_at_cameras),
    "events": Target(make_event_log, read_event_log, damage_event_log, quick=60),
    "playlist": Target(make_playlist, watch_playlist, quick=6),
}
