"""What the tests of data sets put on the disk: frames, masks, labels, and junk among them."""

import numpy as np
import PIL.Image

FRAMES = 12
ABNORMAL = [0, 0, 0, 1, 1, 1, 0, 0, 0, 0, 1, 0]  # as in SCRIPT, for each test video
SCRIPT = """TestVideoFile = {};
% TestVideoFile{end+1}.gt_frame = [1:2];
TestVideoFile{end+1}.gt_frame = [4:6, 11:11];
TestVideoFile{end+1}.gt_frame = [4:6 11];
"""


def masks(height, width):
    """One mask per frame; its upper right corner is marked where the frame is abnormal."""
    found = np.zeros((FRAMES, height, width), np.uint8)
    found[np.array(ABNORMAL) == 1, : height // 2, width // 2 :] = 1
    return found


def save_masks(folder, names):
    folder.mkdir(parents=True)
    for number, mask in enumerate(masks(32, 48)):
        PIL.Image.fromarray(mask * 255).save(folder / names.format(number + 1))


def junk(folder):
    for name in (".DS_Store", "._001.tif", "._UCSDped2.m", "UCSDped2.m~", "Thumbs.db"):
        folder.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("junk")


def files(root, *places):
    for place in places:
        (root / place).parent.mkdir(parents=True, exist_ok=True)
        (root / place).touch()
    return root
