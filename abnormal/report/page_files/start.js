// Puts the parts together.

const byId = (id) => document.getElementById(id);
const select = byId("video");
const readouts = document.querySelectorAll("[data-readout]");

const player = new Player(showTime);
const curves = new Curves((seconds) => player.seek(seconds));
const table = new EventTable((place, frame) => {
  showVideo(place);
  player.seekFrame(frame);
  byId("videos").scrollIntoView();
});

let place = -1; // of the video that is shown
let unpacked = []; // its curves, for the readouts

function showVideo(number) {
  if (number === place || !data.videos[number]) return;
  place = number;
  const video = data.videos[place];
  unpacked = video.seen.map((seen) => [unpack(seen.regularity), unpack(seen.score)]);
  select.value = place;
  byId("previous-video").disabled = place === 0;
  byId("next-video").disabled = place === data.videos.length - 1;
  byId("slider").max = video.frames - 1;
  byId("printed").src = video.figure;
  byId("printed").alt = `Regularity and score of ${video.name}`;
  curves.show(video);
  player.show(video);
}

function showTime(seconds) {
  const video = data.videos[place];
  const { frame } = player;
  curves.moveTo(seconds);
  table.mark(place, frame);
  const now = clock(frame / video.fps);
  byId("clock").textContent =
    `${now} of ${clock(video.frames / video.fps)}, frame ${frame} of ${video.frames}`;
  byId("slider").value = frame;
  byId("slider").ariaValueText = now;
  readouts.forEach((readout, model) => {
    const [regularity, score] = unpacked[model].map((curve) => curve.at(frame));
    const { threshold } = data.models[model];
    const alarm = threshold !== null && score > threshold;
    readout.textContent =
      `regularity ${regularity.toFixed(2)}, score ${score.toPrecision(3)}${alarm ? " ALARM" : ""}`;
    readout.classList.toggle("alarm", alarm);
  });
}

/** Goes to the next event, or with -1 to the previous one, be it in another video. */
function goToEvent(step) {
  // While it plays, a second press goes further back than the event that has just begun.
  const from = player.playing && step < 0 ? player.frame - data.videos[place].fps : player.frame;
  const event = nextEvent(place, from, step);
  const said = byId("said");
  if (!event) {
    said.textContent = step > 0 ? "No later event." : "No earlier event.";
    return;
  }
  showVideo(event.place);
  player.seekFrame(event.start);
  const { name, fps } = data.videos[event.place];
  said.textContent =
    `Event in ${name} at ${clock(event.start / fps)}, seen by ${data.models[event.model].name}`;
}

const KEYBOARD = {
  " ": () => player.toggle(),
  n: () => goToEvent(1),
  p: () => goToEvent(-1),
  "[": () => showVideo(place - 1),
  "]": () => showVideo(place + 1),
  ArrowLeft: ({ shiftKey }) => step(-1, shiftKey),
  ArrowRight: ({ shiftKey }) => step(1, shiftKey),
};

function step(direction, wholeSecond) {
  player.pause();
  const frames = wholeSecond ? Math.max(1, Math.round(data.videos[place].fps)) : 1;
  player.seekFrame(player.frame + direction * frames);
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey) return;
  const { target } = event;
  if (target.matches("input, select, textarea")) return;
  if (event.key === " " && target.matches("button, summary, a")) return; // it is pressed by it
  const act = KEYBOARD[event.key.length === 1 ? event.key.toLowerCase() : event.key];
  if (!act) return;
  event.preventDefault();
  act(event);
});

byId("play").addEventListener("click", () => player.toggle());
byId("panels").addEventListener("toggle", () => player.refresh());
byId("next-event").addEventListener("click", () => goToEvent(1));
byId("previous-event").addEventListener("click", () => goToEvent(-1));
byId("next-video").addEventListener("click", () => showVideo(place + 1));
byId("previous-video").addEventListener("click", () => showVideo(place - 1));
byId("speed").addEventListener("change", ({ target }) => player.speed(Number(target.value)));
byId("slider").addEventListener("input", ({ target }) => player.seekFrame(Number(target.value)));
select.addEventListener("change", () => showVideo(Number(select.value)));

for (const swatch of document.querySelectorAll(".swatch")) {
  swatch.style.setProperty("--colour", data.models[swatch.dataset.model].colour);
}

/** Plots have their colours from the theme that they were drawn in. */
const dark = matchMedia("(prefers-color-scheme: dark)");

function setTheme(isDark) {
  document.documentElement.dataset.theme = isDark ? "dark" : "light";
  byId("theme").ariaPressed = isDark;
  if (place < 0) return;
  curves.show(data.videos[place]);
  curves.moveTo(player.seconds);
  showOverall();
}

byId("theme").addEventListener("click", () =>
  setTheme(document.documentElement.dataset.theme !== "dark"));
dark.addEventListener("change", () => setTheme(dark.matches));

setTheme(dark.matches);
showVideo(0);
showOverall();
