import dataclasses
import hashlib
import json
import threading

import pytest

from abnormal.errors import AbnormalError
from abnormal.frames import manifest
from abnormal.frames.gaps import Gap
from abnormal.frames.manifest import (
    VideoRecord,
    fingerprint,
    read_manifest,
    read_record,
    write_manifest,
    write_record,
)

RECORD = VideoRecord(
    split="testing",
    video="loitering/gate3",
    frames=12,
    fps=25.0,
    height=227,
    width=227,
    situation="loitering",
    camera="gate",
    labelled=True,
    masked=True,
    source={"sha256": "abc", "shape": [360, 640]},
    notes=("truncated: 12 of 20 frames could be read",),
)


def put(img, split, video, **changes):
    record = dataclasses.replace(RECORD, split=split, video=video, **changes)
    record.folder(img).mkdir(parents=True)
    write_record(record.folder(img), record)
    return record


def test_a_record_is_read_as_it_was_written(tmp_path):
    write_record(tmp_path, RECORD)
    assert read_record(tmp_path) == RECORD


def test_a_folder_without_a_record_holds_no_whole_video(tmp_path):
    assert read_record(tmp_path) is None


def test_the_manifest_lists_each_split_in_natural_order(tmp_path):
    for split, video in [
        ("training", "10"),
        ("training", "9"),
        ("testing", "cart/2"),
        ("testing", "cart/10"),
        ("testing", "biker/11"),
    ]:
        put(tmp_path, split, video)
    write_manifest(tmp_path)
    assert [r.video for r in read_manifest(tmp_path, "training")] == ["9", "10"]
    tested = read_manifest(tmp_path, "testing")
    assert [r.video for r in tested] == ["biker/11", "cart/2", "cart/10"]
    assert tested[1] == dataclasses.replace(RECORD, video="cart/2")
    assert tested[1].folder(tmp_path) == tmp_path / "testing" / "cart" / "2"


def test_a_split_without_videos_is_empty(tmp_path):
    put(tmp_path, "training", "1")
    write_manifest(tmp_path)
    assert read_manifest(tmp_path, "testing") == []


def test_what_a_killed_run_left_is_not_in_the_manifest(tmp_path):
    folder = put(tmp_path, "training", "1").folder(tmp_path)
    for name in (".partial-123-1", ".old-123-1"):
        folder.rename(folder.with_name(name))
        assert write_manifest(tmp_path) == ([], [])
        folder.with_name(name).rename(folder)
    assert len(write_manifest(tmp_path)[0]) == 1


def test_a_damaged_record_costs_its_own_video_and_is_told(tmp_path):
    damaged, good = (put(tmp_path, "training", name) for name in ("1", "2"))
    path = damaged.folder(tmp_path) / "video.json"
    path.write_text(path.read_text()[:-9])
    records, (said,) = write_manifest(tmp_path)
    assert said.startswith(f"{path} is damaged")
    assert records == read_manifest(tmp_path, "training") == [good]


def test_of_two_runs_into_one_folder_none_forgets_the_videos_of_the_other(tmp_path, monkeypatch):
    put(tmp_path, "training", "1")

    def other_run():
        put(tmp_path, "training", "2")
        write_manifest(tmp_path)

    def read_while_the_other_run_goes_on(folder):
        monkeypatch.undo()
        record = read_record(folder)
        other.start()
        other.join(0.2)
        return record

    other = threading.Thread(target=other_run)
    monkeypatch.setattr(manifest, "read_record", read_while_the_other_run_goes_on)
    write_manifest(tmp_path)
    other.join()
    assert [record.video for record in read_manifest(tmp_path, "training")] == ["1", "2"]


def test_no_manifest(tmp_path):
    with pytest.raises(AbnormalError, match=r"There are no frames in .*preprocess\.py --videos"):
        read_manifest(tmp_path, "training")


@pytest.mark.parametrize(
    "content",
    [
        "{",
        "[]",
        '{"videos": null}',
        '{"videos": [1]}',
        '{"videos": [{"video": "a", "notes": []}]}',
        json.dumps({"videos": [dataclasses.asdict(RECORD) | {"unknown": 1}]}),
    ],
)
def test_a_manifest_that_is_none(tmp_path, content):
    (tmp_path / "manifest.json").write_text(content)
    with pytest.raises(AbnormalError, match=r"manifest\.json is (damaged|not a manifest)"):
        read_manifest(tmp_path, "training")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"video": "../x"}, "video is '../x', but a relative path without '..' was expected"),
        ({"video": "/tmp/x"}, "video is '/tmp/x'"),
        ({"video": "a/../../x"}, "video is"),
        ({"video": "a//x"}, "video is"),
        ({"video": "./x"}, "video is"),
        ({"video": ""}, "video is ''"),
        ({"video": "x\0y"}, "video is"),
        ({"video": "x" * 300}, "video is"),
        ({"video": 7}, "video is 7"),
        ({"video": "\ud800"}, "surrogates not allowed"),
        ({"split": "../training"}, "split is"),
        ({"fps": -25}, "fps is -25"),
        ({"fps": float("nan")}, "fps is nan"),
        ({"frames": 0}, "frames is 0"),
        ({"frames": 10**12}, "frames is"),
        ({"frames": 3.0}, "frames is 3.0"),
        ({"height": True}, "height is True"),
        ({"labelled": "yes"}, "labelled is 'yes'"),
        ({"camera": None}, "camera is None"),
        ({"source": []}, "source is a list"),
        ({"source": {"path": 3}}, "source.path is 3"),
        ({"source": {"shape": [1, 2, 3]}}, "source.shape is a list of 3 values"),
    ],
)
def test_every_value_is_checked_where_it_is_read(tmp_path, change, said):
    record = dataclasses.asdict(RECORD) | change
    (tmp_path / "manifest.json").write_text(json.dumps({"videos": [record]}))
    with pytest.raises(AbnormalError, match="is damaged or of another version") as raised:
        read_manifest(tmp_path, "training")
    assert said in str(raised.value)


def test_a_number_of_thousands_of_digits_is_damage(tmp_path):
    record = json.dumps({"videos": [dataclasses.asdict(RECORD)]})
    (tmp_path / "manifest.json").write_text(record.replace('"fps": ', f'"fps": {"9" * 5000}'))
    with pytest.raises(AbnormalError, match=r"manifest\.json is damaged"):
        read_manifest(tmp_path, "training")


def test_a_manifest_nested_without_end_is_damage(tmp_path):
    (tmp_path / "manifest.json").write_text("[" * 100_000)
    with pytest.raises(AbnormalError, match="nested too deeply"):
        read_manifest(tmp_path, "training")


def test_the_fingerprint_tells_videos_apart():
    drawn = dataclasses.replace(RECORD, source={"recipe": "street, seed 0"})
    one = [RECORD, drawn]
    others = [
        [drawn, RECORD],
        [RECORD],
        *[
            [dataclasses.replace(RECORD, **change), drawn]
            for change in (
                {"video": "x"},
                {"split": "training"},
                {"frames": 13},
                {"fps": 10.0},
                {"height": 100},
                {"source": {"sha256": "def"}},
            )
        ],
        [RECORD, dataclasses.replace(drawn, source={"recipe": "street, seed 1"})],
    ]
    assert len({fingerprint(records) for records in (one, *others)}) == len(others) + 1
    moved = dataclasses.replace(RECORD, source={**RECORD.source, "path": "/elsewhere"})
    assert fingerprint([moved, drawn]) == fingerprint(one)


def test_gaps_are_read_as_they_were_written(tmp_path):
    record = put(tmp_path, "testing", "a", gaps=(Gap(4, 64.0), Gap(9, 70.5)))
    write_manifest(tmp_path)
    assert read_manifest(tmp_path, "testing") == [record]


def test_frames_of_a_version_that_knew_no_gaps_are_read_and_have_their_old_fingerprint(tmp_path):
    record = put(tmp_path, "testing", "a")
    path = record.folder(tmp_path) / "video.json"
    content = json.loads(path.read_text())
    del content["gaps"]
    path.write_text(json.dumps(content))
    assert read_record(record.folder(tmp_path)) == record
    old = json.dumps([("testing", "a", 12, 25.0, 227, 227, "abc")])
    assert fingerprint([record]) == hashlib.sha256(old.encode()).hexdigest()
    with_gap = dataclasses.replace(record, gaps=(Gap(3, 9.0),))
    assert fingerprint([with_gap]) != fingerprint([record])
