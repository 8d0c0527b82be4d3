"""Greys of grounds and walls, by coordinates in metres."""

import numpy as np

from abnormal.datasets.life.canvas import Canvas, Texture
from abnormal.datasets.street.background import paving


def slabs(canvas: Canvas, size: tuple[float, float], brightness: float = 0.0) -> Texture:
    """Returns paving slabs of `size` metres, by so many grey levels brighter than usual."""
    return lambda x, z: paving(canvas.rng, x, z, size) + brightness


def lawn(canvas: Canvas) -> Texture:
    """Returns the ground of a lawn, which was mown in stripes."""
    grass = canvas.grain(9.0, 1.3) + canvas.grain(8.0, 14.0)
    return lambda x, z: 104.0 + 4.0 * np.sign(np.sin((x + 0.4 * z) * 2.4)) + grass


def asphalt(canvas: Canvas) -> Texture:
    """Returns the ground of a road, in one grey with grain."""
    grain = canvas.grain(3.5, 1.0) + canvas.grain(4.0, 16.0)
    return lambda x, z: 88.0 + 0.0 * (x + z) + grain


def tiles(canvas: Canvas, size_m: float) -> Texture:
    """Returns the floor of a hall, of light and dark tiles."""
    grain = canvas.grain(2.0, 6.0)

    def grey(x: np.ndarray, z: np.ndarray) -> np.ndarray:
        dark = (np.floor(x / size_m) + np.floor(z / size_m)) % 2
        joint = (x / size_m % 1.0 < 0.03) | (z / size_m % 1.0 < 0.04)
        return np.where(joint, 132.0, 176.0 - 16.0 * dark) + grain

    return grey


def facade(canvas: Canvas, grey: float, door_x: float = 0.0) -> Texture:
    """Returns the front of a house with rows of windows, and a door at `door_x`."""
    grain = canvas.grain(3.0, 1.0) + canvas.grain(3.0, 20.0)

    def front(x: np.ndarray, up: np.ndarray) -> np.ndarray:
        course = np.where(up % 0.4 < 0.05, 8.0, 0.0)
        across, floor = x % 3.2, up % 3.1
        frame = (np.abs(across - 1.6) < 0.75) & (floor > 0.85) & (floor < 2.55)
        glass = (np.abs(across - 1.6) < 0.62) & (floor > 0.98) & (floor < 2.42)
        wall = np.where(up < 0.5, grey - 28.0, grey + course)
        wall = np.where(frame, min(grey + 55.0, 230.0), wall)
        wall = np.where(glass & (np.abs(across - 1.6) > 0.05), 58.0 + 9.0 * floor, wall)
        door = (np.abs(x - door_x) < 0.6) & (up < 2.2)
        return np.where(door, 45.0, wall) + grain

    return front


def plaster(canvas: Canvas, grey: float, skirting: bool = True) -> Texture:
    """Returns the wall of a room, with a dark strip along the floor."""
    grain = canvas.grain(1.5, 9.0)

    def wall(along: np.ndarray, up: np.ndarray) -> np.ndarray:
        strip = (up < 0.14) & skirting
        return np.where(strip, 80.0, grey + 4.0 * up + 0.0 * along) + grain

    return wall
