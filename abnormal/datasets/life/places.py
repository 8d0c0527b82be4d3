"""The places that can be drawn, by name."""

from abnormal.datasets.life.hall import HALL
from abnormal.datasets.life.place import Place
from abnormal.datasets.life.square import SQUARE
from abnormal.datasets.life.street import STREET

PLACES: dict[str, Place] = {"street": STREET, "square": SQUARE, "hall": HALL}
