// Connects the parts of the page with the program.

import { Cameras } from "./cameras.js";
import { Events } from "./events.js";
import { Player } from "./player.js";
import { byId } from "./text.js";

/** report.css has its dark colours under this attribute, as its page has a button for them. */
const dark = matchMedia("(prefers-color-scheme: dark)");
const setTheme = () => {
  document.documentElement.dataset.theme = dark.matches ? "dark" : "light";
};
dark.addEventListener("change", setTheme);
setTheme();

const events = new Events((event) => player.open(event));
const player = new Player(events);
const cameras = new Cameras((names) => events.name(names));

function showConnection(isThere) {
  byId("connection").textContent = isThere ? "Live" : "The program does not answer. Trying again …";
  byId("connection").classList.toggle("lost", !isThere);
}

async function start() {
  const [last] = await Promise.all([events.load(), cameras.load()]);
  const stream = new EventSource(`/stream?after=${last}`);
  stream.addEventListener("open", () => showConnection(true));
  stream.addEventListener("error", () => {
    showConnection(false);
    // A browser gives up after an answer such as 503.
    if (stream.readyState === EventSource.CLOSED) setTimeout(() => location.reload(), 10000);
  });
  stream.addEventListener("event", ({ data }) => events.report(JSON.parse(data)));
  stream.addEventListener("cameras", ({ data }) => cameras.report(JSON.parse(data)));
}

start().catch(() => {
  showConnection(false);
  setTimeout(() => location.reload(), 10000);
});
