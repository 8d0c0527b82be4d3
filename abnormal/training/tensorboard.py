"""Writes the losses of a training run to files that TensorBoard can show."""

import importlib.util
import os
import socket
import time
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from abnormal.commands import install_command
from abnormal.errors import AbnormalError
from abnormal.files import make_folder
from abnormal.replacing import replacing


def check_tensorboard(folder: Path) -> None:
    """Makes sure, before training begins, that TensorBoard's files can be written.

    Raises:
        AbnormalError: TensorBoard is not installed, or the folder cannot be written to.
    """
    if importlib.util.find_spec("tensorboard") is None:
        raise AbnormalError(
            f"TensorBoard is not installed. Install it with `{install_command('tensorboard')}`, "
            "or leave --tensorboard out."
        )
    make_folder(folder)


def write_to_tensorboard(folder: Path, entry: Mapping[str, float]) -> None:
    """Adds the losses of one epoch to TensorBoard's files, in a file of its own.

    TensorBoard's own writer is not used, because it writes in a thread: if the disk is full, that
    prints a traceback, and the caller may not learn of it.

    Args:
        folder: Folder of TensorBoard's files.
        entry: The losses by name, and the 1-based number of the epoch as `epoch`.

    Raises:
        AbnormalError: They cannot be written.
    """
    from tensorboard.compat.proto.event_pb2 import Event
    from tensorboard.compat.proto.summary_pb2 import DATA_CLASS_SCALAR, Summary, SummaryMetadata
    from tensorboard.plugins.scalar.metadata import PLUGIN_NAME
    from tensorboard.summary.writer.record_writer import RecordWriter
    from tensorboard.util.tensor_util import make_tensor_proto

    now, epoch = time.time(), int(entry["epoch"])
    plugin = SummaryMetadata.PluginData(plugin_name=PLUGIN_NAME)
    scalar = SummaryMetadata(plugin_data=plugin, data_class=DATA_CLASS_SCALAR)
    losses = [
        Summary.Value(tag=name, tensor=make_tensor_proto(np.float32(value)), metadata=scalar)
        for name, value in entry.items()
        if name != "epoch"
    ]
    version = Event(wall_time=now, file_version="brain.Event:2")
    event = Event(wall_time=now, step=epoch, summary=Summary(value=losses))
    # TensorBoard reads the files in the order of their names.
    name = f"events.out.tfevents.{int(now):010d}.{socket.gethostname()}.{os.getpid()}.{epoch:06d}"
    with replacing(make_folder(folder) / name) as partial, partial.open("wb") as file:
        writer = RecordWriter(file)
        writer.write(version.SerializeToString())
        writer.write(event.SerializeToString())
