import dataclasses
import json
import math
import re
from datetime import datetime

import numpy as np
import pytest

from abnormal.errors import AbnormalError
from abnormal.report.contents import relative_url
from abnormal.report.page import write_page
from abnormal.report.page_data import page_data, points_for

HOSTILE = 'a</script><img src=x onerror="alert(1)">&amp;{{ 7 * 7 }}'


@pytest.fixture
def written(make_contents, tmp_path):
    """Writes a page and gives its own part, without the library's script."""

    def write(videos, models=("model",), **options):
        contents = make_contents(videos, models, **options)
        write_page(tmp_path / "report.html", contents, datetime(2026, 1, 2, 3, 4))
        text = (tmp_path / "report.html").read_text("utf-8")
        return text[: text.index("<script>")] + text[text.rindex("<script>") :]

    return write


@pytest.mark.parametrize(
    ("parts", "link"),
    [
        (("videos", "", "gate.mp4"), "videos/gate.mp4"),
        (("videos", "a b", "hall/gate #3.mp4"), "videos/a%20b/hall/gate%20%233.mp4"),
        (("videos", "100%?", "Tür\\x.mp4"), "videos/100%25%3F/T%C3%BCr%5Cx.mp4"),
        (("videos", "", "not-utf8-\udcff.mp4"), "videos/not-utf8-%FF.mp4"),
        (("videos", "", 'q"<>.mp4'), "videos/q%22%3C%3E.mp4"),
    ],
)
def test_paths_become_links(parts, link):
    assert relative_url(*parts) == link


def test_names_from_the_disk_are_only_text(written, scored):
    text = written([scored(HOSTILE, labels=[0, 0, 0, 1, 1])], (HOSTILE, "b"))
    assert "<img src=x" not in text
    assert "a</script>" not in text
    assert "{{ 7 * 7 }}" in text
    assert text.count("<script") == 2  # the data and our own; the library's is cut away
    data = json.loads(re.search(r'id="data">(.*?)</script>', text)[1])
    assert data["videos"][0]["name"] == HOSTILE
    assert data["models"][0]["name"] == HOSTILE


def test_a_name_in_no_encoding_can_be_shown(written, scored):
    assert "not-utf8-?" in written([scored("not-utf8-\udcff")], threshold=math.inf)


def test_nothing_comes_from_elsewhere(written, scored):
    text = written([scored(labels=[0, 0, 0, 1, 1])], ("a", "b"))
    links = re.findall(r'(?:src|href|action)="([^"]*)"', text)
    assert "thumbnails/a/gate-1.jpg" in links
    assert [link for link in links if re.match(r"\w+:(?!,)|//", link) and link != "data:,"] == []
    assert not re.search(r"@import|url\(|fetch\(|XMLHttpRequest|import\(", text)


def test_every_link_within_the_page_has_its_end(written, scored):
    text = written([scored(labels=[0, 0, 0, 1, 1])])
    ids = re.findall(r' id="([^"]*)"', text)
    assert len(ids) == len(set(ids))
    assert set(re.findall(r'href="#([^"]*)"', text)) <= set(ids)
    assert set(re.findall(r'(?:getElementById|byId)\("([^"]*)"\)', text)) <= {
        *ids,
        "filter",
        "count",
    }


def test_it_tells_figures_protocols_and_versions(written, scored):
    text = written([scored(labels=[0, 0, 0, 1, 1])])
    for part in ("100.0 %", "micro_raw", "trained with keras", "2026-01-02 03:04", "bokeh 3"):
        assert part in text, part


def test_what_is_not_finite_is_nothing_to_a_script(make_contents, scored):
    contents = make_contents([scored(frames=4)], threshold=math.inf, release=1.0)
    data = page_data(contents)
    assert data["videos"][0]["seen"][0]["threshold"] is None
    assert data["videos"][0]["abnormal"] is None
    json.dumps(data, allow_nan=False)


def test_the_threshold_of_a_curve_is_that_of_the_camera(make_contents, scored):
    videos = [scored(), dataclasses.replace(scored("lobby"), camera="lobby")]
    contents = make_contents(videos)
    (model,) = contents.models.values()
    own = dataclasses.replace(model.alarm, threshold=4.5, release=3.5)
    alarm = dataclasses.replace(model.alarm, cameras={"lobby": own})
    contents.models["model"] = dataclasses.replace(model, alarm=alarm)
    data = page_data(contents)
    assert [video["seen"][0]["threshold"] for video in data["videos"]] == [2.5, 4.5]


def test_times_and_events_are_in_frames(make_contents, scored):
    (video,) = page_data(make_contents([scored(labels=[0, 1, 1, 0, 1], fps=1.0)]))["videos"]
    assert video["abnormal"] == [(1, 3), (4, 5)]
    (event,) = video["seen"][0]["events"]
    assert event[:2] == (2, 5)
    assert event[2].startswith("The picture as a whole is unusual")
    assert (video["frames"], video["fps"]) == (5, 1.0)


@pytest.mark.parametrize(
    ("lengths", "points"),
    [
        ([90_000], 4000),
        ([90_000] * 60, 4000),
        ([90_000] * 600, 500),
        ([90_000] * 2 + [250] * 1000, 4000),  # short ones leave room for long ones
        ([90_000] * 10**6, 2),
    ],
)
def test_the_more_videos_the_fewer_points_each(lengths, points):
    assert points_for(np.array(lengths), curves=2) == points


def test_curves_have_that_many_points(make_contents, scored, monkeypatch):
    monkeypatch.setattr("abnormal.report.page_data.PAGE_POINTS", 80)
    videos = [scored(f"{number}", 100) for number in range(5)]
    data = page_data(make_contents(videos))
    assert {len(video["seen"][0]["score"]["points"]) for video in data["videos"]} == {24}  # 8 of 2
    assert {video["seen"][0]["score"]["step"] for video in data["videos"]} == {12.5}


def test_it_is_written_whole_or_not_at_all(make_contents, scored, tmp_path, monkeypatch):
    path = tmp_path / "report.html"
    path.write_text("old")

    def stop(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("abnormal.replacing.flush", stop)
    with pytest.raises(AbnormalError, match=r"report\.html cannot be written: No space left"):
        write_page(path, make_contents([scored()]), datetime(2026, 1, 2))
    assert [entry.name for entry in tmp_path.iterdir()] == ["report.html"]
    assert path.read_text() == "old"


def test_protocols_are_named_in_words_with_their_codes(written, scored):
    text = written([scored(labels=[0, 0, 0, 1, 1])])
    assert '<a href="#protocol-micro_raw">all frames together</a> <code>micro_raw</code>' in text


def test_a_page_of_some_of_the_videos_says_so(make_contents, scored, tmp_path):
    contents = dataclasses.replace(make_contents([scored()]), videos_left=3)
    write_page(tmp_path / "report.html", contents, datetime(2026, 1, 2))
    assert "3 more are being scored" in (tmp_path / "report.html").read_text("utf-8")
