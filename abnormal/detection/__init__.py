"""Models and videos become results: what `test_model.py` and `abnormal.score_video` both call."""
