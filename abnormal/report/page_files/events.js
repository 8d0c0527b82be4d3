// The table of events: what it shows, in which order, and the way from one event to the next.

const KEYS = {
  place: (event) => event.place,
  model: (event) => event.model,
  peak: (event) => -event.peak,
};

/** All events of all models, in the order of the videos and of time. */
const allEvents = data.videos
  .flatMap((video, place) => video.seen.flatMap((seen, model) =>
    seen.events.map(([start, stop]) => ({ place, start, stop, model }))))
  .sort((one, other) => order(one, other));

function order(one, other) {
  return one.place - other.place || one.start - other.start;
}

/** The event after a frame of a video, or, with a step of -1, the one before. */
function nextEvent(place, frame, step) {
  const here = { place, start: frame };
  if (step > 0) return allEvents.find((event) => order(event, here) > 0);
  return allEvents.findLast((event) => order(event, here) < 0);
}

class EventTable {
  /** onShow is called with the number of the video and the frame. */
  constructor(onShow) {
    this.form = document.getElementById("filter");
    if (!this.form) return; // there was no event
    this.body = document.querySelector("#event-table tbody");
    this.events = [...this.body.rows].map((row) => {
      const { place, model, start, stop, peak } = row.dataset;
      const numbers = { place, model, start, stop, peak };
      for (const name in numbers) numbers[name] = Number(numbers[name]);
      const text = `${data.videos[place].name} ${row.dataset.situation}`.toLowerCase();
      return { ...numbers, row, text, truth: row.dataset.truth };
    });
    this.here = 0;
    for (const { row, place, start } of this.events) {
      row.addEventListener("click", () => onShow(place, start));
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
    for (const { row, text, place, model, truth } of this.events) {
      row.hidden = !text.includes(wanted.text.toLowerCase()) ||
        Boolean(wanted.model && Number(wanted.model) !== model) ||
        Boolean(wanted.truth && wanted.truth !== truth) ||
        Boolean(wanted.here && place !== this.here);
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

  /** Marks what is going on at a frame of a video. */
  mark(place, frame) {
    if (!this.form) return;
    for (const event of this.events) {
      const on = event.place === place && frame >= event.start && frame < event.stop;
      event.row.classList.toggle("now", on);
    }
    if (place !== this.here) {
      this.here = place;
      this.filter();
    }
  }
}
