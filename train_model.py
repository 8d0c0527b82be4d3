"""See `python train_model.py --help`."""

import sys

from abnormal.cli.train import main

if __name__ == "__main__":
    sys.exit(main())
