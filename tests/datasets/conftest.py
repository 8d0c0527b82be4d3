import numpy as np
import pytest

from tests.datasets.layout_trees import ABNORMAL, FRAMES, SCRIPT, junk, masks, save_masks


@pytest.fixture
def trees(tmp_path, make_video, make_pictures, save_cells):
    """Each layout as it lies on a disk, with 10 training and 2 test videos."""

    def folder(root):
        for number in range(1, 11):
            make_video(root / "normal" / f"day{number}.mp4", FRAMES)
        make_video(root / "loitering" / "deep" / "gate.avi", FRAMES, codec="mjpeg")
        make_pictures(root / "running" / "gate", FRAMES)

    def frame_folder(root):
        for number in range(1, 11):
            make_pictures(root / "training" / "frames" / f"{number:02d}", FRAMES, "{:03d}.jpg")
        for number in (1, 2):
            make_pictures(root / "testing" / "frames" / f"{number:02d}", FRAMES, "{:03d}.jpg")
            save_masks(root / "masks" / f"Test{number:03d}_gt", "{:03d}.png")

    def avenue(root):
        for number in range(1, 11):
            make_video(root / "training_videos" / f"{number:02d}.avi", FRAMES, codec="mjpeg")
        for number in (1, 2):
            make_video(root / "testing_videos" / f"{number:02d}.avi", FRAMES, codec="mjpeg")
            path = root / "ground_truth_demo" / "testing_label_mask" / f"{number}_label.mat"
            save_cells(path, "volLabel", masks(32, 48))

    def ucsd(root):
        camera = root / "UCSDped2"
        for number in range(1, 11):
            make_pictures(camera / "Train" / f"Train{number:03d}", FRAMES, "{:03d}.tif")
        for number in (1, 2):
            make_pictures(camera / "Test" / f"Test{number:03d}", FRAMES, "{:03d}.tif")
            save_masks(camera / "Test" / f"Test{number:03d}_gt", "frame{:03d}.bmp")
        (camera / "Test" / "UCSDped2.m").write_text(SCRIPT)

    def shanghaitech(root):
        for number in range(1, 11):
            make_video(root / "training" / "videos" / f"{number:02d}_001.avi", FRAMES, fps=24)
        for name in ("01_0014", "12_0142"):
            make_pictures(root / "testing" / "frames" / name, FRAMES, "{:03d}.jpg")
            for kind, array in (("frame", np.array(ABNORMAL, np.uint8)), ("pixel", masks(32, 48))):
                path = root / "testing" / f"test_{kind}_mask" / f"{name}.npy"
                path.parent.mkdir(exist_ok=True)
                np.save(path, array)

    makers = [folder, frame_folder, avenue, ucsd, shanghaitech]

    def build(name, root=tmp_path / "tree"):
        {maker.__name__: maker for maker in makers}[name](root)
        for place in [root, *(path for path in root.rglob("*") if path.is_dir())]:
            junk(place)
        return root

    return build
