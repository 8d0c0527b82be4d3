"""The paths of the things that are seen during an event, for `events.json`."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from abnormal.inference.scored_video import ScoredVideo
from abnormal.report.tables import THING, records

DECIMALS = 4
"""Number of decimals of a box: a pixel of a picture that is 10,000 pixels wide."""

SHORTEST_PATH = 3
"""Smallest number of frames in which a thing is seen that is more than noise."""


def events_with_things(events: pd.DataFrame, videos: Sequence[ScoredVideo]) -> list[dict[str, Any]]:
    """Adds to each event the things that were seen while it lasted.

    Args:
        events: The table of a model's events.
        videos: The videos with the model's scores.

    Returns:
        For each event its columns and `things`, the thing with the highest score first. Each has an
        `id`, its number in the video; `peak_score`, its highest score during the event; and `path`,
        a list of frame, left, top, width and height for each frame in which it was seen.
        Things that were seen for fewer than `SHORTEST_PATH` frames are left out, unless the box of
        the event is around them.
    """
    by_name = {video.name: video for video in videos}
    return [
        event | {"things": _things(by_name[event["video"]], event)} for event in records(events)
    ]


def _things(video: ScoredVideo, event: Mapping[str, Any]) -> list[dict[str, Any]]:
    found: dict[int, dict[str, Any]] = {}
    first, last = event["start_frame"], event["end_frame"]
    for frame, things in enumerate(video.things[first : last + 1], start=first):
        for thing in things:
            score = round(thing.score, DECIMALS)
            known = found.setdefault(thing.id, {"id": thing.id, "peak_score": score, "path": []})
            known["peak_score"] = max(known["peak_score"], score)
            known["path"].append([frame, *(round(side, DECIMALS) for side in thing.box)])
    lasting = (
        thing
        for thing in found.values()
        if len(thing["path"]) >= SHORTEST_PATH or thing["id"] == event[THING]
    )
    return sorted(lasting, key=lambda thing: thing["peak_score"], reverse=True)
