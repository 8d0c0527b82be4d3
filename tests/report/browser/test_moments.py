"""Curves, videos, keys, links and events of the page lead to the same moment."""

import dataclasses
from datetime import datetime

import numpy as np
import pytest

from abnormal.frames.gaps import Gap
from abnormal.report.page import write_page
from tests.report.browser.browsing import FPS, click_at, frame_shown, times


def test_a_click_on_the_curve_moves_all_videos_to_that_moment(page, number_of):
    assert page.locator("video").count() == 4  # of each model the video and its panels
    click_at(page, 1.55)
    assert times(page) == pytest.approx([1.55] * 4, abs=0.06)
    assert {frame_shown(page, number_of, which) for which in range(4)} == {15}
    assert "frame 15 of 80" in page.locator("#clock").text_content()
    assert page.locator("#slider").input_value() == "15"
    assert page.evaluate("curves.heads.map((head) => head.location)") == [1.55] * 3


def test_a_drag_looks_closer_and_a_double_click_shows_all(page):
    page.locator("#plots").scroll_into_view_if_needed()
    box = page.locator("#plots").bounding_box()
    page.mouse.move(box["x"] + 400, box["y"] + 60)
    page.mouse.down()
    page.mouse.move(box["x"] + 600, box["y"] + 80, steps=5)
    page.mouse.up()
    page.wait_for_function("curves.range.start > 1 && curves.range.end < 6")
    page.evaluate("player.seek(7)")  # what is shown goes along
    start, end = page.evaluate("[curves.range.start, curves.range.end]")
    assert start < 7.05 < end < start + 3
    page.locator("#plots").dblclick(position={"x": 300, "y": 60})
    page.wait_for_function("curves.range.start === 0 && curves.range.end === 8")


def test_the_playhead_runs_along_while_it_plays(page):
    page.keyboard.press(" ")
    page.wait_for_function("curves.heads[0].location > 0.5")
    assert page.locator("#play").text_content() == "Pause"
    page.keyboard.press(" ")
    at = times(page)
    assert at == pytest.approx([at[0]] * 4)
    assert page.evaluate("curves.heads[0].location") == pytest.approx(at[0])
    assert page.evaluate("player.players.every((player) => player.paused)")


def test_what_has_played_to_its_end_begins_again(page):
    page.evaluate("player.speed(4); player.seekFrame(77); player.play()")
    page.wait_for_function("!player.playing")
    assert times(page)[0] > 7.85
    page.locator("#play").click()
    page.wait_for_function("player.playing && player.seconds < 2")


def test_keys_go_from_event_to_event_and_from_frame_to_frame(page):
    seen = []
    for key in ("n", "n", "n", "n", "p", "p", "p"):
        page.keyboard.press(key)
        seen.append((page.locator("#video").input_value(), page.evaluate("player.frame")))
    first, second, last = ("0", 12), ("0", 62), ("2", 12)
    assert seen == [first, second, last, last, second, first, first]
    assert "No earlier event" in page.locator("#said").text_content()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Shift+ArrowLeft")
    assert page.evaluate("player.frame") == 3
    page.keyboard.press("]")
    assert (page.locator("#video").input_value(), page.evaluate("player.frame")) == ("1", 0)


def test_a_row_shows_its_event(page):
    page.locator("#event-table tbody tr").nth(4).get_by_role("button").press("Enter")
    assert page.locator("#video").input_value() == "2"
    assert times(page) == pytest.approx([1.25] * 4)
    assert page.locator("#event-table tr.now").count() == 2


def test_a_link_leads_to_a_moment_and_a_moment_makes_a_link(page, page_file, open_page):
    page.locator("#video").select_option(index=1)
    page.evaluate("player.seekFrame(20)")
    page.wait_for_function("location.hash.endsWith('t=2')")
    again = open_page(page_file, viewport={"width": 1280, "height": 900})
    again.evaluate("(hash) => { location.hash = hash; }", page.evaluate("location.hash"))
    again.wait_for_function("videoIndex === 1 && player.frame === 20")
    again.evaluate("location.hash = 'video=hall/gate&t=6.5'")  # as one would write it
    again.wait_for_function("videoIndex === 0 && player.frame === 65")
    again.evaluate("location.hash = 'events'")  # another link of the page
    assert again.evaluate("player.frame") == 65


def test_a_page_that_opens_at_a_link_shows_one_video(page, page_file):
    page.goto(f"{page_file.as_uri()}#video=gate's end&t=1")
    page.reload()
    page.wait_for_function("byId('plots').bokeh && videoIndex === 2")
    page.wait_for_function("byId('plots').bokeh.model.children[0].x_range.end === 3")
    assert page.locator("#plots > .bk-Column").count() == 1


def test_the_slider_shows_where_the_events_are(page):
    marks = page.evaluate("""[...document.querySelectorAll('#marks rect')]
        .map((mark) => ['x', 'y', 'width'].map((name) => Number(mark.getAttribute(name))))""")
    rows = {row: [(x, width) for x, y, width in marks if int(y) == row] for row in range(3)}
    assert rows[0] == rows[1]
    assert [x for x, _ in rows[0]] == [12, 62]
    assert rows[2] == [(12, 6), (62, 6)]  # what is truly abnormal
    slider, drawn = (page.locator(place).bounding_box() for place in ("#slider", "#marks"))
    assert (drawn["x"] - slider["x"], drawn["width"]) == (8, slider["width"] - 16)


def test_a_video_with_a_gap_has_one_clock(
    open_page, make_results, make_scored, number_of, tmp_path
):
    errors = [0.0] * 20 + [9.0] * 4 + [0.0] * 8
    video = dataclasses.replace(make_scored(errors=errors, fps=FPS), gaps=(Gap(16, 601.6),))
    page = open_page(make_results(tmp_path, [video], threshold=0.5, release=0.5))
    page.keyboard.press("n")
    assert "at 10:02.0, found" in page.locator("#said").text_content()
    assert page.locator("#event-table td[data-label='']").text_content() == "10:02.0"
    assert page.locator("#clock").text_content() == "10:02.0 of 10:03.2, frame 20 of 32"
    assert frame_shown(page, number_of) == 20
    page.wait_for_function("location.hash.endsWith('t=602')")
    for time, frame in (("601.6", 16), ("1.5", 15), ("300", 15), ("603.1", 31), ("9999", 31)):
        page.evaluate(f"location.hash = 'video=gate&t={time}'")
        page.wait_for_function(f"player.frame === {frame}")
    times = page.evaluate("curves.parts[0][0].data_source.data.time")
    assert (times[15], times[16]) == ("0:01.5", "10:01.6")
    assert "a dotted line is a gap" in page.locator("#curves .hint").text_content()
    assert "highest 3.60 at 10:02.3" in page.locator("#plots").get_attribute("aria-label")


def test_an_alarm_is_one_though_its_curve_is_thinned(
    open_page, make_contents, make_scored, wrong, tmp_path
):
    errors = np.zeros(50_000)  # of which 25 are a column of the page
    errors[30_010] = 9
    write_page(
        tmp_path / "report.html",
        make_contents([make_scored(errors=errors, fps=1.0)]),
        datetime(2026, 1, 2),
    )
    page = open_page(tmp_path / "report.html")
    readout = page.locator("[data-readout]")
    for frame, alarm in ((30_009, False), (30_010, True), (30_011, False)):
        page.evaluate(f"player.seekFrame({frame})")
        assert "score up to 9.00" in readout.text_content()
        assert ("ALARM" in readout.text_content()) == alarm
    page.evaluate("player.seekFrame(29_000)")
    assert readout.text_content() == "regularity down to 1.00, score up to 0.00"
    wrong.clear()  # there is no video at all


def test_a_long_video_and_many_of_them_open(open_page, make_contents, make_scored, wrong, tmp_path):
    errors = np.random.default_rng(0).random(100_000)
    errors[50_000:] = 2
    videos = [make_scored("long", errors=errors, labels=errors > 1, fps=25.0)]
    videos += [make_scored(f"{number:03}", 100) for number in range(300)]
    write_page(tmp_path / "report.html", make_contents(videos), datetime(2026, 1, 2))
    assert (tmp_path / "report.html").stat().st_size < 6e6
    page = open_page(tmp_path / "report.html")
    for seconds, score in ((2500, "up to 2.00"), (1500, "up to ")):
        click_at(page, seconds, 4000)
        assert page.evaluate("player.seconds") == pytest.approx(seconds, abs=10)
        assert f"score {score}" in page.locator("[data-readout]").text_content()
    wrong.clear()  # there are no videos at all
