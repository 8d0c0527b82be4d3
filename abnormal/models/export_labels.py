"""Writes names and facts about a model into its exported forms, where their programs look for them.

The input is called `clips` and the output `reconstructions`; a SavedModel keeps Keras's own names.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from abnormal.models.packages import import_openvino

OUTPUT = "reconstructions"
"""Name of the output."""

SECTION = "abnormal"
"""Section of OpenVINO's runtime information, and name of the file in a SavedModel."""


def label_onnx(path: Path, facts: Mapping[str, str]) -> None:
    """Writes the facts as the model's properties, `metadata_props`."""
    import onnx

    model = onnx.load(path)
    (output,) = model.graph.output
    before, output.name = output.name, OUTPUT
    for node in model.graph.node:
        for names in (node.input, node.output):
            names[:] = [OUTPUT if name == before else name for name in names]
    onnx.helper.set_model_props(model, dict(facts))
    onnx.save(model, path)


def label_openvino(folder: Path, facts: Mapping[str, str]) -> None:
    """Writes the facts into the section `abnormal` of the model's runtime information."""
    openvino: Any = import_openvino()
    model = openvino.Core().read_model(folder / "model.xml")
    model.outputs[0].get_tensor().set_names({OUTPUT})
    for name, value in facts.items():
        model.set_rt_info(value, [SECTION, name])
    openvino.save_model(model, folder / "labelled.xml", compress_to_fp16=False)
    del model  # its weights are mapped from the file that is replaced
    for suffix in (".bin", ".xml"):
        (folder / f"labelled{suffix}").replace(folder / f"model{suffix}")


def label_saved_model(folder: Path, facts: Mapping[str, str]) -> None:
    """Writes the facts to `assets.extra/abnormal.json`, which TensorFlow leaves to its users."""
    place = folder / "assets.extra"
    place.mkdir()
    (place / f"{SECTION}.json").write_text(json.dumps(dict(facts), indent=1), "utf-8")
