"""From videos to frames, and from frames to arrays: `abnormal.preprocess` and `abnormal.clips`."""

import warnings
from pathlib import Path
from typing import TYPE_CHECKING

from abnormal.errors import AbnormalError

if TYPE_CHECKING:
    import re
    from collections.abc import Sequence
    from typing import TypedDict, Unpack

    import pandas as pd

    from abnormal.training.clip_data import ClipChoices, ClipData

    class FrameChoices(TypedDict, total=False):
        """What may be chosen about frames; see `abnormal.datasets.preprocess.PreprocessOptions`."""

        split: str | None
        labels: str | Path | None
        camera_from: str | re.Pattern[str] | None
        download: str | None
        url: str | None
        size: int
        fps: float | None
        workers: int
        scheduler: str | None


def preprocess(
    videos: str | Path | None = None,
    img: str | Path = "img",
    dataset: str = "auto",
    **choices: "Unpack[FrameChoices]",
) -> "pd.DataFrame":
    """Cuts videos into frames under `img/`, ready for training and testing.

    Videos whose frames exist and are up to date are left as they are. A problem with a video or
    with labels is reported by a Python warning, as long as another video gives frames.

    Args:
        videos: A folder of videos, the folder of a data set, or a single video; None for a data set
            that is drawn or downloaded.
        img: The folder of frames.
        dataset: Name of the layout on the disk, or of a drawn data set such as `"demo"`.
        **choices: `split` (`"training"` or `"testing"` for all videos of a plain folder), `labels`
            (file or folder of labels), `camera_from` (regular expression for the camera in the
            names of the videos), `download` (`"avenue"` or `"ucsd"`) and `url` (a mirror of it),
            `size` (227 pixels unless another is given), `fps` (by default that of each source),
            `workers` (processes, by default one per core), and `scheduler` (address of a Dask
            scheduler).

    Returns:
        A table with one row per video, ordered by split and name: `split`, `video`, `situation`,
        `camera`, `frames`, `status` (`"written"`, `"unchanged"` or `"left out"`) and `problem`.

    Raises:
        AbnormalError: There are no videos, none of them gives frames, or `img` cannot be written.
    """
    import pandas as pd

    from abnormal.datasets.preprocess import preprocess as run
    from abnormal.datasets.preprocess import preprocess_options

    done = run(preprocess_options(videos, Path(img), dataset, choices))
    problems = [f"{each.video.name}: {each.problem}" for each in done.extractions if each.problem]
    if done.is_empty:
        raise AbnormalError(f"No usable frames came out of {videos or dataset}. {problems}")
    labels, leaks = done.label_notes, map(str, done.leaks)
    for problem in [*problems, *labels, *done.damaged, *done.stale, *leaks]:
        warnings.warn(problem, stacklevel=2)
    of_video, of_frames = ("split", "name", "situation", "camera"), ("frames", "status", "problem")
    rows = [
        {name: getattr(each.video, name) for name in of_video}
        | {name: getattr(each, name) for name in of_frames}
        for each in done.extractions
    ]
    return pd.DataFrame(rows).rename(columns={"name": "video"})


def clips(
    img: str | Path = "img",
    split: str = "training",
    length: int = 10,
    strides: "Sequence[int]" = (1,),
    **choices: "Unpack[ClipChoices]",
) -> "ClipData":
    """Opens the frames under `img/` as clips, in batches for Keras, NumPy or TensorFlow.

    No clip spans two videos or a gap in one. The same arguments give the same clips in the same
    order, with whatever targets.

    Args:
        img: Folder of the frames that `preprocess` made.
        split: `"training"` or `"testing"`.
        length: Number of frames of a clip.
        strides: Distances between the frames of a clip, in frames. Each stride adds clips.
        **choices: `targets` (`"clips"`, `"labels"` or `"masks"`), `size` (by default that of the
            frames), `batch_size` (8), `seed` (0; None for clips in the order of the footage) and
            `epoch` (0); see `abnormal.training.clip_data.ClipChoices`.

    Returns:
        A `keras.utils.PyDataset` of `(clips, targets)`, with `as_numpy()` for all of it in memory
        and `as_tf_data()` for a `tf.data.Dataset`.

    Raises:
        AbnormalError: There are no such frames, no video is long enough for a clip, or a test video
            has no labels or masks.
    """
    from abnormal.models.backend import start_backend

    start_backend()
    from abnormal.training.clip_data import open_clips

    return open_clips(Path(img), split, length, strides, choices)
