"""The names that options take, for `--help`: nothing is imported here.

What each name stands for is in the table that the comment before it says, and a test proves that
the two agree. Tables that import nothing heavy have no list here, as the parsers read them:
`datasets/layouts.py`, `models/defaults.py`, `inference/runtimes.py` and `live/listeners.py`.
"""

FUSED = "fused"
# scoring/local.py
LOCAL_SCORE_NAMES = ("motion", "place", "change", "appearance")
# scoring/residual.py
FRAME_SCORE_NAMES = ("gradient", "l1", "l2", "l1_local", "l2_local", "difference")
SCORE_NAMES = (FUSED, *LOCAL_SCORE_NAMES, *FRAME_SCORE_NAMES)  # the first one is the default

# training/losses.py; the first one is the default
LOSS_NAMES = ("mse", "mae", "binary_crossentropy", "categorical_crossentropy")
# models/fast.py; the first one is the default
PRECISION_NAMES = ("float32", "mixed_bfloat16", "mixed_float16")
DISTRIBUTION_NAMES = ("none", "auto", "hosts")
AUTO_BATCH_SIZE = 0  # in place of a number of clips: as many as there is memory for

# datasets/download.py
DOWNLOAD_NAMES = ("avenue", "ucsd")
# models/export.py
EXPORT_NAMES = ("onnx", "openvino", "saved_model")
FIGURE_FORMATS = ("png", "svg")  # the first one is the default
