import pytest

from tests.report.browser.browsing import FPS, NAMES


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
