"""Where the pictures and videos of a run go."""

from abnormal.detection.job import Job


def test_each_of_several_models_has_a_folder_of_its_own():
    models = ("a/b/m.h5", "a_b/m.h5", "c/m.h5", "other")
    job = Job(dict.fromkeys(models), None)
    folders = [job.folder(model) for model in models]
    assert folders[2:] == ["c_m.h5", "other"]
    assert len({*folders}) == 4
    assert all(folder.startswith("a_b_m.h5~") for folder in folders[:2])
    assert Job({"c/m.h5": None}, None).folder("c/m.h5") == ""
