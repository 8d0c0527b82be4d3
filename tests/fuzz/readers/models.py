"""Model files of both formats, and the forms of layers that are kept."""

import random
import zipfile
from collections.abc import Sequence
from pathlib import Path

import h5py
import numpy as np
import pytest

from abnormal.models.forms.kept import keep_forms, read_forms
from tests.fuzz.mutations import damage, damage_json
from tests.fuzz.readers.calibrations import intact_calibration
from tests.fuzz.target import SIZE


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
    clips = (model.info.clip_length, *[model.info.size] * 2, 1)
    _, *shape = model.network.input_shape
    assert all(own in (None, wanted) for own, wanted in zip(shape, clips, strict=True))
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
