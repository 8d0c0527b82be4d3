"""Pixel-level metrics: how well the anomalous pixels agree with the masks."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from abnormal.errors import AbnormalError
from abnormal.evaluation.true_regions import RegionLinker, TrueRegions
from abnormal.inference.scored_video import ScoredVideo
from abnormal.scoring.boxes import BOX_SIDES
from abnormal.scoring.localisation import LocalisedFrames, Localiser, Sink
from abnormal.video.resample import resize_masks

PROTOCOL = (
    "all pixels of all frames that have masks together, at the size of the model; auc: the AUC of "
    "the box sums, counted in equal bins; iou: the number of pixels that are both anomalous and in "
    "the mask, divided by the number that are at least one of the two; mask_sigmoid_cross_entropy: "
    "the mean over the frames of the sigmoid cross-entropy between the anomalous pixels, 0 or 1, "
    "taken as logits, and the mask"
)
"""How the metrics are computed, for people who read `metrics.json` or the page."""

BINS = 4096
"""Number of equal bins in which box sums are counted."""

MASK_COLUMNS = ("true_pixels", "both_pixels", "iou", "mask_sigmoid_cross_entropy")
"""Columns of `localisation.csv` that only frames with a mask have."""


@dataclass(eq=False)
class VideoPixels:
    """Gathers what the pixel-level metrics need from one video, some frames at a time.

    Memory does not depend on the number of pixels, because box sums are only counted in bins. Sums
    in the same bin count as equal.

    Attributes:
        localiser: The localiser that finds the anomalous pixels of the video.
        counts: Number of pixels by their mask, 0 or 1, and by the bin of their box sum, `(2, BINS)`
            int64.
        rows: The columns of `localisation.csv` for each frame, without model, video and frame.
        regions: The true regions of each frame that has a mask.
    """

    localiser: Localiser
    counts: np.ndarray = field(default_factory=lambda: np.zeros((2, BINS), np.int64))
    rows: list[dict[str, Any]] = field(default_factory=list)
    regions: list[TrueRegions] = field(default_factory=list)

    def sink(self, masks: np.ndarray | None) -> Sink:
        """Returns the function that receives the frames of the video.

        It raises `AbnormalError` if there are more frames than masks.

        Args:
            masks: `(n, height, width)` bool of any size, True for abnormal pixels; None if there
                are no masks.
        """
        linker = RegionLinker()
        return lambda frames: self._add(frames, masks, linker)

    def _add(self, frames: LocalisedFrames, masks: np.ndarray | None, linker: RegionLinker) -> None:
        first = len(self.rows)
        count, *size = frames.anomalous.shape
        if masks is None:
            self.rows += [_detection(frames, number) for number in range(count)]
            return
        if first + count > len(masks):
            raise AbnormalError(f"It has masks for {len(masks)} frames only, but more frames.")
        masks = masks[first : first + count]
        self.regions += [linker.add(mask) for mask in masks]
        masks = resize_masks(masks, *size)
        scaled = frames.sums * np.float32(BINS / self.localiser.largest_sum)
        bins = scaled.astype(np.int32).clip(0, BINS - 1)
        for value in (0, 1):
            self.counts[value] += np.bincount(bins[masks == value], minlength=BINS)
        self.rows += [
            _detection(frames, number) | _comparison(frames.anomalous[number], masks[number])
            for number in range(count)
        ]


def pixel_table(
    model: str, videos: Sequence[ScoredVideo], pixels: Sequence[VideoPixels]
) -> pd.DataFrame:
    """Makes the table of anomalous pixels, with one row per frame.

    Args:
        model: Name of the model.
        videos: The videos with the model's scores.
        pixels: The pixels of each video.

    Returns:
        Columns model, video, frame (from 0), anomalous_pixels (their number), left, top, width and
        height (the box around the most anomalous place, as fractions of the picture), true_pixels
        (the number in the mask), both_pixels (the number that are anomalous and in the mask), iou
        and mask_sigmoid_cross_entropy. The last four are missing if the frame has no mask.
    """
    columns = ["model", "video", "frame", "anomalous_pixels", *BOX_SIDES, *MASK_COLUMNS]
    rows = (
        {"model": model, "video": video.name, "frame": number} | row
        for video, of_video in zip(videos, pixels, strict=True)
        for number, row in enumerate(of_video.rows)
    )
    table = pd.DataFrame(rows, columns=columns)
    return table.astype({"true_pixels": "Int64", "both_pixels": "Int64"})


def pixel_metrics(videos: Sequence[VideoPixels]) -> dict[str, Any] | None:
    """Computes the metrics over all frames that have masks.

    Args:
        videos: The pixels of each video.

    Returns:
        The metrics as they are in `metrics.json`; None if no frame has a mask. Their
        `box_threshold` is None if each camera has its own.
    """
    rows = [row for video in videos for row in video.rows if MASK_COLUMNS[0] in row]
    if not rows:
        return None
    both = sum(row["both_pixels"] for row in rows)
    either = sum(row["anomalous_pixels"] + row["true_pixels"] for row in rows) - both
    thresholds = {video.localiser.box_threshold for video in videos}
    return {
        "protocol": PROTOCOL,
        "box_size": videos[0].localiser.box_size,
        "box_threshold": thresholds.pop() if len(thresholds) == 1 else None,
        "frames": len(rows),
        "auc": _auc(np.sum([video.counts for video in videos], axis=0)),
        "iou": both / either if either else None,
        "mask_sigmoid_cross_entropy": float(
            np.mean([row["mask_sigmoid_cross_entropy"] for row in rows])
        ),
    }


def _detection(frames: LocalisedFrames, number: int) -> dict[str, Any]:
    """Returns the columns of a frame that need no mask."""
    box = dict(zip(BOX_SIDES, frames.box(number), strict=True))
    return {"anomalous_pixels": int(frames.anomalous[number].sum())} | box


def _comparison(flags: np.ndarray, mask: np.ndarray) -> dict[str, Any]:
    """Returns `MASK_COLUMNS` of a frame, from its anomalous pixels and its mask."""
    anomalous, true, both = int(flags.sum()), int(mask.sum()), int((flags & mask).sum())
    either = anomalous + true - both
    return {
        "true_pixels": true,
        "both_pixels": both,
        "iou": both / either if either else None,
        "mask_sigmoid_cross_entropy": mask_cross_entropy(flags.size, anomalous, both),
    }


def mask_cross_entropy(pixels: int, anomalous: int, both: int) -> float:
    """Computes the sigmoid cross-entropy between a frame's anomalous pixels and its mask.

    It is the mean over the pixels of `max(z, 0) - z * y + log(1 + exp(-|z|))`. The logit z is 1 for
    an anomalous pixel and 0 for any other, and y is the mask. The comparison of three autoencoders
    uses this metric, although it is a peculiar one: a logit of 0 stands for a probability of one
    half, so every pixel that is not anomalous costs log 2, whether that is right or not, and the
    best possible value is 0.313.

    Args:
        pixels: Number of pixels of the frame.
        anomalous: Number of anomalous pixels.
        both: Number of pixels that are anomalous and in the mask.

    Returns:
        The cross-entropy in nats, from log(1 + 1 / e) = 0.313 to 1.313.
    """
    sure = math.log1p(math.exp(-1))  # z = 1, y = 1
    cost = (pixels - anomalous) * math.log(2) + anomalous * (1 + sure) - both
    return cost / pixels


def _auc(counts: np.ndarray) -> float | None:
    """Returns the AUC from the histograms of normal and abnormal pixels, `(2, bins)` int64.

    Pairs of pixels in the same bin count half. It is None if all pixels are of one class.
    """
    normal, abnormal = counts.astype(np.float64)
    if not normal.any() or not abnormal.any():
        return None
    below = np.cumsum(normal) - normal
    return float((abnormal * (below + normal / 2)).sum() / (normal.sum() * abnormal.sum()))
