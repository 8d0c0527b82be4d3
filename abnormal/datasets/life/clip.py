"""A stretch of drawn life: a place, a seed, a kind of event and a length become a video."""

import contextlib
import heapq
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from abnormal.datasets.life.daylight import Daylight, random_daylight
from abnormal.datasets.life.diary import BUS_EVERY_SEC, Diary
from abnormal.datasets.life.errands import ordinary_people
from abnormal.datasets.life.kinds import events_of_kind
from abnormal.datasets.life.paint import Body
from abnormal.datasets.life.places import PLACES
from abnormal.datasets.life.scene import open_scene
from abnormal.datasets.life.things import Gap
from abnormal.datasets.life.traffic import vehicles_of_lane
from abnormal.datasets.life.view import HEIGHT, WIDTH
from abnormal.datasets.source import Annotation
from abnormal.datasets.street.cast import Actor
from abnormal.datasets.street.shapes import Pose
from abnormal.video.stream import Frame, FrameStream

VERSION = 1
"""Version of the drawings. Increase it whenever a change alters the frames."""

NORMAL = "normal"
"""Kind of a clip without events."""

FPS = 25.0

_BEFORE_SEC = 300.0  # people have been coming for this long when a clip begins
_FIXED_SHADOWS_SEC = 20.0  # between two drawings of the shadows of furniture
_NOISE = 2.4  # standard deviation, in grey levels
_NOISE_MEAN = 10  # added and taken away again, because pixels cannot be negative
_NOISE_SIDE = 1024  # of the field of noise, of which each frame shows another part


@dataclass(frozen=True)
class LifeClip:
    """The parameters of a clip. Equal parameters give bit-identical frames.

    A longer clip begins with the frames of a shorter one. At a lower frame rate the same things
    happen at the same times, with other noise.

    Attributes:
        place: Name of the place, a key of `PLACES`.
        seed: Random seed of the place and of everything that happens in it, at least 0.
        name: Name of the clip. Clips with the same seed and different names show different people.
        kind: `NORMAL` or a key of `KINDS`.
        length: Number of frames.
        fps: Frames per second.
        start_hour: Hour of the day at which it begins, 0 to 24.
    """

    place: str
    seed: int
    name: str
    kind: str
    length: int
    fps: float = FPS
    start_hour: float = 9.0

    def rng(self, stream: int) -> np.random.Generator:
        """Returns a random generator that depends on place, seed, name and a number only."""
        name = zlib.crc32(f"{self.place}/{self.name}".encode())
        return np.random.default_rng([self.seed, name, stream])


def describe(clip: LifeClip) -> str:
    """Returns a text that identifies the frames of a clip, as a hash identifies a file."""
    return (
        f"life {VERSION}, {clip.place}, seed {clip.seed}, clip {clip.name}, {clip.length} frames "
        f"at {clip.fps:g} from {clip.start_hour:g} h"
    )


@contextlib.contextmanager
def open_life(clip: LifeClip) -> Iterator[FrameStream]:
    """Opens a clip as if it were a video file. Each frame is drawn when it is read."""
    yield FrameStream(_frames(clip), clip.fps, clip.length)


def staged_bodies(clip: LifeClip) -> Iterator[list[Body]]:
    """Yields what is at the place in each frame.

    What has left is forgotten, so that memory does not grow with the length of the clip.
    """
    place = PLACES[clip.place]
    item = Body(place.item, Pose(*place.item_at))
    coming = _everybody(clip)
    present: list[Actor] = []
    next_sec, arrivals = next(coming)
    for index in range(clip.length):
        now = index / clip.fps
        while next_sec <= now:
            present += arrivals
            next_sec, arrivals = next(coming)
        present = [actor for actor in present if actor.route.times[-1] >= now]
        gone = any(isinstance(actor, Gap) and actor.route.is_present(now) for actor in present)
        staged = [_body(actor, now) for actor in present]
        bodies = [body for body in staged if body is not None]
        yield bodies if gone else [item, *bodies]


def annotate_life(clip: LifeClip) -> Annotation:
    """Makes the masks of a clip, and its labels: a frame is abnormal if its mask is not empty."""
    masks = LifeMasks(clip)
    return Annotation(np.array([mask.any() for mask in masks], np.uint8), masks)


@dataclass(frozen=True)
class LifeMasks:
    """The masks of a clip, drawn again whenever they are iterated over.

    Attributes:
        clip: The clip.
    """

    clip: LifeClip

    def __iter__(self) -> Iterator[np.ndarray]:
        scene = open_scene(self.clip.place, self.clip.seed)
        empty = np.zeros((HEIGHT, WIDTH), np.uint8)
        for bodies in staged_bodies(self.clip):
            # Most frames are normal, and nothing is drawn for them.
            busy = any(body.abnormal for body in bodies)
            yield scene.mask(bodies) if busy else empty


def daylight_of(clip: LifeClip) -> Daylight:
    """Returns the light during a clip."""
    return random_daylight(clip.rng(0), clip.start_hour, PLACES[clip.place].outdoors)


def _everybody(clip: LifeClip) -> Iterator[tuple[float, list[Actor]]]:
    """Yields everybody who comes, in the order of time, without end."""
    place = PLACES[clip.place]
    rng = clip.rng(1)
    diary = Diary(daylight_of(clip), -_BEFORE_SEC + float(rng.uniform(0.0, BUS_EVERY_SEC)))
    sources = [ordinary_people(rng, place, diary, -_BEFORE_SEC)]
    sources += [
        vehicles_of_lane(clip.rng(10 + number), place, number, diary, -_BEFORE_SEC)
        for number in range(len(place.road.lanes) if place.road else 0)
    ]
    if clip.kind != NORMAL:
        sources.append(events_of_kind(clip.rng(2), place, clip.kind))
    return heapq.merge(*sources, key=lambda arrival: arrival[0])


def _body(actor: Actor, now_sec: float) -> Body | None:
    staged = actor.stage(now_sec)
    if staged is None:
        return None
    shapes, pose = staged
    return Body(shapes, pose, actor.is_abnormal(now_sec), isinstance(actor, Gap))


def _frames(clip: LifeClip) -> Iterator[Frame]:
    scene, daylight = open_scene(clip.place, clip.seed), daylight_of(clip)
    rng = clip.rng(3)
    noise = rng.normal(_NOISE_MEAN, _NOISE, (_NOISE_SIDE, _NOISE_SIDE))
    noise = np.clip(np.rint(noise), 0, 2 * _NOISE_MEAN).astype(np.uint8)
    mean = np.full((HEIGHT, WIDTH), _NOISE_MEAN, np.uint8)
    every = max(round(_FIXED_SHADOWS_SEC * clip.fps), 1)
    for index, bodies in enumerate(staged_bodies(clip)):
        time_sec = index / clip.fps
        if index % every == 0:
            fixed = scene.fixed_shadows(daylight, time_sec)
        picture = scene.draw(bodies, fixed, daylight, time_sec)
        top, left = rng.integers(0, (_NOISE_SIDE - HEIGHT, _NOISE_SIDE - WIDTH)).tolist()
        noisy = cv2.add(picture, noise[top : top + HEIGHT, left : left + WIDTH])
        yield Frame(cv2.subtract(noisy, mean), time_sec, index)
