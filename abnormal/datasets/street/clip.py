"""A clip of the street: from a seed and a name to frames, labels and masks."""

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
from abnormal.datasets.street.shapes import Place, Shape, Sprite
from abnormal.video.stream import Frame, FrameStream

VERSION = 1
"""Grows with every change of what is drawn."""

NORMAL = "normal"

_NORMAL_NOISE = statistics.NormalDist(0.0, 2.4)
# A random byte picks one of 256 equally likely values: eight times as fast as drawing them.
_NOISE = np.array([_NORMAL_NOISE.inv_cdf((k + 0.5) / 256.0) for k in range(256)], np.float32)


@dataclass(frozen=True)
class Clip:
    """What a clip is drawn from; equal ones give equal bytes.

    Attributes:
        seed: The place and everything else, 0 or more.
        name: Makes a clip differ from the others of the same seed.
        kind: `NORMAL` or a key of `events.EVENTS`.
        length: Number of frames.
    """

    seed: int
    name: str
    kind: str
    length: int

    def rng(self, *stream: int) -> np.random.Generator:
        """Give the random numbers of one purpose, the same whenever they are asked for."""
        return np.random.default_rng([self.seed, zlib.crc32(self.name.encode()), *stream])


class Staged(NamedTuple):
    """Somebody or something at one moment.

    Attributes:
        shapes: The body's parts.
        place: Where it stands.
        abnormal: Whether it does not belong there now.
    """

    shapes: list[Shape]
    place: Place
    abnormal: bool


class Layer(NamedTuple):
    """What one actor or piece of furniture adds to a frame.

    Attributes:
        z: Metres from the camera.
        sprite: How it looks.
        abnormal: Whether it does not belong there now.
    """

    z: float
    sprite: Sprite
    abnormal: bool


class Light(NamedTuple):
    """How the daylight changes during a clip: a slow wave around a level.

    Attributes:
        level: Mean factor on the greys.
        swing: Height of the wave.
        period_sec: Its length.
        phase: Where it begins, radians.
    """

    level: float
    swing: float
    period_sec: float
    phase: float

    def at(self, time_sec: float) -> float:
        """Give the factor on the greys at that time."""
        angle = 2.0 * np.pi * time_sec / self.period_sec + self.phase
        return self.level + self.swing * float(np.sin(angle))


def cast_of(clip: Clip) -> list[Actor]:
    """Draw up who is in a clip: the event's actors first, then the ordinary people."""
    rng = clip.rng(0)
    duration_sec = clip.length / camera.FPS
    actors = []
    if clip.kind != NORMAL:
        actors += events.EVENTS[clip.kind](rng, duration_sec)
    return actors + cast.ordinary_people(rng, duration_sec)


def stage(actors: Sequence[Actor], time_sec: float) -> list[Staged]:
    """Find everybody who is there at that time."""
    staged = []
    for actor in actors:
        body = actor.stage(time_sec)
        if body is not None:
            staged.append(Staged(*body, actor.is_abnormal(time_sec)))
    return staged


def draw_layers(seed: int, staged: Sequence[Staged]) -> list[Layer]:
    """Draw everything that moves or hides what moves, farthest first."""
    layers = [Layer(z, sprite, False) for z, sprite in furniture.draw_furniture(seed)]
    for body in staged:
        sprite = shapes.draw_sprite(body.shapes, body.place)
        if sprite is not None:
            layers.append(Layer(body.place.z, sprite, body.abnormal))
    return sorted(layers, key=lambda layer: -layer.z)


def draw_shadows(staged: Sequence[Staged]) -> np.ndarray:
    """Draw the moving shadows on the ground.

    Returns:
        `(camera.HEIGHT, camera.WIDTH)` float32 in [0, 1], 1 where no sun arrives.
    """
    shade = np.zeros((camera.HEIGHT, camera.WIDTH), np.uint8)
    for body in staged:
        shapes.lay_shadow(shade, body.shapes, body.place)
    return shade.astype(np.float32) / np.float32(255.0)


def compose(ground: np.ndarray, shade: np.ndarray, layers: Sequence[Layer]) -> np.ndarray:
    """Put a frame together, as it looks without noise at mean light.

    Args:
        ground: `(height, width)` float32 in [0, 255].
        shade: Same shape, in [0, 1].
        layers: Farthest first.

    Returns:
        `(height, width)` float32 in [0, 255].
    """
    picture = ground * (1.0 - background.SHADOW * shade)
    for layer in layers:
        shapes.overlay(picture, layer.sprite)
    return picture


def visible_mask(layers: Sequence[Layer]) -> np.ndarray:
    """Mark the pixels in which anything abnormal shows.

    Args:
        layers: Farthest first.

    Returns:
        `(camera.HEIGHT, camera.WIDTH)` uint8: 1 where an abnormal layer covers any part of the
        pixel and no nearer layer covers it wholly, else 0.
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
def open_clip(clip: Clip) -> Iterator[FrameStream]:
    """Open a clip as if it were a file; its frames are drawn as they are asked for."""
    yield FrameStream(_frames(clip), camera.FPS, clip.length)


def annotate_clip(clip: Clip) -> Annotation:
    """Find what is abnormal in a clip: a mask for each frame, and a label where it is not empty."""
    actors = cast_of(clip)
    empty = np.zeros((camera.HEIGHT, camera.WIDTH), np.uint8)
    masks = []
    for index in range(clip.length):
        staged = stage(actors, index / camera.FPS)
        # Most frames have nothing abnormal: they share one mask, and nothing is drawn for them.
        busy = any(body.abnormal for body in staged)
        masks.append(visible_mask(draw_layers(clip.seed, staged)) if busy else empty)
    return Annotation(np.array([mask.any() for mask in masks], np.uint8), masks)


def _frames(clip: Clip) -> Iterator[Frame]:
    actors, light = cast_of(clip), _light(clip)
    ground = background.draw_background(clip.seed)
    for index in range(clip.length):
        time_sec = index / camera.FPS
        staged = stage(actors, time_sec)
        picture = compose(ground, draw_shadows(staged), draw_layers(clip.seed, staged))
        picture *= np.float32(light.at(time_sec))
        picture += _noise(clip.rng(2, index))
        yield Frame(np.clip(np.rint(picture), 0.0, 255.0).astype(np.uint8), time_sec, index)


def _noise(rng: np.random.Generator) -> np.ndarray:
    """Draw the sensor's noise of one frame: `(camera.HEIGHT, camera.WIDTH)` float32, greys."""
    return _NOISE[rng.integers(0, len(_NOISE), (camera.HEIGHT, camera.WIDTH), np.uint8)]


def _light(clip: Clip) -> Light:
    rng = clip.rng(1)
    level, swing = rng.uniform(0.96, 1.04), rng.uniform(0.01, 0.03)
    return Light(level, swing, rng.uniform(15.0, 40.0), rng.uniform(0.0, 2.0 * np.pi))
