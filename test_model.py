"""See `python test_model.py --help`."""

import sys

from abnormal.cli.test import main

if __name__ == "__main__":
    sys.exit(main())
