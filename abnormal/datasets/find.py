"""Which layout a folder has, and the videos in it."""

from pathlib import Path

from abnormal.datasets import avenue, folder, frame_folder, ucsd
from abnormal.datasets.demo import find_demo
from abnormal.datasets.source import SourceVideo
from abnormal.errors import AbnormalError
from abnormal.video.pictures import PICTURE_SUFFIXES

AUTO, FOLDER, DEMO = "auto", "folder", "demo"

# What `auto` looks for, in this order; anything else is a plain folder.
LAYOUTS = {"avenue": avenue, "ucsd": ucsd, "frame_folder": frame_folder}

DATASETS = (AUTO, FOLDER, *LAYOUTS, DEMO)


def find_videos(
    dataset: str, root: Path | None, split: str | None = None
) -> tuple[str, list[SourceVideo]]:
    """Finds the videos of a data set.

    Args:
        dataset: A name of `DATASETS`.
        root: Where it lies; not needed for the demo, which is drawn.
        split: For all videos of a plain folder, in place of what the names of folders say.

    Returns:
        The name of the layout, and its videos.

    Raises:
        AbnormalError: The folder is missing, has another layout, or nothing usable is in it.
    """
    if dataset == DEMO:
        return DEMO, find_demo()
    if root is None:
        raise AbnormalError("Which videos? Name a folder: --videos FOLDER, or --dataset demo.")
    if not root.exists():
        raise AbnormalError(f"There is no folder {root}. Check the path given to --videos.")
    layout = _recognise(root) if dataset == AUTO else dataset
    if split and layout != FOLDER:
        raise AbnormalError(
            f"{root} is read as {layout}, which says itself what is for training. Leave --split "
            "out, or read it as a plain folder with --dataset folder."
        )
    if layout == FOLDER:
        videos = folder.find(root, split)
    elif LAYOUTS[layout].matches(root):
        videos = LAYOUTS[layout].find(root)
    else:
        raise AbnormalError(
            f"{root} is not laid out as {layout}: see `abnormal/datasets/{layout}.py` for its "
            "folders, or let --dataset auto look."
        )
    if not videos:
        raise AbnormalError(
            f"There is no video in {root}, at any depth. Expected: files such as .mp4 or .avi, "
            f"or folders of pictures ({', '.join(PICTURE_SUFFIXES)})."
        )
    return layout, videos


def _recognise(root: Path) -> str:
    return next((name for name, layout in LAYOUTS.items() if layout.matches(root)), FOLDER)
