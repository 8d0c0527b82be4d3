"""Writes a network as OpenVINO stores it."""

import logging
from pathlib import Path

from abnormal.models.lazy_network import LazyNetwork
from abnormal.models.packages import import_openvino
from abnormal.replacing import finding_full_disk

log = logging.getLogger(__name__)

GRAPH, WEIGHTS = "model.xml", "model.bin"
"""Names of the two files."""


def write_openvino(network: LazyNetwork, folder: Path) -> None:
    """Writes a network as `model.xml` and `model.bin`.

    It is written directly if all its layers are known, and otherwise converted by way of
    TensorFlow, which takes seconds and gives a slower graph.

    Args:
        network: The network, or a part of one.
        folder: The folder to write to.

    Raises:
        AbnormalError: The network cannot be read or converted.
        OSError: The disk is full.
    """
    from abnormal.models.graph.network import graph_of  # needs OpenVINO

    layers = network.stored_layers()
    graph = graph_of(layers, network.part) if layers else None
    if layers and graph:
        size = sum(weight.nbytes for layer in layers for weight in layer.weights)
        with finding_full_disk(folder, size):
            import_openvino().save_model(graph, folder / GRAPH, compress_to_fp16=False)
        return
    log.info("the network is converted for OpenVINO, which takes some seconds this time")
    from abnormal.models.export import convert_to_openvino  # imports Keras

    stock = network.keras
    with finding_full_disk(folder, sum(weight.nbytes for weight in stock.get_weights())):
        convert_to_openvino(stock, folder / GRAPH)
