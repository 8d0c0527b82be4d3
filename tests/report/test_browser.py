"""The page in a real browser, used as one would use it."""

import dataclasses
import io
from datetime import datetime

import numpy as np
import PIL.Image
import pytest

from abnormal.frames.gaps import Gap
from abnormal.report.page import write_page

FPS = 10.0
NAMES = ("hall/gate", 'Tür #2 100% "<script>x</script>"', "gate's end")


@pytest.fixture(scope="module")
def page_file(tmp_path_factory, make_results, make_scored):
    """Three videos of some seconds as two models see them."""
    folder = tmp_path_factory.mktemp("a folder #1")
    quiet, loud = [0.0] * 30, [0.0] * 12 + [9.0] * 6 + [0.0] * 12
    labels = [0] * 12 + [1] * 6 + [0] * 12
    videos = [
        make_scored(
            NAMES[0], labels=labels + [0] * 20 + labels, errors=loud + [0.0] * 20 + loud, fps=FPS
        ),
        make_scored(NAMES[1], labels=labels, errors=quiet, fps=FPS),
        make_scored(NAMES[2], labels=[0] * 30, errors=loud[::-1], fps=FPS),
    ]
    return make_results(folder, videos, ("first", "<b>second"), threshold=0.5, release=0.5)


@pytest.fixture
def open_page(chromium, page_file, wrong):
    contexts = []

    def open_one(path=page_file, **look):
        contexts.append(chromium.new_context(**look))
        page = contexts[-1].new_page()
        page.on("console", lambda m: wrong.append(m.text) if m.type in ("error", "warning") else 0)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("request", lambda r: wrong.append(r.url) if r.url.startswith("http") else 0)
        page.goto(path.as_uri())
        page.wait_for_function("document.querySelector('#plots').bokeh")
        return page

    yield open_one
    for context in contexts:
        context.close()


@pytest.fixture
def page(open_page):
    return open_page(viewport={"width": 1280, "height": 900})


def times(page):
    page.wait_for_function("[...document.querySelectorAll('video')].every((v) => !v.seeking)")
    return page.evaluate("[...document.querySelectorAll('video')].map((v) => v.currentTime)")


def frame_shown(page, number_of, which=0):
    """The number that the picture on the screen tells."""
    times(page)
    page.wait_for_timeout(100)
    shot = page.locator("video").nth(which).screenshot()
    with PIL.Image.open(io.BytesIO(shot)) as picture:
        grey = np.asarray(picture.convert("L"))
    inner = grey[grey.shape[0] // 3 : grey.shape[0] // 2]
    return number_of(inner)


def click_at(page, seconds, duration=8.0):
    """Clicks on the curve of the regularity; at first the moment is another one."""
    before = page.evaluate("player.seconds")
    left, right = page.evaluate(
        "(({ left, right }) => [left, right])(byId('plots').bokeh.child_views[0].frame.bbox)"
    )
    x = left + (right - left) * seconds / duration
    page.locator("#plots").click(position={"x": x, "y": 60})
    page.wait_for_function(f"player.seconds !== {before}")


def shown_rows(page):
    return page.locator("#event-table tbody tr:visible").count()


def test_it_opens_without_a_complaint_in_every_look(open_page, look):
    page = open_page(**look)
    width = look["viewport"]["width"]
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate("[...document.querySelectorAll('video')].every((v) => !v.error)")
    paper = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (paper == "rgb(255, 255, 255)") == (look.get("color_scheme") != "dark")
    page.locator("#theme").click()
    changed = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert changed != paper


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


def test_keys_leave_fields_and_the_browser_alone(page):
    page.locator("#filter input[type=search]").focus()
    page.keyboard.type("n ]")
    assert page.locator("#filter input[type=search]").input_value() == "n ]"
    page.locator("#theme").focus()
    page.keyboard.press("Control+n")
    assert page.evaluate("player.frame") == 0
    assert page.locator("#video").input_value() == "0"


def test_the_table_of_events_filters_and_sorts(page):
    assert shown_rows(page) == 6  # three events, two models
    page.locator("#filter input[type=search]").fill("HALL")
    assert shown_rows(page) == 4
    assert page.locator("#count").text_content() == "4 of 6 events"
    page.locator("#filter [name=model]").select_option(label="<b>second")
    assert shown_rows(page) == 2
    page.locator("#filter input[type=search]").fill("")
    page.locator("#filter [name=truth]").select_option("false alarm")
    assert shown_rows(page) == 1
    page.locator("#filter [name=here]").check()
    assert shown_rows(page) == 0
    page.keyboard.press("Escape")
    page.locator("#next-video").click()
    page.locator("#next-video").click()
    assert shown_rows(page) == 1
    page.get_by_role("button", name="Model").click()
    assert page.locator("th[aria-sort]").text_content() == "Model"


def test_a_row_shows_its_event(page):
    page.locator("#event-table tbody tr").nth(4).get_by_role("button").press("Enter")
    assert page.locator("#video").input_value() == "2"
    assert times(page) == pytest.approx([1.25] * 4)
    assert page.locator("#event-table tr.now").count() == 2


def test_names_are_names_and_paths_are_paths(page, number_of):
    page.locator("#video").select_option(index=1)
    assert page.locator("#video option").nth(1).text_content().strip() == NAMES[1]
    assert NAMES[1] in page.locator("#plots").get_attribute("aria-label")
    assert page.locator("main b").count() == 0
    click_at(page, 2.05, 3.0)
    assert frame_shown(page, number_of) == 20
    page.mouse.move(640, 300)  # the tooltip has names, too
    page.wait_for_timeout(300)
    assert page.locator("main b").count() == 0


def test_a_model_is_hidden_by_its_box_in_the_legend(page):
    page.locator("#curves-legend input").first.uncheck()
    assert page.evaluate("curves.parts.map((parts) => parts.map((part) => part.visible))") == [
        [False] * 4,
        [True] * 4,
    ]


def test_everything_that_acts_has_a_name_and_is_reached_by_the_tab_key(page):
    nameless = page.evaluate("""[...document.querySelectorAll('button, input, select, video, img')]
        .filter((e) => !(e.ariaLabel || e.textContent.trim() || e.labels?.length || e.alt !== null
            && e.hasAttribute('alt'))).map((e) => e.outerHTML)""")
    assert nameless == []
    reached = []
    for _ in range(12):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.id"))
    order = ["theme", "video", "next-video", "previous-event", "play", "next-event", "speed"]
    assert [name for name in reached if name in order] == order


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


def test_a_phone_shows_the_whole_of_each_event(open_page):
    page = open_page(viewport={"width": 390, "height": 844}, is_mobile=True, has_touch=True)
    cut_off = page.evaluate("""[...document.querySelectorAll('#event-table td')]
        .filter((cell) => cell.getBoundingClientRect().right > innerWidth)
        .map((cell) => cell.textContent)""")
    assert cut_off == []
    assert page.locator("#event-table .truth").first.is_visible()


def test_axes_fit_what_they_show(page):
    low, high = page.evaluate(
        "(({ start, end }) => [start, end])(byId('plots').bokeh.model.children[0].y_range)"
    )
    lowest = page.evaluate("Math.min(...unpack(data.videos[0].seen[0].regularity).values)")
    assert lowest - 0.1 < low < lowest
    assert 1 < high < 1.1


def test_on_paper_there_are_figures_in_place_of_curves(page):
    page.emulate_media(media="print")
    assert not page.locator("#plots").is_visible()
    assert not page.locator("#filter").is_visible()
    assert page.locator("#printed").get_attribute("src") == "regularity/hall/gate.png"
    assert page.locator("#roc-figure img").is_visible()
    page.set_viewport_size({"width": 718, "height": 1000})  # A4 with the usual margins
    assert page.evaluate("document.documentElement.scrollWidth") <= 718


def test_videos_that_are_gone_are_named_and_the_rest_works(open_page, page_file, wrong, tmp_path):
    alone = tmp_path / "report.html"
    alone.write_bytes(page_file.read_bytes())
    page = open_page(alone)
    note = page.locator(".note").first
    note.wait_for()
    assert "cannot be played: hall/gate as first sees it" in note.text_content()
    click_at(page, 1.55)
    assert "frame 15 of 80" in page.locator("#clock").text_content()
    page.keyboard.press(" ")
    assert page.locator("#play").text_content() == "Play"
    assert set(wrong) == {"Failed to load resource: net::ERR_FILE_NOT_FOUND"}
    wrong.clear()


def test_without_labels_and_without_events(open_page, make_results, make_scored, tmp_path):
    videos = [make_scored("gate", frames=8)]
    page = open_page(make_results(tmp_path, videos, threshold=float("inf"), release=0.0))
    assert "no labels" in page.locator("#figures").text_content()
    assert "There were no events" in page.locator("#events").text_content()
    assert page.locator("#roc-figure").count() == 0  # nor does the page ask for its picture
    page.keyboard.press("n")
    assert "No later event" in page.locator("#said").text_content()


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
