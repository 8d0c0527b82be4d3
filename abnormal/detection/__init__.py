"""Turns models and videos into results, for `test_model.py` as well as `abnormal.score_video`."""
