"""What the options of a run can be, for `--help`: nothing is imported here."""

PRECISION_NAMES = ("float32", "mixed_bfloat16", "mixed_float16")
LOSS_NAMES = ("mse", "mae", "binary_crossentropy", "categorical_crossentropy")

DISTRIBUTIONS = ("none", "auto", "hosts")

AUTO = 0  # in place of a batch size: as many clips as there is memory for
