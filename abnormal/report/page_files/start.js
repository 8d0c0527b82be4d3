// Connects the parts of the page.

const byId = (id) => document.getElementById(id);
const select = byId("video");
const readouts = document.querySelectorAll("[data-readout]");

const player = new Player(showTime);
const curves = new Curves((seconds) => player.seek(seconds));
const table = new EventTable((videoIndex, frame) => {
  showVideo(videoIndex);
  player.seekFrame(frame);
  byId("videos").scrollIntoView();
});

let videoIndex = -1; // index of the video that is shown
let unpacked = []; // curves of that video, for the readouts

function showVideo(number) {
  if (number === videoIndex || !data.videos[number]) return;
  videoIndex = number;
  const video = data.videos[videoIndex];
  unpacked = video.seen.map((seen) => [unpack(seen.regularity), unpack(seen.score)]);
  select.value = videoIndex;
  byId("previous-video").disabled = videoIndex === 0;
  byId("next-video").disabled = videoIndex === data.videos.length - 1;
  byId("slider").max = video.frames - 1;
  byId("printed").src = video.figure;
  byId("printed").alt = `Regularity and score of ${video.name}`;
  showMarks(video);
  curves.show(video);
  player.show(video);
}

/** Marks the events on the slider: a row for each model, and one for what is truly abnormal. */
function showMarks(video) {
  const rows = video.seen.map((seen, model) => [seen.events, data.models[model].colour]);
  if (video.abnormal) rows.push([video.abnormal, "var(--true-bar)"]);
  const marks = byId("marks");
  marks.setAttribute("viewBox", `0 0 ${video.frames} ${rows.length}`);
  marks.replaceChildren(...rows.flatMap(([intervals, colour], row) =>
    intervals.map(([start, stop]) => {
      const mark = document.createElementNS("http://www.w3.org/2000/svg", "rect");
      const width = Math.max(stop - start, video.frames / 400); // or it could not be seen
      const place = { x: start, y: row + 0.1, width, height: 0.8 };
      for (const name in place) mark.setAttribute(name, place[name]);
      mark.style.fill = colour;
      return mark;
    })));
}

/** Goes to the moment that an address such as `#video=01&t=6.5` leads to. */
function showLinked() {
  const wanted = new URLSearchParams(location.hash.slice(1));
  const number = data.videos.findIndex(({ name }) => name === wanted.get("video"));
  if (number < 0) return;
  showVideo(number);
  player.seekFrame(frameAt(Number(wanted.get("t")) || 0, data.videos[number]));
}

let linking = 0;

/** Makes the address of the page lead to the moment that is shown, once it rests there. */
function linkSoon(frame) {
  clearTimeout(linking);
  if (player.playing || (!location.hash && !videoIndex && !frame)) return;
  const video = data.videos[videoIndex];
  const t = Number(timeOf(frame, video).toFixed(3));
  const place = new URLSearchParams({ video: video.name, t });
  linking = setTimeout(() => history.replaceState(null, "", `#${place}`), 300);
}

function showTime(seconds) {
  const video = data.videos[videoIndex];
  const { frame } = player;
  curves.moveTo(seconds);
  table.mark(videoIndex, frame);
  const [now, end] = [frame, video.frames].map((at) => clock(timeOf(at, video)));
  byId("clock").textContent = `${now} of ${end}, frame ${frame} of ${video.frames}`;
  byId("slider").value = frame;
  byId("slider").ariaValueText = now;
  readouts.forEach((readout, model) => {
    const { events, alarms } = video.seen[model];
    const [event, alarm] = [events, alarms].map((intervals) =>
      intervals.find(([from, to]) => from <= frame && frame < to));
    const why = alarm && event?.[2] ? `: ${event[2]}` : "";
    readout.textContent = `${inNumbers(unpacked[model], frame)}${alarm ? " ALARM" : ""}${why}`;
    readout.classList.toggle("alarm", Boolean(alarm));
  });
  linkSoon(frame);
}

/** Regularity and score of a frame or, if the curves are thinned, how far they go around it. */
function inNumbers([regularities, scores], frame) {
  const [down, up] = scores.step > 1 ? ["down to ", "up to "] : ["", ""];
  const regularity = Math.min(...regularities.at(frame)).toFixed(2);
  const score = Math.max(...scores.at(frame)).toPrecision(3);
  return `regularity ${down}${regularity}, score ${up}${score}`;
}

/** Goes to the next event, or with -1 to the previous one, which may be in another video. */
function goToEvent(step) {
  // While a video plays, a second press has to go further back than the event that just began.
  const back = player.playing && step < 0 ? data.videos[videoIndex].fps : 0;
  const from = player.frame - back;
  const event = nextEvent(videoIndex, from, step);
  const said = byId("said");
  if (!event) {
    said.textContent = step > 0 ? "No later event." : "No earlier event.";
    return;
  }
  showVideo(event.videoIndex);
  player.seekFrame(event.start);
  const video = data.videos[event.videoIndex];
  said.textContent = `Event in ${video.name} at ${clock(timeOf(event.start, video))}, ` +
    `found by ${data.models[event.model].name}`;
}

const KEYBOARD = {
  " ": () => player.toggle(),
  n: () => goToEvent(1),
  p: () => goToEvent(-1),
  "[": () => showVideo(videoIndex - 1),
  "]": () => showVideo(videoIndex + 1),
  ArrowLeft: ({ shiftKey }) => step(-1, shiftKey),
  ArrowRight: ({ shiftKey }) => step(1, shiftKey),
};

function step(direction, wholeSecond) {
  player.pause();
  const frames = wholeSecond ? Math.max(1, Math.round(data.videos[videoIndex].fps)) : 1;
  player.seekFrame(player.frame + direction * frames);
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey) return;
  const { target } = event;
  if (target.matches("input, select, textarea")) return;
  if (event.key === " " && target.matches("button, summary, a")) return; // space activates these
  const act = KEYBOARD[event.key.length === 1 ? event.key.toLowerCase() : event.key];
  if (!act) return;
  event.preventDefault();
  act(event);
});

byId("play").addEventListener("click", () => player.toggle());
byId("panels").addEventListener("toggle", () => player.refresh());
byId("next-event").addEventListener("click", () => goToEvent(1));
byId("previous-event").addEventListener("click", () => goToEvent(-1));
byId("next-video").addEventListener("click", () => showVideo(videoIndex + 1));
byId("previous-video").addEventListener("click", () => showVideo(videoIndex - 1));
byId("speed").addEventListener("change", ({ target }) => player.speed(Number(target.value)));
byId("slider").addEventListener("input", ({ target }) => player.seekFrame(Number(target.value)));
select.addEventListener("change", () => showVideo(Number(select.value)));

for (const swatch of document.querySelectorAll(".swatch")) {
  swatch.style.setProperty("--colour", data.models[swatch.dataset.model].colour);
}

/** Plots keep the colours of the theme that they were drawn in; a new theme draws them again. */
const dark = matchMedia("(prefers-color-scheme: dark)");

function setTheme(isDark) {
  document.documentElement.dataset.theme = isDark ? "dark" : "light";
  byId("theme").ariaPressed = isDark;
  if (videoIndex < 0) return;
  curves.show(data.videos[videoIndex]);
  curves.moveTo(player.seconds);
}

byId("theme").addEventListener("click", () =>
  setTheme(document.documentElement.dataset.theme !== "dark"));
dark.addEventListener("change", () => setTheme(dark.matches));

addEventListener("hashchange", showLinked);

setTheme(dark.matches);
showVideo(0);
showLinked();
