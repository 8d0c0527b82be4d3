// The list of events, newest first, and "That was no alarm".

import { ask } from "./ask.js";
import { byId, element, lasting, time } from "./text.js";

const MOST = 1000; // events that are shown, unless older ones have been asked for

export class Events {
  /** onOpen is called with an event that is to be played. */
  constructor(onOpen) {
    this.onOpen = onOpen;
    this.onChange = () => {};
    this.rows = new Map(); // by the id of the event
    this.most = MOST;
    this.cursor = 0; // where still older events end in the log
    this.newest = this.oldest = 0; // the highest and the lowest number of a row
    this.list = byId("event-list");
    this.form = byId("filter");
    this.form.addEventListener("input", () => this.filter());
    this.form.addEventListener("submit", (event) => event.preventDefault());
    this.list.addEventListener("keydown", (event) => this.move(event));
    this.list.addEventListener("focusin", ({ target }) => this.enter(target.closest("li")));
    byId("older").addEventListener("click", () => this.loadOlder());
  }

  /** Loads the newest events and returns the id of their last change. */
  async load() {
    const { events, older, last } = await ask("events");
    this.cursor = older;
    for (const event of events.toReversed()) this.put(event);
    this.finish();
    return last;
  }

  async loadOlder() {
    try {
      const { events, older } = await ask(`events?before=${this.cursor}`);
      this.cursor = older;
      for (const event of events) if (!this.rows.has(event.id)) this.put(event, --this.oldest);
      this.most = Math.max(this.most, this.rows.size);
      say("");
      this.finish();
    } catch (error) {
      say(error.message);
    }
  }

  /** Shows an event that is new or has changed. */
  report(event) {
    this.put(event);
    this.finish();
    this.onChange(event);
  }

  /** Shows an event in its row; the number says which rows changed longest ago. */
  put(event, number = ++this.newest) {
    const known = this.rows.get(event.id);
    const row = known ?? this.makeRow(event.id);
    row.shown = event;
    row.number = number;
    fill(row, event);
    if (known) return;
    this.rows.set(event.id, row);
    const later = this.sorted.findIndex((other) => isBefore(other.shown, event));
    if (later < 0) this.sorted.push(row);
    else this.sorted.splice(later, 0, row);
    this.list.insertBefore(row, later < 0 ? null : this.sorted[later + 1]);
  }

  sorted = []; // the rows, newest first

  makeRow(id) {
    const row = byId("event-template").content.cloneNode(true).firstElementChild;
    row.dataset.id = id;
    row.querySelector(".open").addEventListener("click", () => this.onOpen(row.shown));
    row.querySelector(".dismiss").addEventListener("click", () => this.dismiss(row.shown));
    for (const button of row.querySelectorAll("button")) button.tabIndex = -1;
    return row;
  }

  /** Leaves out the events that changed longest ago, so that a page may stay open for months. */
  finish() {
    const surplus = this.sorted.length - this.most;
    if (surplus > 0) {
      const oldest = this.sorted.toSorted((one, other) => one.number - other.number);
      for (const row of oldest.slice(0, surplus)) {
        this.cursor = Math.max(this.cursor, row.shown.cursor);
        this.rows.delete(row.shown.id);
        row.remove();
      }
      this.sorted = this.sorted.filter((row) => row.isConnected);
    }
    byId("older").hidden = this.cursor <= 0;
    this.filter();
  }

  filter() {
    const { camera, alarms } = Object.fromEntries(new FormData(this.form));
    for (const row of this.sorted) {
      const { shown } = row;
      row.hidden = Boolean(camera && shown.camera !== camera) ||
        Boolean(alarms && (shown.kind !== "anomaly" || shown.quiet || shown.dismissed));
    }
    const visible = this.visible();
    byId("none").hidden = visible.length > 0;
    byId("count").textContent = `${visible.length} of ${this.sorted.length} events`;
    if (!visible.some((row) => row.querySelector(".open").tabIndex === 0)) this.enter(visible[0]);
  }

  /** Lets the cameras be chosen. */
  name(cameras) {
    const select = this.form.elements.camera;
    const chosen = select.value;
    select.replaceChildren(select.options[0], ...cameras.map((name) => {
      const option = element("option", name);
      option.value = name;
      return option;
    }));
    select.value = cameras.includes(chosen) ? chosen : "";
  }

  visible() {
    return this.sorted.filter((row) => !row.hidden);
  }

  /** The event so many places below another one in the list; undefined if there is none. */
  neighbour(event, step) {
    const visible = this.visible();
    const here = visible.indexOf(this.rows.get(event.id));
    return here < 0 ? undefined : visible[here + step]?.shown;
  }

  focus(event) {
    this.rows.get(event.id)?.querySelector(".open").focus();
  }

  /** Only the row that has, or had, the focus is reached by the tabulator. */
  enter(row) {
    if (!row || row === this.entered) return;
    for (const button of this.entered?.querySelectorAll("button") ?? []) button.tabIndex = -1;
    for (const button of row.querySelectorAll("button")) button.tabIndex = 0;
    this.entered = row;
  }

  move(event) {
    const visible = this.visible();
    const here = visible.indexOf(event.target.closest("li"));
    const to = { ArrowDown: here + 1, ArrowUp: here - 1, Home: 0, End: visible.length - 1 }[event.key];
    if (to === undefined || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    visible[to]?.querySelector(".open").focus();
  }

  /** Says that an event was no alarm, or takes that back. */
  async dismiss(event) {
    const what = event.dismissed ? "undo" : "dismiss";
    const button = this.rows.get(event.id)?.querySelector(".dismiss");
    if (button) button.disabled = true;
    try {
      const { dismissed } = await ask(`events/${encodeURIComponent(event.id)}/${what}`, {
        method: "POST",
        headers: { "Content-Type": "application/json" },
      });
      say("");
      this.report({ ...this.rows.get(event.id)?.shown ?? event, dismissed });
    } catch (error) {
      say(error.message);
    }
    if (button) button.disabled = false;
  }
}

function isBefore(one, other) {
  return one.start_utc < other.start_utc ||
    (one.start_utc === other.start_utc && one.id < other.id);
}

/** What an event is called: its camera, and its kind unless that is an anomaly. */
export function title({ camera, kind }) {
  return kind === "anomaly" ? camera : `${camera}: ${kind}`;
}

/** What happened, and where in the picture. */
export function described({ text, place, peak_score: score, quiet }) {
  const parts = [text.replace(/\.$/, ""), place, score === null ? "" : `score ${score.toFixed(2)}`];
  if (quiet) parts.push("not sent");
  return parts.filter(Boolean).join(" · ");
}

export function lasted(event) {
  return event.going_on ? "going on" : lasting(event.length_sec);
}

export const dismissText = ({ dismissed }) => dismissed ? "Undo: it was an alarm" : "That was no alarm";

function fill(row, event) {
  row.classList.toggle("going-on", event.going_on);
  row.classList.toggle("dismissed", event.dismissed);
  row.classList.toggle("quiet", event.quiet);
  row.classList.toggle("plain", event.kind !== "anomaly");
  const image = row.querySelector("img");
  image.hidden = !event.has_thumbnail;
  const source = `events/${encodeURIComponent(event.id)}/thumbnail.jpg`;
  if (event.has_thumbnail) image.src = event.going_on ? `${source}?${Date.now()}` : source;
  const [what, when] = [row.querySelector(".what"), row.querySelector(".when")];
  what.replaceChildren(element("b", title(event)), " ", described(event));
  when.textContent = `${time(event.start_utc)}, ${lasted(event)}`;
  const dismiss = row.querySelector(".dismiss");
  dismiss.hidden = event.kind !== "anomaly";
  dismiss.textContent = dismissText(event);
}

/** Says what went wrong, in the page and in the dialog that may be before it. */
export function say(text) {
  for (const said of document.querySelectorAll(".said")) {
    said.textContent = text;
    said.hidden = !text;
  }
}
