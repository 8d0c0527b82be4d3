"""The values that command line options accept. Nothing is imported here: `--help` must be fast.

The comment before each list names the module that implements its entries; a test makes sure that
the two agree. Options whose table of implementations is cheap to import have no list here, because
the parsers read the table itself: `datasets/layouts.py`, `models/defaults.py`,
`inference/runtimes.py` and `live/listeners.py`.
"""

FUSED = "fused"
# Implemented in scoring/local.py.
LOCAL_SCORE_NAMES = ("motion", "place", "stay", "change", "appearance")
# Implemented in scoring/residual.py.
FRAME_SCORE_NAMES = ("gradient", "l1", "l2", "l1_local", "l2_local", "difference")
SCORE_NAMES = (FUSED, *LOCAL_SCORE_NAMES, *FRAME_SCORE_NAMES)  # the first one is the default

# Implemented in training/losses.py. The first one is the default.
LOSS_NAMES = ("mse", "mae", "binary_crossentropy", "categorical_crossentropy")
# Implemented in models/forms/arithmetic.py. The first one is the default.
PRECISION_NAMES = ("float32", "mixed_bfloat16", "mixed_float16")
# Implemented in models/forms/choose.py. The first one is the default.
TUNE_NAMES = ("on", "off", "again")
DISTRIBUTION_NAMES = ("none", "auto", "hosts")
AUTO_BATCH_SIZE = 0
"""Batch size, in clips, that stands for as many clips as fit into the free memory."""

LARGEST_SIZE = 4096
"""Largest height and width of a frame in pixels. Larger ones would fill the disk and the memory."""

# Implemented in datasets/download.py.
DOWNLOAD_NAMES = ("avenue", "ucsd")
# Implemented in models/export.py.
EXPORT_NAMES = ("onnx", "openvino", "saved_model")
FIGURE_FORMATS = ("png", "svg")  # the first one is the default
FIGURES_FOR = ("all", "events", "none")  # the first one is the default
