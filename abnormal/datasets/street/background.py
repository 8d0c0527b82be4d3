"""Draws the street without people.

It has, from far to near, by the distance z from the camera:

house, hedge       z > 38 m
far pavement       `FAR_PAVEMENT`
lawn               `LAWN`, crossed by a footpath at `FOOTPATH_X`
near pavement      `NEAR_PAVEMENT`
planting           z < `NEAR_PAVEMENT`
"""

import functools

import cv2
import numpy as np

from abnormal.datasets.street import camera, furniture, shapes

# From and to, in metres from the camera.
NEAR_PAVEMENT = (19.3, 23.8)
LAWN = (23.8, 29.3)
FAR_PAVEMENT = (29.3, 36.6)

FOOTPATH_X = (1.1, 3.3)
"""From and to, in metres to the right of the camera."""

SHADOW = 0.42
"""Share of the light that a shadow takes away."""

_SAMPLES = 2  # per pixel and direction
_HEDGE_Z = 38.0
_HOUSE_Z = 40.5
_KERB_M = 0.14


@functools.lru_cache(maxsize=4)
def draw_background(seed: int) -> np.ndarray:
    """Draws the street with its fixed shadows, in mean light and without noise.

    Args:
        seed: Random seed of the scene, the same for all clips of a data set.

    Returns:
        `(camera.HEIGHT, camera.WIDTH)` float32 in [0, 255], read-only.
    """
    rng = np.random.default_rng([seed, 1])
    x_px, y_px = _sample_grid()
    x, z = camera.ground_at(x_px, y_px)
    picture = _lawn(rng, x, z)
    _paint(picture, paving(rng, x, z, (1.5, 1.1)), _between(z, FAR_PAVEMENT))
    _paint(picture, paving(rng, x, z, (1.2, 1.0)), _between(z, NEAR_PAVEMENT))
    crossing = _between(z, LAWN) & _between(x, FOOTPATH_X)
    _paint(picture, paving(rng, x, z, (0.55, 0.7)) - 8.0, crossing)
    _kerbs(picture, x, z)
    _planting(picture, rng, x, z)
    _house(picture, rng, x_px, y_px)
    _hedge(picture, rng, x_px, y_px)
    size = (camera.WIDTH, camera.HEIGHT)
    small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    small = small * (1.0 - SHADOW * _fixed_shadows(seed)) * _vignette()
    small = np.clip(cv2.GaussianBlur(small, (0, 0), 0.45), 0.0, 255.0).astype(np.float32)
    small.setflags(write=False)
    return small


def _sample_grid() -> tuple[np.ndarray, np.ndarray]:
    x = (np.arange(camera.WIDTH * _SAMPLES, dtype=np.float32) + 0.5) / _SAMPLES
    y = (np.arange(camera.HEIGHT * _SAMPLES, dtype=np.float32) + 0.5) / _SAMPLES
    grid_x, grid_y = np.meshgrid(x, y)
    return grid_x, grid_y


def _between(values: np.ndarray, limits: tuple[float, float]) -> np.ndarray:
    return (values >= limits[0]) & (values < limits[1])


def _paint(picture: np.ndarray, surface: np.ndarray, where: np.ndarray) -> None:
    np.copyto(picture, surface, where=where)


def smooth_noise(
    rng: np.random.Generator, like: np.ndarray, blur_px: tuple[float, float]
) -> np.ndarray:
    """Returns blurred noise of the shape of `like`, with mean 0 and standard deviation 1."""
    noise = rng.standard_normal(like.shape, dtype=np.float32)
    smooth = cv2.GaussianBlur(noise, (0, 0), blur_px[0], sigmaY=blur_px[1])
    return smooth / smooth.std()


def _lawn(rng: np.random.Generator, x: np.ndarray, z: np.ndarray) -> np.ndarray:
    mown = 5.0 * np.sign(np.sin((x + 0.35 * z) * 2.0 * np.pi / 2.6))
    blades = 9.0 * smooth_noise(rng, x, (1.0, 2.0)) + 7.0 * smooth_noise(rng, x, (5.0, 3.0))
    patches = 7.0 * smooth_noise(rng, x, (45.0, 16.0))
    return (108.0 + mown + blades + patches).astype(np.float32)


def paving(
    rng: np.random.Generator, x: np.ndarray, z: np.ndarray, slab: tuple[float, float]
) -> np.ndarray:
    """Draws slabs of `slab` metres in bond, each in a grey of its own, with dark joints."""
    row = np.floor(z / slab[1]).astype(int)
    along = x / slab[0] + 0.5 * (row % 2)
    column = np.floor(along).astype(int)
    tones = 190.0 + 5.0 * rng.standard_normal((64, 64))
    ground = tones[row % 64, column % 64]
    joint = (along - column < 0.045 / slab[0]) | (z / slab[1] - row < 0.07 / slab[1])
    ground = np.where(joint, ground - 34.0, ground)
    stains = 4.0 * smooth_noise(rng, x, (30.0, 12.0)) + 3.0 * smooth_noise(rng, x, (1.2, 1.0))
    return (ground + stains).astype(np.float32)


def _kerbs(picture: np.ndarray, x: np.ndarray, z: np.ndarray) -> None:
    """Draws light kerbstones along the pavements and the footpath."""
    stones = np.where(np.abs((x / 1.0) % 1.0) < 0.04, 170.0, 214.0).astype(np.float32)
    crossing = _between(x, FOOTPATH_X)
    for edge in (LAWN[0], LAWN[1] - 2.0 * _KERB_M):
        _paint(picture, stones, _between(z, (edge, edge + 2.0 * _KERB_M)) & ~crossing)
    for edge in (NEAR_PAVEMENT[0], FAR_PAVEMENT[1]):
        _paint(picture, stones, _between(z, (edge - _KERB_M, edge + _KERB_M)))
    for edge in FOOTPATH_X:
        _paint(picture, stones, _between(x, (edge - 0.06, edge + 0.06)) & _between(z, LAWN))


def _planting(picture: np.ndarray, rng: np.random.Generator, x: np.ndarray, z: np.ndarray) -> None:
    """Draws low leaves and a few flowers in front of the near pavement."""
    leaves = (
        70.0 + 20.0 * smooth_noise(rng, x, (3.0, 2.2)) + 12.0 * smooth_noise(rng, x, (12.0, 6.0))
    )
    flowers = smooth_noise(rng, x, (1.8, 1.5)) > 2.7
    leaves = np.where(flowers, 205.0, np.clip(leaves, 25.0, 140.0)).astype(np.float32)
    ragged = 0.05 * smooth_noise(rng, x, (5.0, 2.0))
    _paint(picture, leaves, z < NEAR_PAVEMENT[0] - 0.3 + ragged)


def _on_vertical_plane(
    x_px: np.ndarray, y_px: np.ndarray, z: float
) -> tuple[np.ndarray, np.ndarray]:
    """Returns the point of a vertical plane at `z` that each pixel shows: metres right and up."""
    foot = np.array([[0.0, z, 0.0], [1.0, z, 0.0], [0.0, z, 1.0]])
    (left, base), (right, _), (_, top) = camera.project(foot)[0]
    return (x_px - left) / (right - left), (base - y_px) / (base - top)


def _house(
    picture: np.ndarray, rng: np.random.Generator, x_px: np.ndarray, y_px: np.ndarray
) -> None:
    """Draws a brick front with a plinth, windows and a door."""
    x, up = _on_vertical_plane(x_px, y_px, _HOUSE_Z)
    course = np.floor(up / 0.16).astype(int)
    along = x / 0.42 + 0.5 * (course % 2)
    bricks = (
        118.0 + 7.0 * rng.standard_normal((64, 64))[course % 64, np.floor(along).astype(int) % 64]
    )
    mortar = (up / 0.16 - course < 0.16) | (along - np.floor(along) < 0.07)
    front = np.where(mortar, 132.0, bricks) + 3.0 * smooth_noise(rng, x, (40.0, 20.0))
    front = np.where(up < 0.55, 92.0 + 2.0 * smooth_noise(rng, x, (2.0, 2.0)), front)
    for middle in (-11.2, -7.4, -3.6, 4.6, 8.4, 12.2):
        front = _opening(front, x - middle, up, (1.1, 1.25, 3.0))
    front = _opening(front, x - 0.5, up, (0.85, 0.0, 2.7))
    _paint(picture, front.astype(np.float32), up >= 0.0)


def _opening(
    front: np.ndarray, x: np.ndarray, up: np.ndarray, size: tuple[float, float, float]
) -> np.ndarray:
    """Draws a window or door with a light frame.

    Args:
        front: The front of the house.
        x: For each pixel, metres to the right of the middle of the opening.
        up: For each pixel, metres above the ground.
        size: Half the width, and the heights of sill and lintel, in metres.
    """
    half, sill, lintel = size
    rim = 0.12
    framed = (np.abs(x) < half + rim) & _between(up, (sill - rim, lintel + rim))
    glass = (np.abs(x) < half) & _between(up, (sill, lintel))
    bars = (np.abs(x) < 0.06) | (np.abs(up - (sill + lintel) / 2.0 - 0.2) < 0.05)
    reflection = 52.0 + 16.0 * np.clip(up - sill, 0.0, 2.0) + 10.0 * (x + 0.6 * up > 1.2)
    front = np.where(framed, 200.0, front)
    return np.where(glass & ~bars, reflection, front)


def _hedge(
    picture: np.ndarray, rng: np.random.Generator, x_px: np.ndarray, y_px: np.ndarray
) -> None:
    """Draws a clipped hedge in front of the house, with a gap at the door."""
    x, up = _on_vertical_plane(x_px, y_px, _HEDGE_Z)
    ragged = 0.06 * smooth_noise(rng, x, (5.0, 40.0))
    leaves = 58.0 + 13.0 * smooth_noise(rng, x, (2.2, 2.2)) + 9.0 * smooth_noise(rng, x, (7.0, 5.0))
    leaves += 26.0 * np.clip(up - 0.55, 0.0, 0.5) / 0.5
    grown = _between(up, (0.0, 0.95)) & (up < 0.95 + ragged) & (np.abs(x - 0.5) > 1.3)
    foot = _between(up, (-0.55, 0.06)) & (np.abs(x - 0.5) > 1.3)
    picture[foot] *= 0.62
    _paint(picture, np.clip(leaves, 22.0, 120.0).astype(np.float32), grown)


def _fixed_shadows(seed: int) -> np.ndarray:
    """Draws the shadows of the furniture: float32 in [0, 1], 1 where no sunlight arrives."""
    shade = np.zeros((camera.HEIGHT, camera.WIDTH), np.uint8)
    for piece in furniture.make_furniture(seed):
        shapes.draw_shadow(shade, piece.shapes, piece.pose)
    return cv2.GaussianBlur(shade, (0, 0), 1.2).astype(np.float32) / np.float32(255.0)


def _vignette() -> np.ndarray:
    """Returns a brightness that decreases towards the corners, as with a simple lens: at most 1."""
    x, y = np.meshgrid(np.linspace(-1, 1, camera.WIDTH), np.linspace(-1, 1, camera.HEIGHT))
    return (1.0 - 0.06 * (x**2 + y**2)).astype(np.float32)
