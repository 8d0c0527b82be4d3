"""Tensors of a network while its graph is written for OpenVINO.

Keras has the channels of a picture last and the steps of a clip after the batch. OpenVINO's
convolutions want channels first, and a recurrent layer wants each step of all clips as one block.
A tensor therefore remembers which axes its data has, and is only moved where an operation needs
another order of them.
"""

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import openvino.opset13 as ops

Node = Any
"""The output of an operation in OpenVINO."""

Order = tuple[tuple[int, ...], ...]
"""For each axis of a node, the axes of Keras's tensor that it is made of, the slowest first."""

PICTURES: dict[int, Order] = {
    4: ((0,), (3,), (1,), (2,)),  # (n, height, width, channels)
    5: ((1, 0), (4,), (2,), (3,)),  # (n, T, height, width, channels)
}
"""The order in which a convolution takes a tensor, by the tensor's number of axes: (n, channels,
height, width), or (T * n, channels, height, width)."""


class Tensor(NamedTuple):
    """A tensor of Keras, and the node with its data.

    Attributes:
        node: The node.
        shape: Shape of Keras's tensor; -1 for the batch.
        order: The axes of the node.
    """

    node: Node
    shape: tuple[int, ...]
    order: Order

    def arranged(self, order: Order) -> Node:
        """Returns the data in another order of axes. If it is the same, nothing is moved."""
        if order == self.order:
            return self.node
        node, parts = self.node, [self._long(group) for group in self.order]
        now, then = _flat(parts), self._long(_flat(order))
        if now != then:
            if max(map(len, parts)) > 1:
                # As few axes as possible: of more, OpenVINO 2026.4 takes some for its
                # "ShuffleChannels", and fails because the size of the batch is not known.
                parts = _runs(now, then)
                node = reshape(node, [self._length(part) for part in parts])
            places = [then.index(part[0]) if part else len(then) for part in parts]
            node = ops.transpose(node, integers(sorted(range(len(parts)), key=places.__getitem__)))
        return reshape(node, [self._length(group) for group in order])

    def natural(self) -> Node:
        """Returns the data as Keras has it."""
        return self.arranged(natural_order(len(self.shape)))

    def pictures(self) -> Node:
        """Returns the data as convolutions take it, `(pictures, channels, height, width)`."""
        return self.arranged(PICTURES[len(self.shape)])

    def of_pictures(self, node: Node) -> "Tensor":
        """Returns a tensor with the batch and steps of this one, made of other pictures."""
        output = node.output(0)
        _, channels, height, width = output.get_partial_shape()
        picture = [length.get_length() for length in (height, width, channels)]
        return Tensor(output, (*self.shape[:-3], *picture), PICTURES[len(self.shape)])

    def _long(self, axes: Sequence[int]) -> list[int]:
        """Returns the axes that are longer than 1, whose order alone matters."""
        return [axis for axis in axes if self.shape[axis] != 1]

    def _length(self, axes: Sequence[int]) -> int:
        return -1 if 0 in axes else math.prod(self.shape[axis] for axis in axes)


def natural_order(rank: int) -> Order:
    """Returns the order of axes in Keras."""
    return tuple((axis,) for axis in range(rank))


def integers(values: Sequence[int]) -> Node:
    """Returns whole numbers as a constant."""
    return ops.constant(np.array(values, np.int64))


def weights(values: np.ndarray) -> Node:
    """Returns weights as a constant, float32."""
    return ops.constant(np.ascontiguousarray(values, np.float32))


def reshape(node: Node, shape: Sequence[int]) -> Node:
    """Returns the same data in the same order in another shape, of which one length may be -1."""
    return ops.reshape(node, integers(shape), False)


def split(node: Node, axis: int, count: int) -> list[Node]:
    """Returns equal parts of a node along an axis."""
    return ops.split(node, ops.constant(np.int64(axis)), count).outputs()


def _runs(now: Sequence[int], then: Sequence[int]) -> list[list[int]]:
    """Divides axes into runs that follow each other in both orders."""
    runs: list[list[int]] = []
    for axis in now:
        if runs and then.index(axis) == then.index(runs[-1][-1]) + 1:
            runs[-1].append(axis)
        else:
            runs.append([axis])
    return runs


def _flat(groups: Sequence[Sequence[int]]) -> list[int]:
    return [axis for group in groups for axis in group]
