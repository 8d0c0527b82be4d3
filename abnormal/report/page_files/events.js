// The table of events: what it shows, in which order, and the way from one event to the next.

const KEYS = {
  place: (row) => Number(row.dataset.place),
  model: (row) => Number(row.dataset.model),
  peak: (row) => -Number(row.dataset.peak),
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
    this.rows = [...this.body.rows];
    this.here = 0;
    for (const row of this.rows) {
      row.addEventListener("click", () =>
        onShow(Number(row.dataset.place), Number(row.dataset.start)));
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
    const text = wanted.text.toLowerCase();
    for (const row of this.rows) {
      const { place, model, truth } = row.dataset;
      row.hidden = !data.videos[place].name.toLowerCase().includes(text) ||
        Boolean(wanted.model && wanted.model !== model) ||
        Boolean(wanted.truth && wanted.truth !== truth) ||
        Boolean(wanted.here && Number(place) !== this.here);
    }
    const shown = this.rows.filter((row) => !row.hidden).length;
    document.getElementById("count").textContent = `${shown} of ${this.rows.length} events`;
  }

  sort(button) {
    const key = KEYS[button.dataset.sort];
    for (const head of document.querySelectorAll("#event-table [aria-sort]")) {
      head.removeAttribute("aria-sort");
    }
    const falling = button.dataset.sort === "peak";
    button.closest("th").ariaSort = falling ? "descending" : "ascending";
    this.body.append(...this.rows.toSorted((one, other) => key(one) - key(other)));
  }

  /** Marks what is going on at a frame of a video. */
  mark(place, frame) {
    if (!this.form) return;
    for (const row of this.rows) {
      const { place: of, start, stop } = row.dataset;
      const on = Number(of) === place && frame >= Number(start) && frame < Number(stop);
      row.classList.toggle("now", on);
    }
    if (place !== this.here) {
      this.here = place;
      this.filter();
    }
  }
}
