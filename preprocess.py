"""See `python preprocess.py --help`."""

import sys

from abnormal.cli.preprocess import main

if __name__ == "__main__":
    sys.exit(main())
