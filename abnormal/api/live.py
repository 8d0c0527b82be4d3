"""Live cameras from Python: `abnormal.watch`."""

from pathlib import Path
from typing import TYPE_CHECKING, TypedDict

from abnormal.api.scoring import require_loaded
from abnormal.errors import require_one_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Unpack

    from abnormal.inference.detector import Detector
    from abnormal.live.event import LiveEvent


class AlarmChoices(TypedDict, total=False):
    """What may be chosen about alarms; see `abnormal.score_video`."""

    score: str
    threshold: float | None
    false_alarms_per_hour: float | None


def watch(
    model: "Detector",
    sources: "str | Path | int | Sequence[str | Path | int]",
    camera: str = "",
    output: str | Path | None = None,
    **alarm: "Unpack[AlarmChoices]",
) -> "Iterator[LiveEvent]":
    """Watches cameras, and yields each state of each event as soon as it is known.

    The cameras are watched from the first `next` until the iterator is closed, or until all sources
    have ended, while the caller does whatever it likes with the events that it has got.

    Args:
        model: The model that `load` returned.
        sources: A camera or several: numbers of video devices, URLs such as `rtsp://gate.lan/live`,
            or video files, which are played at their own pace.
        camera: Name by which the model knows the cameras; needed only if it knows several.
        output: Folder that gets `events.jsonl` and the pictures and clips of events; by default
            nothing is kept.
        **alarm: `score`, `threshold` and `false_alarms_per_hour`; see `score_video`.

    Yields:
        The events, as docs/LIVE.md describes them: `opened`, `updated` and `closed`.

    Raises:
        AbnormalError: A camera cannot be watched, the model does not know it, or the model is a
            path.
    """
    from abnormal.live.iterate import watch_events
    from abnormal.live.options import WatchOptions
    from abnormal.live.run import list_cameras

    require_loaded(model)
    for name in alarm:
        require_one_of("argument", name, AlarmChoices.__annotations__)
    several = [sources] if isinstance(sources, str | Path | int) else sources
    options = WatchOptions(
        model=model.path,
        cameras=tuple(list_cameras(None, list(map(str, several)), camera)),
        output=Path(output or ""),
        score=alarm.get("score", "fused"),
        threshold=alarm.get("threshold"),
        false_alarms_per_hour=alarm.get("false_alarms_per_hour"),
        pictures=output is not None,
    )
    return watch_events(model, options)
