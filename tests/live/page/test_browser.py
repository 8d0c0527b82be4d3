"""The page in a real browser, used as one would use it."""

import time

import numpy as np
import pytest

from abnormal.live.page import stream
from abnormal.video.jpeg import to_jpeg

STREET = np.random.default_rng(0).integers(60, 190, (120, 160, 3), np.uint8)
EVIL = '<img src=x onerror="document.title=1"><script>document.title=2</script>'


@pytest.fixture
def open_page(chromium, watch, wrong):
    contexts = []

    def open_one(**look):
        contexts.append(chromium.new_context(**look))
        page = contexts[-1].new_page()
        page.on("console", lambda m: wrong.append(m.text) if m.type in ("error", "warning") else 0)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("request", lambda r: 0 if r.url.startswith(watch.address) else wrong.append(r.url))
        page.goto(watch.address)
        page.locator("#connection", has_text="Live").wait_for()
        return page

    yield open_one
    for context in contexts:
        context.close()


@pytest.fixture
def events(watch, make_event):
    """Three events, of which the last two have clips."""
    now = time.time() - 60
    made = [
        make_event(0, utc=now, clip=None, detail=EVIL),
        make_event(1, utc=now, sentence="Somebody runs."),
        make_event(2, utc=now, kind="covered", camera="Hof-süd", peak_score=None),
    ]
    for event in made:
        watch.draw(event, STREET)
        watch.tell(event)
    (watch.output / "clips" / f"{made[0].id}.mp4").unlink()
    watch.see(0, now, 0.5, to_jpeg(STREET))
    watch.see(0, now + 30, 4.5, to_jpeg(STREET))
    return made


def wait_for(page, expression):
    """Playwright's own way is forbidden by the page's policy."""
    deadline = time.monotonic() + 30
    while not page.evaluate(expression):
        assert time.monotonic() < deadline, expression
        page.wait_for_timeout(20)


def rows(page):
    return page.locator(".event:visible .what").all_text_contents()


def test_it_opens_without_a_complaint_in_every_look(open_page, events, look):
    page = open_page(**look)
    assert page.evaluate("document.documentElement.scrollWidth") <= look["viewport"]["width"]
    assert page.title() == "How regular? Live"
    paper = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (paper == "rgb(255, 255, 255)") == (look.get("color_scheme") != "dark")
    assert rows(page) == [
        "Hof-süd: covered faster than is usual here · in the lower left",
        "gate Somebody runs · score 2.50",
        f"gate {EVIL} · in the lower left · score 2.50",
    ]
    wait_for(
        page,
        "[...document.querySelectorAll('.event img, #camera-list img:not([hidden])')]"
        ".every((image) => image.complete && image.naturalWidth > 100)",
    )
    assert page.locator(".camera .state").all_text_contents() == ["watching", "waiting"]
    assert "now 4.50; alarm above 2.00" in page.locator(".curve-hint").first.text_content()


def test_it_shows_the_cameras_that_are_watched_and_else_that_the_program_is_starting(
    open_page, watch, monkeypatch
):
    monkeypatch.setattr(stream, "TICK_SEC", 0.2)
    (gate, yard), watch.watched.cameras = watch.watched.cameras, []
    page = open_page()
    titles, camera = page.locator(".camera h3"), page.locator("[name=camera]")
    assert page.locator("#starting").is_visible()
    watch.watched.cameras = [gate, yard]
    titles.first.wait_for()
    assert titles.all_text_contents() == [gate.name, yard.name]
    assert not page.locator("#starting").is_visible()
    camera.select_option(yard.name)
    watch.watched.cameras = []  # the program is started again
    page.locator("#starting").wait_for()
    assert titles.all_text_contents() == []
    assert camera.input_value() == yard.name
    watch.watched.cameras = [gate]
    titles.first.wait_for()
    assert titles.all_text_contents() == [gate.name]
    assert camera.locator("option").all_text_contents() == ["all", gate.name]


def test_what_happens_is_shown_without_a_reload(open_page, watch, events, make_event):
    page = open_page()
    new = make_event(7, "opened", utc=time.time() - 60, thumbnail=None)
    watch.tell(new)
    row = page.locator(f"[data-id='{new.id}']")
    assert "going on" in row.locator(".when").text_content(timeout=5000)
    watch.watched.cameras[0].report("disconnected", "opened")
    watch.tell(make_event(7, "closed", utc=time.time() - 60, thumbnail=None))
    row.locator(".when", has_text="2.5 s").wait_for()
    page.locator(".camera.bad .state", has_text="disconnected").wait_for()
    page.locator("[name=alarms]").check()
    assert len(rows(page)) == 3
    page.locator("[name=camera]").select_option("Hof-süd")
    assert rows(page) == []
    assert page.locator("#none").is_visible()


def test_the_keyboard_plays_clips(open_page, events):
    page = open_page()
    page.locator("[name=alarms]").focus()
    page.keyboard.press("Tab")  # one stop for all events
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    wait_for(page, "document.querySelector('#clip').currentTime > 0.1")
    assert page.locator("#player-title").text_content().startswith("gate, ")
    page.keyboard.press(" ")
    assert page.evaluate("document.querySelector('#clip').paused")
    page.keyboard.press("ArrowRight")
    wait_for(page, "document.querySelector('#clip').currentTime > 1")
    page.keyboard.press("ArrowDown")  # this one has no clip
    page.locator("#player-note", has_text="There is no clip of this event.").wait_for()
    assert not page.locator("#clip").is_visible()
    page.keyboard.press("Escape")
    assert not page.locator("#player").is_visible()
    # The browser first gives the focus back to the event that was opened.
    wait_for(page, f"document.activeElement.closest('li').dataset.id === '{events[0].id}'")
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"


def test_a_clip_plays_as_soon_as_it_is_there(open_page, watch, make_event):
    event = make_event(5, "opened", thumbnail=None)
    watch.tell(event)
    page = open_page()
    page.locator(".event .open").click()
    page.locator("#player-note", has_text="The event goes on.").wait_for()
    watch.draw(event, STREET)
    watch.tell(make_event(5, "closed"))
    wait_for(page, "document.querySelector('#clip').currentTime > 0.1")
    assert not page.locator("#player-note").is_visible()


def test_that_was_no_alarm_and_undo(open_page, watch, events, wrong):
    page = open_page()
    row = page.locator(f"[data-id='{events[1].id}']")
    row.get_by_text("That was no alarm").click()
    row.get_by_text("Undo: it was an alarm").wait_for()
    assert watch.watched.dismissals.ids() == {events[1].id}
    page.reload()
    row.get_by_text("Undo: it was an alarm").click()
    row.get_by_text("That was no alarm").wait_for()
    assert watch.watched.dismissals.ids() == frozenset()
    watch.watched.dismissals.dismiss(events[1].id)  # by somebody else
    row.get_by_text("That was no alarm").click()
    page.locator("#said", has_text="is dismissed already").wait_for()
    assert ["409" in text for text in wrong] == [True]
    wrong.clear()


def test_the_address_with_the_token_can_be_clicked_in_a_page_of_another_site(chromium, open_watch):
    with open_watch("0.0.0.0:0") as watch:
        port, token = watch.address.split(":")[2].split("/token/")
        link = f"<a href='http://127.0.0.1:{port}/token/{token}'>the page</a>"
        page = chromium.new_page()
        page.route("http://chat.example/", lambda r: r.fulfill(body=link, content_type="text/html"))
        page.goto("http://chat.example/")
        page.locator("a").click()
        page.locator("#connection", has_text="Live").wait_for(timeout=10000)
        page.close()


def test_a_program_that_hangs_is_said_wherever_one_looks_and_followed_again(
    open_page, watch, events, monkeypatch
):
    page = open_page(viewport={"width": 400, "height": 300})
    page.clock.install()
    monkeypatch.setattr(stream, "TICK_SEC", 600.0)
    page.reload()
    connection = page.locator("#connection")
    page.locator("#connection", has_text="Live").wait_for()
    page.evaluate("document.querySelector('#event-list').scrollIntoView()")
    page.clock.run_for(9000)
    assert connection.text_content() == "Live"
    page.clock.run_for(2000)
    page.locator("#connection", has_text="The program does not answer.").wait_for()
    assert 0 <= connection.bounding_box()["y"] < 100
    assert page.evaluate("getComputedStyle(document.querySelector('#cameras')).opacity") == "0.5"
    page.clock.run_for(6000)
    page.locator("#connection", has_text="Live").wait_for()


def test_why_something_is_refused_is_said_in_words(chromium, open_watch, make_event):
    with open_watch("0.0.0.0:0") as watch:
        watch.tell(make_event(1))
        address, token = watch.address.split("/token/")
        page = chromium.new_page()
        page.goto(f"http://127.0.0.1:{address.rpartition(':')[2]}/token/{token}")
        page.locator("#connection", has_text="Live").wait_for()
        page.context.clear_cookies()
        page.get_by_text("That was no alarm").first.click()
        page.locator("#said", has_text="This page needs its token. Open the address").wait_for()
        page.route("**/dismiss", lambda route: route.fulfill(status=502, body="<h1>Oh</h1>"))
        page.get_by_text("That was no alarm").first.click()
        page.locator("#said", has_text="502 Bad Gateway is no answer of the program.").wait_for()
        page.locator(".event .open").click()
        assert not page.locator("#player .said").is_visible()  # it was about another attempt
        page.locator("#player-dismiss").click()
        page.locator("#player .said", has_text="502 Bad Gateway").wait_for()
        page.close()


def test_of_many_events_those_that_changed_last_stay_though_the_log_was_cut(open_page):
    shown = open_page().evaluate("""async () => {
        const { Events } = await import("./files/events.js");
        const events = new Events(() => {});
        events.most = 3;
        for (const [number, cursor] of [700, 800, 900, 100, 200].entries()) {
            const start_utc = new Date(1e12 + 1e4 * number).toISOString();
            events.report({ id: `${number}`, start_utc, cursor, text: "", peak_score: null });
        }
        return events.sorted.map((row) => row.shown.id);
    }""")
    assert shown == ["4", "3", "2"]
