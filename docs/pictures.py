"""The pictures of the documentation, from the results of the demo: `make pictures`.

python docs/pictures.py RESULTS FOLDER
"""

import argparse
import io
import shutil
from pathlib import Path

import av
import PIL.Image
from playwright.sync_api import sync_playwright

from abnormal.files import read_json

SIZE = {"width": 1200, "height": 860}
COLOURS = 256  # enough for a grey video and some curves, in a third of the bytes


def main() -> None:
    """Writes `cart.png`, `panels.png` and `report.png`."""
    parser = argparse.ArgumentParser(description="Makes the pictures of the documentation.")
    parser.add_argument("results", type=Path)
    parser.add_argument("folder", type=Path)
    args = parser.parse_args()
    events = read_json(args.results / "events.json")
    cart = next(event for event in events if event["situation"] == "cart")
    shutil.copyfile(args.results / f"regularity/{cart['video']}.png", args.folder / "cart.png")
    panels = args.results / f"anomalies/{cart['video']}.mp4"
    shots = {
        "panels": _frame(panels, cart["peak_frame"]),
        "report": _report(args.results / "report.html", cart).convert("RGB"),
    }
    for name, shot in shots.items():
        shot.quantize(COLOURS).save(args.folder / f"{name}.png", optimize=True)


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
