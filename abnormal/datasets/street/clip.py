"""Draws a clip of the street, with labels and masks, from a seed and a name."""

import contextlib
import statistics
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from abnormal.datasets.source import Annotation
from abnormal.datasets.street import background, camera, cast, events, furniture, shapes
from abnormal.datasets.street.cast import Actor
from abnormal.datasets.street.shapes import Pose, Shape, Sprite
from abnormal.video.stream import Frame, FrameStream

VERSION = 1
"""Version of the drawings. Increase it whenever a change alters the frames."""

NORMAL = "normal"
"""Kind of a clip without events."""

_NORMAL_NOISE = statistics.NormalDist(0.0, 2.4)
# Each random byte selects one of 256 equally likely values: eight times faster than normal samples.
_NOISE = np.array([_NORMAL_NOISE.inv_cdf((k + 0.5) / 256.0) for k in range(256)], np.float32)


@dataclass(frozen=True)
class StreetClip:
    """The parameters of a clip. Equal parameters give bit-identical frames.

    Attributes:
        seed: Random seed of the scene and of everything that happens in it, at least 0.
        name: Name of the clip. Clips with the same seed and different names differ.
        kind: `NORMAL` or a key of `events.EVENTS`.
        length: Number of frames.
    """

    seed: int
    name: str
    kind: str
    length: int

    def rng(self, *stream: int) -> np.random.Generator:
        """Returns a random generator that depends only on the clip and the numbers of a stream."""
        return np.random.default_rng([self.seed, zlib.crc32(self.name.encode()), *stream])


class StagedBody(NamedTuple):
    """An actor at one moment.

    Attributes:
        shapes: The shapes of its body.
        pose: Where it stands.
        abnormal: Whether it is abnormal at this moment.
    """

    shapes: list[Shape]
    pose: Pose
    abnormal: bool


class Layer(NamedTuple):
    """The picture of one actor or piece of furniture in a frame.

    Attributes:
        z: Distance from the camera in metres.
        sprite: The picture.
        abnormal: Whether it is abnormal at this moment.
    """

    z: float
    sprite: Sprite
    abnormal: bool


class Light(NamedTuple):
    """The brightness of the daylight during a clip: a slow sine wave.

    Attributes:
        level: Mean brightness, as a factor of the grey values.
        swing: Amplitude of the wave.
        period_sec: Period of the wave in seconds.
        phase: Phase at the start of the clip in radians.
    """

    level: float
    swing: float
    period_sec: float
    phase: float

    def at(self, time_sec: float) -> float:
        """Returns the brightness at a time, as a factor of the grey values."""
        angle = 2.0 * np.pi * time_sec / self.period_sec + self.phase
        return self.level + self.swing * float(np.sin(angle))


def make_cast(clip: StreetClip) -> list[Actor]:
    """Makes all actors of a clip: first those of its event, then the ordinary people."""
    rng = clip.rng(0)
    duration_sec = clip.length / camera.FPS
    actors = []
    if clip.kind != NORMAL:
        actors += events.EVENTS[clip.kind](rng, duration_sec)
    return actors + cast.ordinary_people(rng, duration_sec)


def stage_actors(actors: Sequence[Actor], time_sec: float) -> list[StagedBody]:
    """Returns the bodies of the actors that are in the street at a time."""
    staged = []
    for actor in actors:
        body = actor.stage(time_sec)
        if body is not None:
            staged.append(StagedBody(*body, actor.is_abnormal(time_sec)))
    return staged


def draw_layers(seed: int, staged: Sequence[StagedBody]) -> list[Layer]:
    """Draws the furniture and all bodies, and sorts them by distance, the farthest first."""
    layers = [Layer(z, sprite, False) for z, sprite in furniture.draw_furniture(seed)]
    for body in staged:
        sprite = shapes.draw_sprite(body.shapes, body.pose)
        if sprite is not None:
            layers.append(Layer(body.pose.z, sprite, body.abnormal))
    return sorted(layers, key=lambda layer: -layer.z)


def draw_shadows(staged: Sequence[StagedBody]) -> np.ndarray:
    """Draws the shadows of all bodies on the ground.

    Returns:
        `(camera.HEIGHT, camera.WIDTH)` float32 in [0, 1], 1 where no sunlight arrives.
    """
    shade = np.zeros((camera.HEIGHT, camera.WIDTH), np.uint8)
    for body in staged:
        shapes.draw_shadow(shade, body.shapes, body.pose)
    return shade.astype(np.float32) / np.float32(255.0)


def compose(ground: np.ndarray, shade: np.ndarray, layers: Sequence[Layer]) -> np.ndarray:
    """Composes a frame in mean light and without noise.

    Args:
        ground: The background, `(height, width)` float32 in [0, 255].
        shade: The shadows, of the same shape, float32 in [0, 1].
        layers: The layers, the farthest first.

    Returns:
        `(height, width)` float32 in [0, 255].
    """
    picture = ground * (1.0 - background.SHADOW * shade)
    for layer in layers:
        shapes.overlay(picture, layer.sprite)
    return picture


def visible_mask(layers: Sequence[Layer]) -> np.ndarray:
    """Marks the pixels in which something abnormal is visible.

    Args:
        layers: The layers, the farthest first.

    Returns:
        `(camera.HEIGHT, camera.WIDTH)` uint8: 1 where an abnormal layer covers any part of the
        pixel and no nearer layer covers it completely, else 0.
    """
    mask = np.zeros((camera.HEIGHT, camera.WIDTH), np.uint8)
    for _, sprite, abnormal in layers:
        window = mask[sprite.window]
        if abnormal:
            window[sprite.cover > 0.0] = 1
        else:
            window[sprite.cover >= 1.0] = 0
    return mask


@contextlib.contextmanager
def open_clip(clip: StreetClip) -> Iterator[FrameStream]:
    """Opens a clip as if it were a video file. Each frame is drawn when it is read."""
    yield FrameStream(_frames(clip), camera.FPS, clip.length)


def annotate_clip(clip: StreetClip) -> Annotation:
    """Makes the masks of a clip, and its labels: a frame is abnormal if its mask is not empty."""
    actors = make_cast(clip)
    empty = np.zeros((camera.HEIGHT, camera.WIDTH), np.uint8)
    masks = []
    for index in range(clip.length):
        staged = stage_actors(actors, index / camera.FPS)
        # Most frames are normal. They share one empty mask, and nothing is drawn for them.
        busy = any(body.abnormal for body in staged)
        masks.append(visible_mask(draw_layers(clip.seed, staged)) if busy else empty)
    return Annotation(np.array([mask.any() for mask in masks], np.uint8), masks)


def _frames(clip: StreetClip) -> Iterator[Frame]:
    actors, light = make_cast(clip), _light(clip)
    ground = background.draw_background(clip.seed)
    for index in range(clip.length):
        time_sec = index / camera.FPS
        staged = stage_actors(actors, time_sec)
        picture = compose(ground, draw_shadows(staged), draw_layers(clip.seed, staged))
        picture *= np.float32(light.at(time_sec))
        picture += _noise(clip.rng(2, index))
        yield Frame(np.clip(np.rint(picture), 0.0, 255.0).astype(np.uint8), time_sec, index)


def _noise(rng: np.random.Generator) -> np.ndarray:
    """Returns random sensor noise of one frame: `(camera.HEIGHT, camera.WIDTH)` float32 greys."""
    return _NOISE[rng.integers(0, len(_NOISE), (camera.HEIGHT, camera.WIDTH), np.uint8)]


def _light(clip: StreetClip) -> Light:
    rng = clip.rng(1)
    level, swing = rng.uniform(0.96, 1.04), rng.uniform(0.01, 0.03)
    return Light(level, swing, rng.uniform(15.0, 40.0), rng.uniform(0.0, 2.0 * np.pi))
