"""What the tests of the page in a browser do and look at."""

import io

import numpy as np
import PIL.Image

FPS = 10.0
NAMES = ("hall/gate", 'Tür #2 100% "<script>x</script>"', "gate's end")


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
