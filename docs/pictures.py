"""The pictures of the documentation, from the results of the demo: `make pictures`.

python docs/pictures.py RESULTS FOLDER
"""

import argparse
import io
import shutil
from pathlib import Path

import av
import pandas as pd
import PIL.Image
from playwright.sync_api import sync_playwright

from abnormal.files import read_json
from abnormal.report.figure import ABNORMAL_COLOUR, ALARM_COLOUR, COLOURS, drawing
from abnormal.scoring.calibration import ALARM_SURPRISE
from abnormal.scoring.false_alarms import RELEASE_DROP

SIZE = {"width": 1200, "height": 860}
SHADES = 256  # enough for a grey video and some curves, in a third of the bytes
TEXT_PT = 11
MIDDLE = {"ha": "center", "va": "center", "size": TEXT_PT}
EVENT_AT = 4.9  # where the bar of the event is drawn
CIRCLE = {"boxstyle": "circle,pad=0.2", "fc": "white", "ec": "black", "lw": 0.8}


def main() -> None:
    """Writes `cart.png`, `curve.png`, `panels.png` and `report.png`."""
    parser = argparse.ArgumentParser(description="Makes the pictures of the documentation.")
    parser.add_argument("results", type=Path)
    parser.add_argument("folder", type=Path)
    args = parser.parse_args()
    events = read_json(args.results / "events.json")
    cart, runner = (
        next(event for event in events if event["situation"] == kind) for kind in ("cart", "runner")
    )
    shutil.copyfile(args.results / f"regularity/{cart['video']}.png", args.folder / "cart.png")
    curve = args.folder / "curve.png"
    _draw_curve(args.results, runner, curve)
    panels = args.results / f"anomalies/{cart['video']}.mp4"
    shots = {
        "curve": PIL.Image.open(curve).convert("RGB"),
        "panels": _frame(panels, cart["peak_frame"]),
        "report": _report(args.results / "report.html", cart).convert("RGB"),
    }
    for name, shot in shots.items():
        shot.quantize(SHADES).save(args.folder / f"{name}.png", optimize=True)


def _draw_curve(results: Path, event: dict, path: Path) -> None:
    """Draws a video's score and its event, with the numbers that docs/FIGURES.md explains."""
    table = pd.read_csv(results / "scores.csv")
    table = table[table["video"] == event["video"]]
    sec, score = table["time_sec"].to_numpy(), table["score"].to_numpy()
    true, begin, end = sec[table["label"] == 1], event["start_sec"], event["end_sec"]
    release = ALARM_SURPRISE - RELEASE_DROP
    with drawing(path, 3.8) as figure:
        curve = figure.subplots()
        picture = curve.inset_axes((0.02, 0.47, 0.42, 0.5))
        curve.axvspan(true[0], true[-1], color=ABNORMAL_COLOUR, lw=0)
        curve.plot(sec, score, color=COLOURS[0], lw=1.8)
        curve.axhline(ALARM_SURPRISE, color=COLOURS[0], ls=(0, (6, 3)), lw=1)
        curve.axhline(release, color=COLOURS[0], ls=":", lw=1.2)
        curve.fill_between(sec, 0, 0.12, where=score > ALARM_SURPRISE, color=ALARM_COLOUR, lw=0)
        curve.plot((begin, end), (EVENT_AT, EVENT_AT), "k|-", ms=8)
        curve.plot(event["peak_sec"], event["peak_score"], "o", color=ALARM_COLOUR)
        curve.set_xlabel("time (s)", size=TEXT_PT)
        curve.set_ylabel("score", size=TEXT_PT)
        curve.tick_params(labelsize=TEXT_PT)
        curve.set(xlim=(0, sec[-1]), ylim=(0, 5.6))
        before = score[sec < begin - 0.4]  # where it almost began
        almost = sec[before.argmax()], before.max()
        parts = {
            (1.6, 0.55): "score",
            (1.6, ALARM_SURPRISE + 0.3): "threshold",
            (1.6, release + 0.3): "release",
            (almost[0] - 0.1, almost[1] + 0.4): "",
            (begin - 0.3, EVENT_AT): "",
            (event["peak_sec"] + 0.1, event["peak_score"] + 0.4): "",
            (end + 0.35, EVENT_AT): "",
            (true[0] + 0.25, 3.2): "",
        }
        for number, ((right, up), word) in enumerate(parts.items(), 1):
            curve.text(right, up, str(number), **MIDDLE, bbox=CIRCLE)
            curve.text(right + 0.25, up, word, va="center", size=TEXT_PT)
        curve.text((begin + end) / 2, EVENT_AT + 0.3, "event", **MIDDLE)
        thumbnail = PIL.Image.open(results / f"thumbnails/{event['video']}-{event['event']}.jpg")
        picture.imshow(thumbnail, interpolation="nearest")
        left, top = event["left"] * thumbnail.width, event["top"] * thumbnail.height
        picture.text(left - 20, top, "9", **MIDDLE, bbox=CIRCLE)
        picture.set_axis_off()


def _frame(path: Path, number: int) -> PIL.Image.Image:
    with av.open(str(path)) as container:
        for found, frame in enumerate(container.decode(video=0)):
            if found == number:
                return frame.to_image()
    raise ValueError(f"{path} has no frame {number}")


def _report(path: Path, event: dict) -> PIL.Image.Image:
    """The page at the peak of an event."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"))
        page = browser.new_page(viewport=SIZE)
        page.goto(path.absolute().as_uri())
        page.wait_for_function("document.querySelector('#plots').bokeh")
        page.locator("#video").select_option(label=event["video"])
        page.evaluate("(frame) => player.seekFrame(frame)", event["peak_frame"])
        page.wait_for_function("player.players.every((player) => !player.seeking)")
        page.wait_for_timeout(500)
        shot = page.screenshot()
        browser.close()
    return PIL.Image.open(io.BytesIO(shot))


if __name__ == "__main__":
    main()
