// The cameras at a glance: state, last picture, score of the last hour, and health.

import { ask } from "./ask.js";
import { byId, element, lasting, time } from "./text.js";

const HOUR_SEC = 3600;
const GOOD = ["watching", "waiting", "ended"];
const HEIGHT = 60; // of the curve, in units of its own

class CameraCard {
  constructor(name) {
    this.article = byId("camera-template").content.cloneNode(true).firstElementChild;
    this.article.querySelector("h3").textContent = name;
    this.find = (what) => this.article.querySelector(what);
    this.curve = new Map(); // the score by the time at which its ten seconds began
    const image = this.find("img");
    image.alt = `The last picture of ${name}`;
    image.addEventListener("load", () => this.showPicture(true));
    image.addEventListener("error", () => this.showPicture(false));
  }

  showPicture(isThere) {
    this.find("img").hidden = !isThere;
    this.find(".no-picture").hidden = isThere;
  }

  update(camera) {
    const isBad = !GOOD.includes(camera.state);
    this.article.classList.toggle("bad", isBad);
    this.article.classList.toggle("alarm", camera.alarm && !isBad);
    this.find(".state").textContent = camera.alarm && !isBad ? "alarm" : camera.state;
    if (camera.picture_utc === null) this.showPicture(false);
    else if (!document.hidden && camera.picture_utc !== this.pictureUtc) {
      this.pictureUtc = camera.picture_utc;
      const name = encodeURIComponent(camera.name);
      this.find("img").src = `cameras/${name}/picture.jpg?${camera.picture_utc}`;
    }
    this.draw(camera);
    const health = [
      ["alarms today", camera.alarms_today],
      ["frames", camera.frames.toLocaleString()],
      ["dropped", camera.dropped.toLocaleString()],
    ];
    if (camera.without_network) {
      health.push(["without the network", camera.without_network.toLocaleString()]);
    }
    if (camera.latency_sec) {
      const [median, high] = camera.latency_sec.map((seconds) => seconds.toFixed(2));
      health.push(["latency", `${median} s (95 %: ${high} s)`]);
    }
    if (camera.picture_utc !== null && isBad) {
      health.push(["last picture", time(camera.picture_utc * 1000)]);
    }
    if (camera.regime) health.push(["shows", camera.regime]);
    if (camera.behind_sec > 10) health.push(["behind", lasting(camera.behind_sec)]);
    this.find("dl").replaceChildren(...health.map(([name, value]) => {
      const pair = document.createElement("div");
      pair.append(element("dt", name), element("dd", value));
      return pair;
    }));
  }

  draw({ name, curve, threshold }) {
    for (const [utc, score] of curve) this.curve.set(utc, score);
    const newest = Math.max(Date.now() / 1000, ...this.curve.keys());
    for (const utc of this.curve.keys()) if (utc < newest - HOUR_SEC) this.curve.delete(utc);
    const points = [...this.curve].sort(([one], [other]) => one - other);
    const scores = points.map(([, score]) => score);
    const top = Math.max(2 * threshold, ...scores, 1e-6);
    const y = (score) => HEIGHT - (HEIGHT - 2) * Math.max(0, score) / top;
    const line = points.map(([utc, score]) => `${360 - (newest - utc) / 10},${y(score).toFixed(1)}`);
    this.find("polyline").setAttribute("points", line.join(" "));
    for (const end of ["y1", "y2"]) this.find(".threshold").setAttribute(end, y(threshold));
    const now = scores.length ? scores.at(-1).toFixed(2) : "none yet";
    const text = `Score of the last hour: now ${now}; alarm above ${threshold.toPrecision(3)} (dashed)`;
    this.find(".curve-hint").textContent = text;
    this.find("svg").ariaLabel = `${name}. ${text}`;
  }
}

export class Cameras {
  /** onNames is called with the names of the cameras when they become known or change. */
  constructor(onNames) {
    this.cards = new Map();
    this.onNames = onNames;
  }

  async load() {
    this.show(await ask("cameras"));
  }

  /** Shows what the stream reports. Cameras that have just been set up are loaded as a whole. */
  report(cameras) {
    const isNew = cameras.some(({ name }) => !this.cards.has(name));
    this.show(cameras);
    if (isNew) this.load().catch(() => {}); // without it, only their curves are shorter
  }

  /** Shows these cameras and no others, because the program may have been started with others. */
  show(cameras) {
    byId("starting").hidden = cameras.length > 0;
    const names = cameras.map(({ name }) => name);
    if (names.join() !== [...this.cards.keys()].join()) this.arrange(names);
    for (const camera of cameras) this.cards.get(camera.name).update(camera);
  }

  arrange(names) {
    const cards = names.map((name) => this.cards.get(name) ?? new CameraCard(name));
    this.cards = new Map(names.map((name, number) => [name, cards[number]]));
    byId("camera-list").replaceChildren(...cards.map(({ article }) => article));
    if (names.length) this.onNames(names); // while the program starts, the old ones can be chosen
  }
}
