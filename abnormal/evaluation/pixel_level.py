"""Pixel-level figures: are the anomalous pixels where the masks say?"""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from abnormal.errors import AbnormalError
from abnormal.evaluation.region_level import true_regions
from abnormal.inference.scored_video import ScoredVideo
from abnormal.scoring.boxes import BOX_SIDES
from abnormal.scoring.localisation import LocalisedFrames, Localiser, Sink
from abnormal.video.resample import resize

PROTOCOL = (
    "all pixels of all frames that have masks together, at the size of the model; auc: of the box "
    "sums, in equal bins; iou: anomalous pixels that are true by those that are either; "
    "mask_sigmoid_cross_entropy: mean over the frames of the sigmoid cross-entropy between the "
    "anomalous pixels, 0 or 1, taken as logits, and the mask"
)
BINS = 4096
MASKED = ("true_pixels", "both_pixels", "iou", "mask_sigmoid_cross_entropy")


class VideoPixels:
    """Gathers the pixels of one video for the figures, some frames at a time.

    Memory does not depend on how many pixels there are: the box sums go into `BINS` equal bins,
    and two in one bin count as equal.
    """

    def __init__(self, localiser: Localiser) -> None:
        """Begins a video whose anomalous pixels are found by this localiser."""
        self.counts = np.zeros((2, BINS), np.int64)  # of pixels by mask, and by box sum
        self.rows: list[dict[str, Any]] = []
        self.regions: list[np.ndarray] = []  # of each frame that has a mask
        self.localiser = localiser

    def sink(self, masks: np.ndarray | None) -> Sink:
        """What takes the frames of the video.

        Args:
            masks: `(n, height, width)` bool at any size, True where it is truly abnormal; None
                where that is not known. They are not kept.

        Raises:
            AbnormalError: There are more frames than masks.
        """
        return lambda seen: self._add(seen, masks)

    def _add(self, seen: LocalisedFrames, masks: np.ndarray | None) -> None:
        first = len(self.rows)
        count, *size = seen.anomalous.shape
        if masks is None:
            self.rows += [_found(seen, number) for number in range(count)]
            return
        if first + count > len(masks):
            raise AbnormalError(f"It has masks for {len(masks)} frames only, but more frames.")
        masks = masks[first : first + count]
        self.regions += [true_regions(mask) for mask in masks]
        masks = at_size(masks, *size)
        scaled = seen.sums * np.float32(BINS / self.localiser.largest_sum)
        bins = scaled.astype(np.int32).clip(0, BINS - 1)
        for value in (0, 1):
            self.counts[value] += np.bincount(bins[masks == value], minlength=BINS)
        self.rows += [
            _found(seen, n) | _compared(seen.anomalous[n], masks[n]) for n in range(count)
        ]


def pixel_table(
    model: str, videos: Sequence[ScoredVideo], pixels: Sequence[VideoPixels]
) -> pd.DataFrame:
    """What was found in each frame.

    Args:
        model: Its name.
        videos: As it scored them.
        pixels: What it found in each of them.

    Returns:
        Columns model, video, frame (from 0), anomalous_pixels, left, top, width, height (of the
        box around the most anomalous place, as parts of the picture's width and height), and,
        missing where there is no mask, true_pixels, both_pixels (anomalous and truly so), iou,
        mask_sigmoid_cross_entropy.
    """
    columns = ["model", "video", "frame", "anomalous_pixels", *BOX_SIDES, *MASKED]
    rows = (
        {"model": model, "video": video.name, "frame": number} | row
        for video, of_video in zip(videos, pixels, strict=True)
        for number, row in enumerate(of_video.rows)
    )
    table = pd.DataFrame(rows, columns=columns)
    return table.astype({"true_pixels": "Int64", "both_pixels": "Int64"})


def pixel_figures(videos: Sequence[VideoPixels]) -> dict[str, Any] | None:
    """The figures over all frames that have masks; None where none has."""
    rows = [row for video in videos for row in video.rows if MASKED[0] in row]
    if not rows:
        return None
    both = sum(row["both_pixels"] for row in rows)
    either = sum(row["anomalous_pixels"] + row["true_pixels"] for row in rows) - both
    return {
        "protocol": PROTOCOL,
        **videos[0].localiser._asdict(),
        "frames": len(rows),
        "auc": _auc(np.sum([video.counts for video in videos], axis=0)),
        "iou": both / either if either else None,
        "mask_sigmoid_cross_entropy": float(
            np.mean([row["mask_sigmoid_cross_entropy"] for row in rows])
        ),
    }


def _found(seen: LocalisedFrames, number: int) -> dict[str, Any]:
    box = dict(zip(BOX_SIDES, seen.box(number), strict=True))
    return {"anomalous_pixels": int(seen.anomalous[number].sum())} | box


def _compared(flags: np.ndarray, mask: np.ndarray) -> dict[str, Any]:
    anomalous, true, both = int(flags.sum()), int(mask.sum()), int((flags & mask).sum())
    either = anomalous + true - both
    return {
        "true_pixels": true,
        "both_pixels": both,
        "iou": both / either if either else None,
        "mask_sigmoid_cross_entropy": mask_cross_entropy(flags.size, anomalous, both),
    }


def at_size(masks: np.ndarray, height: int, width: int) -> np.ndarray:
    """Masks `(n, ...)` bool at another size: True where at least half of what a pixel covers is."""
    if masks.shape[1:] == (height, width):
        return masks
    covered = [resize(mask.astype(np.uint8) * 255, height, width) for mask in masks]
    return np.stack(covered) > 127


def mask_cross_entropy(pixels: int, anomalous: int, both: int) -> float:
    """Sigmoid cross-entropy between a frame's anomalous pixels and its mask.

    The mean over pixels of `max(z, 0) - z * y + log(1 + exp(-|z|))`, where z, the logit, is 1 for
    an anomalous pixel and 0 for another, and y is the mask. It is the figure of the comparison of
    three autoencoders, and a peculiar one: a logit of 0 says "one half", so every pixel that is
    not anomalous costs log 2, whether that is right or not, and the best that can be had is 0.313.

    Args:
        pixels: Of the frame.
        anomalous: How many of them are anomalous.
        both: How many of these are so in the mask, too.

    Returns:
        Nats, from log(1 + 1 / e) = 0.313 to 1.313.
    """
    sure = math.log1p(math.exp(-1))  # z = 1, y = 1
    cost = (pixels - anomalous) * math.log(2) + anomalous * (1 + sure) - both
    return cost / pixels


def _auc(counts: np.ndarray) -> float | None:
    """Area under the ROC curve from histograms `(2, bins)`; pixels of one bin count half."""
    normal, abnormal = counts.astype(np.float64)
    if not normal.any() or not abnormal.any():
        return None
    below = np.cumsum(normal) - normal
    return float((abnormal * (below + normal / 2)).sum() / (normal.sum() * abnormal.sum()))
