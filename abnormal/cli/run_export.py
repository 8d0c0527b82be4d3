"""What `test_model.py --export` does once its command line is understood."""

import argparse

from abnormal.models.export import export_model
from abnormal.models.model_file import load_model


def run_export(args: argparse.Namespace) -> int:
    """Writes each model beside its file in another format, and returns the exit code."""
    for path in args.model:
        print(f"{args.export}: {export_model(load_model(path), args.export)}")
    return 0
