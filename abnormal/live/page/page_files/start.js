// Connects the parts of the page with the program.

import { NO_ANSWER } from "./ask.js";
import { Cameras } from "./cameras.js";
import { Events } from "./events.js";
import { Player } from "./player.js";
import { byId } from "./text.js";

const SILENT_MS = 10000; // the program reports the cameras every two seconds
const RETRY_MS = 5000;

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

/** Says why the program is not heard; without a reason that it is. */
function showConnection(reason) {
  const text = reason ? `${reason} Trying again …` : "Live";
  const connection = byId("connection");
  if (connection.textContent !== text) connection.textContent = text; // it is read aloud
  connection.classList.toggle("lost", Boolean(reason));
}

let last; // the id of the last change that is known

/** Shows what the program says, until nothing has been heard of it for too long. */
async function follow() {
  last ??= await events.load();
  await cameras.load();
  const stream = new EventSource(`stream?after=${last}`);
  await new Promise((resolve) => {
    let timer;
    const waitOn = () => {
      clearTimeout(timer);
      timer = setTimeout(resolve, SILENT_MS);
    };
    waitOn();
    stream.addEventListener("error", () => {
      showConnection(NO_ANSWER);
      // A browser tries again, but gives up after an answer such as 503.
      if (stream.readyState === EventSource.CLOSED) resolve();
    });
    stream.addEventListener("event", ({ data, lastEventId }) => {
      waitOn();
      last = lastEventId;
      events.report(JSON.parse(data));
    });
    stream.addEventListener("cameras", ({ data }) => {
      waitOn();
      showConnection();
      cameras.report(JSON.parse(data));
    });
  });
  stream.close();
  throw new Error(NO_ANSWER);
}

for (;;) {
  await follow().catch(({ message }) => showConnection(message));
  await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
}
