// The clip of an event, in a dialog that the keyboard controls.

import { ask } from "./ask.js";
import { described, dismissText, lasted, say, title } from "./events.js";
import { byId, time } from "./text.js";

const RETRY_MS = 2000; // a clip is written some seconds after its event

export class Player {
  constructor(events) {
    this.events = events;
    this.dialog = byId("player");
    this.video = byId("clip");
    this.dialog.addEventListener("close", () => this.leave());
    this.dialog.addEventListener("keydown", (event) => this.press(event));
    this.dialog.addEventListener("click", ({ target }) => {
      if (target === this.dialog) this.dialog.close(); // beside it
    });
    this.video.addEventListener("error", () => this.say("This clip cannot be played."));
    byId("close").addEventListener("click", () => this.dialog.close());
    byId("newer-event").addEventListener("click", () => this.step(-1));
    byId("older-event").addEventListener("click", () => this.step(1));
    byId("player-dismiss").addEventListener("click", () => this.events.dismiss(this.event));
    events.onChange = (event) => {
      if (event.id === this.event?.id) this.update(event);
    };
  }

  open(event) {
    this.stop();
    say("");
    this.update(event);
    if (!this.dialog.open) this.dialog.showModal();
    this.dialog.focus();
    this.load();
  }

  /** Shows what has become known about the event. */
  update(event) {
    this.event = event;
    byId("player-title").textContent = `${title(event)}, ${time(event.start_utc)}`;
    byId("player-text").textContent = `${described(event)} · ${lasted(event)}`;
    byId("player-dismiss").hidden = event.kind !== "anomaly";
    byId("player-dismiss").textContent = dismissText(event);
    byId("newer-event").disabled = !this.events.neighbour(event, -1);
    byId("older-event").disabled = !this.events.neighbour(event, 1);
  }

  /** Plays the clip as soon as it is there. */
  async load() {
    const { event } = this;
    const url = `events/${encodeURIComponent(event.id)}`;
    const { playable, reason } = await ask(url).catch(({ message }) => ({ reason: message }));
    if (event.id !== this.event?.id) return; // another one has been opened
    if (playable) {
      this.say("");
      this.video.hidden = false;
      this.video.src = `${url}/clip.mp4`;
      this.video.play().catch(() => {}); // it has been closed meanwhile
      return;
    }
    this.say(reason ?? this.missing());
    if (this.event.has_clip) this.timer = setTimeout(() => this.load(), RETRY_MS);
  }

  missing() {
    const { going_on: goingOn, has_clip: hasClip } = this.event;
    if (!hasClip) return "There is no clip of this event.";
    return goingOn
      ? "The event goes on. Its clip will be here some seconds after its end."
      : "The clip is not here yet, or has been deleted.";
  }

  say(text) {
    byId("player-note").textContent = text;
    byId("player-note").hidden = !text;
    if (text) this.video.hidden = true;
  }

  step(places) {
    const event = this.events.neighbour(this.event, places);
    if (event) this.open(event);
  }

  press(event) {
    const seek = (seconds) => { this.video.currentTime += seconds; };
    const act = {
      " ": () => (this.video.paused ? this.video.play().catch(() => {}) : this.video.pause()),
      ArrowLeft: () => seek(-1),
      ArrowRight: () => seek(1),
      ArrowUp: () => this.step(-1),
      ArrowDown: () => this.step(1),
    }[event.key];
    if (!act || event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.key === " " && event.target.matches("button")) return; // space presses it
    event.preventDefault();
    act();
  }

  stop() {
    clearTimeout(this.timer);
    this.video.pause();
    this.video.removeAttribute("src");
    this.video.load();
  }

  leave() {
    this.stop();
    const { event } = this;
    this.event = null;
    this.events.focus(event);
  }
}
