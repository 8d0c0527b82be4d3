"""The kinds of events that do not belong to ordinary life, by name."""

from collections.abc import Callable, Iterator

import numpy as np

from abnormal.datasets.life import incidents, passing, things
from abnormal.datasets.life.place import Place
from abnormal.datasets.street.cast import Actor

_FIRST_SEC = (12.0, 20.0)  # before the first event of a video
_BETWEEN_SEC = (25.0, 40.0)

Kind = Callable[[np.random.Generator, Place, float], list[Actor]]
"""Makes the actors of an event, given the time at which it begins."""

KINDS: dict[str, Kind] = {
    "runner": passing.runner,
    "running_crowd": passing.running_crowd,
    "cyclist": passing.cyclist,
    "slow_cyclist": passing.slow_cyclist,
    "skater": passing.skater,
    "wheelchair": passing.wheelchair,
    "cart": passing.cart,
    "slow_vehicle": passing.slow_vehicle,
    "wrong_way": passing.wrong_way,
    "off_path": passing.off_path,
    "loiter": incidents.loiter,
    "fall": incidents.fall,
    "fight": incidents.fight,
    "left_behind": things.left_behind,
    "taken_away": things.taken_away,
}
"""Maps each kind of event to the function that makes its actors."""


def events_of_kind(
    rng: np.random.Generator, place: Place, kind: str
) -> Iterator[tuple[float, list[Actor]]]:
    """Yields the events of a kind without end, one after the other, with pauses between them."""
    start = float(rng.uniform(*_FIRST_SEC))
    while True:
        actors = KINDS[kind](rng, place, start)
        yield min(float(actor.route.times[0]) for actor in actors), actors
        until = max(float(actor.route.times[-1]) for actor in actors)
        start = until + float(rng.uniform(*_BETWEEN_SEC))
