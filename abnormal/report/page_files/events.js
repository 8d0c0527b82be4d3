// The table of events with its filter and its order, and the search for the next event.

const KEYS = {
  place: (event) => event.videoIndex,
  model: (event) => event.model,
  peak: (event) => -event.peak,
};

/** All events of all models, in the order of the videos and of time. */
const allEvents = data.videos
  .flatMap((video, videoIndex) => video.seen.flatMap((seen, model) =>
    seen.events.map(([start, stop]) => ({ videoIndex, start, stop, model }))))
  .sort((one, other) => order(one, other));

function order(one, other) {
  return one.videoIndex - other.videoIndex || one.start - other.start;
}

/** The event after a frame of a video, or, with a step of -1, the one before. */
function nextEvent(videoIndex, frame, step) {
  const here = { videoIndex, start: frame };
  if (step > 0) return allEvents.find((event) => order(event, here) > 0);
  return allEvents.findLast((event) => order(event, here) < 0);
}

class EventTable {
  /** onShow is called with the index of the video and the number of the frame. */
  constructor(onShow) {
    this.form = document.getElementById("filter");
    if (!this.form) return; // there are no events
    this.body = document.querySelector("#event-table tbody");
    this.events = [...this.body.rows].map((row) => {
      const { place: videoIndex, model, start, stop, peak } = row.dataset;
      const numbers = { videoIndex, model, start, stop, peak };
      for (const name in numbers) numbers[name] = Number(numbers[name]);
      const text = `${data.videos[videoIndex].name} ${row.dataset.situation}`.toLowerCase();
      return { ...numbers, row, text, truth: row.dataset.truth };
    });
    this.here = 0;
    for (const { row, videoIndex, start } of this.events) {
      row.addEventListener("click", () => onShow(videoIndex, start));
    }
    for (const button of document.querySelectorAll("#event-table [data-sort]")) {
      button.addEventListener("click", () => this.sort(button));
    }
    this.form.addEventListener("input", () => this.filter());
    this.form.addEventListener("submit", (event) => event.preventDefault());
    this.filter();
  }

  filter() {
    if (!this.form) return;
    const wanted = Object.fromEntries(new FormData(this.form));
    for (const { row, text, videoIndex, model, truth } of this.events) {
      row.hidden = !text.includes(wanted.text.toLowerCase()) ||
        Boolean(wanted.model && Number(wanted.model) !== model) ||
        Boolean(wanted.truth && wanted.truth !== truth) ||
        Boolean(wanted.here && videoIndex !== this.here);
    }
    const shown = this.events.filter(({ row }) => !row.hidden).length;
    document.getElementById("count").textContent = `${shown} of ${this.events.length} events`;
  }

  sort(button) {
    const key = KEYS[button.dataset.sort];
    for (const head of document.querySelectorAll("#event-table [aria-sort]")) {
      head.removeAttribute("aria-sort");
    }
    const falling = button.dataset.sort === "peak";
    button.closest("th").ariaSort = falling ? "descending" : "ascending";
    const sorted = this.events.toSorted((one, other) => key(one) - key(other));
    this.body.append(...sorted.map(({ row }) => row));
  }

  /** Marks the events that are going on at a frame of a video. */
  mark(videoIndex, frame) {
    if (!this.form) return;
    for (const event of this.events) {
      const on = event.videoIndex === videoIndex && frame >= event.start && frame < event.stop;
      event.row.classList.toggle("now", on);
    }
    if (videoIndex !== this.here) {
      this.here = videoIndex;
      this.filter();
    }
  }
}
