// Reads the data of the page, and unpacks its curves.

const data = JSON.parse(document.getElementById("data").textContent);

/** The middle of a frame, in seconds. At that time a video certainly shows the frame. */
const middleOf = (frame, video) => (frame + 0.5) / video.fps;

const clamped = (value, low, high) => Math.min(Math.max(value, low), high);

/** Unpacks a curve of thinning.py: its values, and the number of frames from one to the next. */
function unpack({ step, low, high, points }) {
  const bytes = Uint8Array.from(atob(points), (letter) => letter.charCodeAt(0));
  const levels = new Uint16Array(bytes.buffer);
  const values = Float64Array.from(levels, (level) => low + ((high - low) * level) / 65535);
  const at = (frame) => values[Math.min(values.length - 1, Math.floor(frame / step))];
  return { values, step, at };
}

/** A time as text: 83.4 seconds are 1:23.4. */
function clock(seconds) {
  const tenths = Math.round(seconds * 10);
  const minutes = Math.floor(tenths / 600);
  const rest = (tenths % 600) / 10;
  const hours = Math.floor(minutes / 60);
  const front = hours ? `${hours}:${String(minutes % 60).padStart(2, "0")}` : `${minutes}`;
  return `${front}:${rest.toFixed(1).padStart(4, "0")}`;
}
