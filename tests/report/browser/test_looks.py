"""What the page shows in each look, and how it is read and filtered."""

from tests.report.browser.browsing import NAMES, click_at, frame_shown


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
