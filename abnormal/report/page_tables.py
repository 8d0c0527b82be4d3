"""The rows of the page's tables."""

import platform
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from abnormal.evaluation.evaluate import MACRO_RAW, MICRO_PER_VIDEO, MICRO_RAW
from abnormal.evaluation.event_level import describe_false_alarms
from abnormal.inference.scored_video import ScoredVideo
from abnormal.report.contents import Contents, ModelResults, relative_url
from abnormal.report.tables import records
from abnormal.report.thumbnails import thumbnail_name
from abnormal.scoring.alarm import describe_thresholds
from abnormal.scoring.calibration import describe_exam
from abnormal.scoring.rate_check import RateCheck
from abnormal.version import installed_versions

PROTOCOLS = {
    MICRO_RAW: "all frames together",
    MICRO_PER_VIDEO: "each video stretched",
    MACRO_RAW: "mean over the videos",
    "auc_interval": "interval of the AUC",
    "events": "events",
    "regularity_events": "events as papers count them",
    "localisation": "pixels",
    "regions": "regions and tracks",
}
"""The protocols in words, by their names in `metrics.json`."""

MOST_EVENTS = 2000
"""Largest number of rows in the table of events, about 1 MB of the page. Events with lower peaks
are left out."""

NONE = "–"
"""Text of a cell without a value."""

LIBRARIES = (
    *("tensorflow", "tensorflow-cpu", "jax", "keras", "openvino", "numpy"),
    *("opencv-python-headless", "opencv-python", "opencv-contrib-python", "av", "bokeh"),
)
"""Names of the packages whose versions the page shows, as far as they are installed."""

Row = tuple[str, str, list[str]]
"""What the row shows, the name of the protocol by which it is computed, and a text per model."""


def metric_rows(contents: Contents) -> list[Row]:
    """Returns the metrics of each model, for the score that raises alarms.

    Rows without a value for any model are left out.
    """
    score = contents.score
    rows: list[tuple[str, str, Callable[[Mapping[str, Any]], str | None]]] = [
        ("Frame AUC", MICRO_RAW, lambda tree: _auc(tree, "scores", score, MICRO_RAW)),
        ("Equal error rate", MICRO_RAW, lambda t: _percent(t, "scores", score, MICRO_RAW, "eer")),
        (
            "Average precision",
            MICRO_RAW,
            lambda tree: _percent(tree, "scores", score, MICRO_RAW, "average_precision"),
        ),
        ("Frame AUC", MICRO_PER_VIDEO, lambda tree: _auc(tree, "scores", score, MICRO_PER_VIDEO)),
        ("Frame AUC", MACRO_RAW, lambda tree: _auc(tree, "scores", score, MACRO_RAW)),
        ("Pixel AUC", "localisation", lambda tree: _percent(tree, "localisation", "auc")),
        (
            "Intersection over union",
            "localisation",
            lambda tree: _percent(tree, "localisation", "iou"),
        ),
        ("Regions found (RBDC)", "regions", lambda tree: _percent(tree, "regions", "rbdc")),
        ("Tracks found (TBDC)", "regions", lambda tree: _percent(tree, "regions", "tbdc")),
        ("True events found", "events", _found),
        ("False alarms", "events", _false_alarms),
        (
            "Mean delay of the alarm",
            "events",
            lambda tree: _seconds(tree, "events", "mean_delay_sec"),
        ),
        ("Abnormal frames with alarm", "", lambda t: _percent(t, "alarm", "detection_rate")),
        ("Normal frames with alarm", "", lambda t: _percent(t, "alarm", "false_alarm_rate")),
    ]
    texts = [
        (what, protocol, [text(model.metrics) for model in contents.models.values()])
        for what, protocol, text in rows
    ]
    return [(what, protocol, _filled(row)) for what, protocol, row in texts if any(row)]


def score_rows(contents: Contents) -> list[Row]:
    """Returns the frame AUC of each score."""
    return _auc_rows(contents, "scores", (MICRO_RAW, MICRO_PER_VIDEO))


def situation_rows(contents: Contents) -> list[Row]:
    """Returns the frame AUC for each situation."""
    return _auc_rows(contents, "situations", (MICRO_RAW,))


def _auc_rows(contents: Contents, of: str, protocols: Sequence[str]) -> list[Row]:
    trees = [model.metrics for model in contents.models.values()]
    names = dict.fromkeys(name for tree in trees for name in _at(tree, of) or {})
    rows = [
        (name, protocol, [_percent(tree, of, name, protocol, "auc") for tree in trees])
        for name in names
        for protocol in protocols
    ]
    return [(name, protocol, _filled(row)) for name, protocol, row in rows if any(row)]


def protocol_rows(contents: Contents) -> dict[str, str]:
    """Returns how the metrics are computed, by the name of the protocol."""
    metrics = next(iter(contents.models.values())).metrics
    own = {name: _at(metrics, name, "protocol") for name in ("localisation", "regions")}
    return {**metrics["protocols"]} | {name: text for name, text in own.items() if text}


def event_rows(contents: Contents) -> list[dict[str, Any]]:
    """Returns the events of all models, in the order of the videos and of time.

    If there are too many, those with the highest peaks are returned.
    """
    indices = {video.name: index for index, video in enumerate(contents.videos)}
    rows = [
        _event_row(contents, number, model, event, indices[event["video"]])
        for number, model in enumerate(contents.models.values())
        for event in records(model.events)
    ]
    highest = sorted(rows, key=lambda row: row["peak_score"], reverse=True)[:MOST_EVENTS]
    return sorted(highest, key=lambda row: (row["video_index"], row["start_frame"], row["number"]))


def _event_row(
    contents: Contents, number: int, model: ModelResults, event: Mapping[str, Any], video_index: int
) -> dict[str, Any]:
    name = list(contents.models)[number]
    return {
        **event,
        "model": name,
        "number": number,
        "video_index": video_index,
        "thumbnail": relative_url("thumbnails", model.folder, thumbnail_name(event)),
        "start": format_time(event["start_sec"]),
        "end": format_time(event["end_sec"]),
        "truth": _truth(model.videos[video_index], event),
    }


def _truth(video: ScoredVideo, event: Mapping[str, Any]) -> str:
    """Returns what the labels say about an event; empty if there are none."""
    if video.labels is None:
        return ""
    inside = video.labels[event["start_frame"] : event["end_frame"] + 1]
    return "true event" if inside.any() else "false alarm"


def model_rows(contents: Contents) -> list[tuple[str, list[str]]]:
    """Returns what is known about each model: how it was trained, calibrated and computed."""
    columns = [dict(_facts(model)) for model in contents.models.values()]
    facts = dict.fromkeys(fact for column in columns for fact in column)
    return [(fact, _filled([column.get(fact) for column in columns])) for fact in facts]


def _facts(model: ModelResults) -> Iterator[tuple[str, str]]:
    info, calibration = model.info, model.info.calibration
    yield "network", info.arch
    yield "frames per clip", f"{info.clip_length}"
    yield "size of a frame", f"{info.size}x{info.size} px"
    yield "frames per second", f"{info.fps:g}"
    yield "values of pixels", info.normalisation
    yield "loss", info.loss
    yield "seed", f"{info.seed}"
    yield "epochs", f"{len(info.history)}"
    if info.history:
        last = info.history[-1]
        held_out = f", held out {last['val_loss']:.4g}" if "val_loss" in last else ""
        yield "last loss", f"{last['loss']:.4g}{held_out}"
    if cameras := ", ".join(filter(None, info.cameras)):
        yield "cameras", cameras
    if frames := calibration.get("frames"):
        known = "not all" if calibration.get("held_out") else "all"
        yield "calibrated on", f"{frames} normal frames, {known} known to the network"
    if check := calibration.get("rate_check"):
        yield "normal footage held out", f"{RateCheck(**check)}"
    for camera, exam in calibration.get("exams", {}).items():
        yield f"exam {camera}".strip(), describe_exam(exam)
    alarm = model.alarm
    releases = {camera: own.release for camera, own in alarm.cameras.items()}
    yield "alarm above", describe_thresholds(alarm.threshold, alarm.thresholds)
    yield "event ends at", describe_thresholds(alarm.release, releases)
    yield "runtime", model.runtime
    yield "fingerprint of the footage", info.data_fingerprint[:12]
    for library, version in info.versions.items():
        yield f"trained with {library}", version


def version_rows() -> dict[str, str]:
    """Returns the versions of the libraries that made the page, by name."""
    return {"python": platform.python_version()} | installed_versions(LIBRARIES)


def format_time(seconds: float) -> str:
    """Returns a time in a video as text, such as `1:02:03.4` or `2:03.4`."""
    tenths = round(seconds * 10)
    minutes, rest = divmod(tenths, 600)
    hours, minutes = divmod(minutes, 60)
    front = f"{hours}:{minutes:02}" if hours else f"{minutes}"
    return f"{front}:{rest // 10:02}.{rest % 10}"


def _at(tree: Mapping[str, Any], *keys: str) -> Any:
    """Returns a value of nested mappings; None if one of the keys is missing."""
    value: Any = tree
    for name in keys:
        value = (value or {}).get(name)
    return value


def _percent(tree: Mapping[str, Any], *keys: str) -> str | None:
    value = _at(tree, *keys)
    return None if value is None else f"{100 * value:.1f} %"


def _seconds(tree: Mapping[str, Any], *keys: str) -> str | None:
    value = _at(tree, *keys)
    return None if value is None else f"{value:.1f} s"


def _auc(tree: Mapping[str, Any], *keys: str) -> str | None:
    """Returns an AUC with its interval, if there is one."""
    text, interval = _percent(tree, *keys, "auc"), _at(tree, *keys, "auc_interval")
    if not interval:
        return text
    low, high = (100 * end for end in interval)
    return f"{text} ({low:.1f} to {high:.1f})"


def _found(tree: Mapping[str, Any]) -> str | None:
    events = tree["events"]
    return events and f"{events['found']} of {events['true_events']}"


def _false_alarms(tree: Mapping[str, Any]) -> str | None:
    events = tree["events"]
    return describe_false_alarms(events) if events else None


def _filled(row: Sequence[str | None]) -> list[str]:
    return [NONE if text is None else text for text in row]
