"""The tables of scores, events and metrics, and the short table on the terminal."""

import itertools
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from abnormal.evaluation.evaluate import MICRO_PER_VIDEO, MICRO_RAW
from abnormal.evaluation.event_level import describe_false_alarms
from abnormal.evaluation.pixel_level import VideoPixels
from abnormal.inference.scored_video import ScoredVideo, error_of
from abnormal.printable import spreadsheet_safe
from abnormal.replacing import replacing
from abnormal.scoring.alarm import Alarm, describe_thresholds
from abnormal.scoring.boxes import BOX_SIDES
from abnormal.scoring.events import Event, persistent_events
from abnormal.scoring.local import is_local, reason_of

THING = "thing"
"""Column with the number of the thing that the box of an event is around."""

EVENT_COLUMNS = (
    *("model", "video", "situation", "event", "start_frame", "end_frame", "start_sec", "end_sec"),
    *(
        "peak_frame",
        "peak_sec",
        "peak_score",
        "mean_score",
        *BOX_SIDES,
        THING,
        "reason",
        "sentence",
    ),
)
"""Columns of `events.csv`, in their order."""


def scores_table(model: str, videos: Sequence[ScoredVideo], alarm: Alarm) -> pd.DataFrame:
    """Makes the table of scores, with one row per frame.

    Args:
        model: Name of the model.
        videos: The videos with the model's scores.
        alarm: The alarm of the model.

    Returns:
        Columns model, video, frame (from 0), time_sec, error, regularity, score, alarm (0 or 1) and
        label (1 for abnormal and 0 for normal frames, missing if not known).

        `error` is the Euclidean distance between frame and reconstruction or, if the score is `l1`,
        the sum of absolute differences, on pixels in [0, 1], divided by its usual size at that
        position in the clip. `regularity` is computed from the errors of the whole video,
        averaged over the length of a clip. `score` and `alarm` are causal.
    """
    return pd.concat([_rows(model, video, alarm) for video in videos], ignore_index=True)


def _rows(model: str, video: ScoredVideo, alarm: Alarm) -> pd.DataFrame:
    frames = np.arange(len(video.raw[alarm.score]))
    labels = [pd.NA] * len(frames) if video.labels is None else video.labels
    return pd.DataFrame(
        {
            "model": model,
            "video": video.name,
            "frame": frames,
            "time_sec": video.times_sec(frames),
            "error": video.raw[error_of(alarm.score)],
            "regularity": video.regularity(alarm.score),
            "score": video.causal[alarm.score],
            "alarm": video.alarms(alarm).astype(int),
            "label": pd.array(labels, dtype="Int8"),
        }
    )


def events_table(
    model: str,
    videos: Sequence[ScoredVideo],
    pixels: Sequence[VideoPixels],
    alarm: Alarm,
) -> pd.DataFrame:
    """Makes the table of events, with one row per event.

    Args:
        model: Name of the model.
        videos: The videos with the model's scores.
        pixels: The pixels of each video.
        alarm: The alarm of the model.

    Returns:
        Columns model, video, situation, event (from 1 in each video), start_frame, end_frame (the
        last frame), start_sec, end_sec, peak_frame, peak_sec, peak_score, mean_score; left, top,
        width and height of the box around the most unusual thing at the peak, as fractions of the
        picture; thing, the number of that thing in its video, which is missing if nothing could be
        told apart there; reason, what is unusual about it, which is empty if the score is not
        local; and sentence, the same for people, with what was measured.
    """
    found = [video.events(alarm) for video in videos]
    return _table_of_events(model, videos, pixels, alarm.score, found)


def regularity_events_table(
    model: str, videos: Sequence[ScoredVideo], pixels: Sequence[VideoPixels]
) -> pd.DataFrame:
    """Makes the table of events at the persistent minima of the regularity by `l2`.

    These are the events that `regularity_events` in `metrics.json` counts. To find them, the whole
    video is needed.

    Args:
        model: Name of the model.
        videos: The videos with the model's scores.
        pixels: The pixels of each video.

    Returns:
        The columns of `events_table`. The scores are 1 - regularity.
    """
    found = [persistent_events(video.regularity_by_frame()) for video in videos]
    table = _table_of_events(model, videos, pixels, "l2", found)
    falls = (
        f"The regularity falls to {1 - peak:.2f}, on the scale of the whole video from 0 to 1."
        for peak in table.peak_score
    )
    return table.assign(sentence=list(falls))


def _table_of_events(
    model: str,
    videos: Sequence[ScoredVideo],
    pixels: Sequence[VideoPixels],
    score: str,
    found: Sequence[Sequence[Event]],
) -> pd.DataFrame:
    rows = [
        {
            "model": model,
            "video": video.name,
            "situation": video.situation,
            "event": number,
            "start_frame": event.start,
            "end_frame": event.stop - 1,
            "start_sec": start_sec,
            "end_sec": end_sec,
            "peak_frame": event.peak,
            "peak_sec": peak_sec,
            "peak_score": event.peak_score,
            "mean_score": event.mean_score,
            "reason": reason_of(video.found_by(score, event.peak), video.what_stays(event)),
            "sentence": video.sentence(score, event),
        }
        | _place(video, of_video, score, event.peak)
        for video, of_video, events in zip(videos, pixels, found, strict=True)
        for number, event in enumerate(events, start=1)
        for start_sec, end_sec, peak_sec in [
            video.times_sec(np.array([event.start, event.stop - 1, event.peak])).tolist()
        ]
    ]
    return pd.DataFrame(rows, columns=EVENT_COLUMNS).astype({THING: "Int64"})


def _place(video: ScoredVideo, pixels: VideoPixels, score: str, frame: int) -> dict[str, Any]:
    """Returns the box around what is most unusual in a frame, and the number of that thing.

    They come from the local scores or, if the score of the event is not local, from the pixels.
    """
    box = dict(zip(BOX_SIDES, boxes_of(video, pixels, score, frame).tolist(), strict=True))
    things = video.things[frame] if video.things and is_local(score) else ()
    return box | {THING: things[0].id if things else None}


def boxes_of(
    video: ScoredVideo, pixels: VideoPixels, score: str, frame: int | None = None
) -> np.ndarray:
    """Returns the boxes around what is most unusual in each frame by a score.

    They come from the local scores or, if the score is not local, from the pixels.

    Args:
        video: The video with its scores.
        pixels: Its pixels.
        score: Name of the score.
        frame: 0-based number of a frame; None for all frames.

    Returns:
        `(n, 4)` float64 in [0, 1]; `(4,)` for a single frame.
    """
    if video.boxes is not None and is_local(score):
        return video.boxes if frame is None else video.boxes[frame]
    rows = pixels.rows if frame is None else [pixels.rows[frame]]
    boxes = np.array([[row[side] for side in BOX_SIDES] for row in rows], float)
    return boxes if frame is None else boxes[0]


def records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Returns the rows of a table as mappings from columns to plain numbers and texts."""
    return json.loads(table.to_json(orient="records"))


def comparison_table(metrics: Mapping[str, Mapping[str, Any]]) -> pd.DataFrame:
    """Makes the table that compares the metrics of several models.

    Args:
        metrics: For each model's name its metrics, as they are in `metrics.json`.

    Returns:
        Column figure, with the path of a metric in `metrics.json` such as `alarm.threshold`, and a
        column for each model.
    """
    columns = {name: dict(_numbers(tree)) for name, tree in metrics.items()}
    figures = list(dict.fromkeys(itertools.chain.from_iterable(columns.values())))
    rows = {name: [column.get(figure) for figure in figures] for name, column in columns.items()}
    table = pd.DataFrame(rows, dtype=float)
    table.insert(0, "figure", figures, allow_duplicates=True)  # a model may have that name, too
    return table


def _numbers(tree: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, float | None]]:
    """Yields the path and the value of each number in nested mappings."""
    for name, value in tree.items():
        if isinstance(value, Mapping):
            yield from _numbers(value, f"{prefix}{name}.")
        elif value is None or isinstance(value, int | float):
            yield f"{prefix}{name}", value


def write_table(path: Path, table: pd.DataFrame) -> None:
    """Writes a table as a whole or, if that fails, not at all.

    Texts such as names of videos cannot act as formulas in a spreadsheet.
    """
    texts = table.select_dtypes(include=["object", "string"]).columns
    safe = table.assign(**{name: table[name].map(_safe_cell) for name in texts})
    with replacing(path) as partial:
        safe.to_csv(partial, index=False, float_format="%.7g", errors="backslashreplace")


def _safe_cell(value: Any) -> Any:
    return spreadsheet_safe(value) if isinstance(value, str) else value


def metrics_lines(model: str, metrics: Mapping[str, Any]) -> Iterator[str]:
    """Yields the lines with a model's metrics for the terminal."""
    yield f"{model}: {metrics['frames']} frames of {metrics['videos']} videos"
    if metrics["scores"]:
        yield "  frame AUC (EER)        all frames, raw     each video stretched"
        for name, figures in metrics["scores"].items():
            raw = _percent(figures[MICRO_RAW]) if MICRO_RAW in figures else ""
            yield f"  {name:<22} {raw:<19} {_percent(figures[MICRO_PER_VIDEO])}"
    yield from _place_lines(metrics)
    if events := metrics["events"]:
        false_alarms = describe_false_alarms(events, "false alarms")
        yield f"  events: {events['found']} of {events['true_events']} found, {false_alarms}"
    alarm = metrics["alarm"]
    if metrics["situations"]:
        yield f"  {alarm['score']} by situation"
        for name, figures in metrics["situations"].items():
            yield f"  {name:<22} {_percent(figures[MICRO_RAW])}"
    above = describe_thresholds(alarm["threshold"], alarm.get("thresholds", {}))
    yield (
        f"  alarms ({alarm['score']} > {above}): {alarm['alarm_frames']} frames"
        + _rate(alarm["detection_rate"], "abnormal")
        + _rate(alarm["false_alarm_rate"], "normal")
    )


def _place_lines(metrics: Mapping[str, Any]) -> Iterator[str]:
    """Yields the lines that tell how well the places agree with the masks, if there are masks."""
    if pixels := metrics["localisation"]:
        auc, overlap = (
            "not defined" if pixels[name] is None else f"{100 * pixels[name]:.1f} %"
            for name in ("auc", "iou")
        )
        yield (
            f"  pixels: AUC {auc}, intersection over union {overlap}, "
            f"mask sigmoid cross-entropy {pixels['mask_sigmoid_cross_entropy']:.4f}"
        )
    if regions := metrics["regions"]:
        yield (
            f"  regions: RBDC {100 * regions['rbdc']:.1f} % of {regions['regions']}, "
            f"TBDC {100 * regions['tbdc']:.1f} % of {regions['tracks']} tracks"
        )


def _percent(figures: Mapping[str, float] | None) -> str:
    if figures is None:
        return "not defined: frames of one class only"
    return f"{100 * figures['auc']:5.1f} % ({100 * figures['eer']:.1f} %)"


def _rate(rate: float | None, kind: str) -> str:
    return "" if rate is None else f", {100 * rate:.1f} % of the {kind} ones"
