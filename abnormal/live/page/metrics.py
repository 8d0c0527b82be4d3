"""The state of the cameras in the text form of Prometheus.

See https://prometheus.io/docs/instrumenting/exposition_formats/. A library for it would keep counts
of its own; these are kept anyway.
"""

from collections.abc import Iterator, Sequence

from abnormal.live.status import WATCHING, CameraNow

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

Sample = tuple[dict[str, str], float]


def metrics_text(cameras: Sequence[CameraNow], clients: int) -> str:
    """Formats the metrics of all cameras and of the page for Prometheus.

    Args:
        cameras: The cameras.
        clients: Number of pages that are open.
    """
    metrics = {
        "abnormal_camera_up": "gauge: 1 if the camera's pictures come and can be scored",
        "abnormal_camera_alarm": "gauge: 1 while an anomaly goes on",
        "abnormal_frames_total": "counter: frames scored since the start",
        "abnormal_frames_dropped_total": "counter: frames dropped since the start",
        "abnormal_frames_without_network_total": "counter: frames scored without the network",
        "abnormal_behind_seconds": "gauge: how far the scores are behind the pictures",
        "abnormal_latency_seconds": "gauge: from the arrival of a frame to its score, last minute",
        "abnormal_events_total": "counter: events opened since the start",
    }
    samples: dict[str, list[Sample]] = {name: [] for name in metrics}
    for camera in cameras:
        for name, labels, value in _samples(camera):
            samples[name].append(({"camera": camera.name, **labels}, value))
    metrics["abnormal_page_clients"] = "gauge: pages that are open"
    samples["abnormal_page_clients"] = [({}, clients)]
    lines = []
    for name, described in metrics.items():
        kind, text = described.split(": ")
        lines += [f"# HELP {name} {text}", f"# TYPE {name} {kind}"]
        lines += [f"{name}{_labels(labels)} {value:.15g}" for labels, value in samples[name]]
    return "\n".join(lines) + "\n"


def _samples(camera: CameraNow) -> Iterator[tuple[str, dict[str, str], float]]:
    yield "abnormal_camera_up", {}, camera.state == WATCHING
    yield "abnormal_camera_alarm", {}, camera.alarm
    yield "abnormal_frames_total", {}, camera.frames
    yield "abnormal_frames_dropped_total", {}, camera.dropped
    yield "abnormal_frames_without_network_total", {}, camera.without_network
    yield "abnormal_behind_seconds", {}, camera.behind_sec
    for quantile, latency in zip(("0.5", "0.95"), camera.latency_sec or (), strict=False):
        yield "abnormal_latency_seconds", {"quantile": quantile}, latency
    for kind, count in sorted(camera.events.items()):
        yield "abnormal_events_total", {"kind": kind}, count


def _labels(labels: dict[str, str]) -> str:
    """Writes labels; names of cameras have no character that would have to be escaped."""
    inside = ",".join(f'{name}="{value}"' for name, value in labels.items())
    return f"{{{inside}}}" if inside else ""
