// Reads the data of the page, and unpacks its curves.

const data = JSON.parse(document.getElementById("data").textContent);

/** The middle of a frame as a video plays, in seconds. Then it certainly shows the frame. */
const middleOf = (frame, video) => (frame + 0.5) / video.fps;

const clamped = (value, low, high) => Math.min(Math.max(value, low), high);

const SLACK_SEC = 0.001; // the largest error of a time that was rounded

/** When a frame was filmed, in seconds since the first one. Videos and plots leave out the gaps. */
function timeOf(frame, { fps, gaps }) {
  const [first, sec] = gaps.findLast(([after]) => after <= frame) ?? [0, 0];
  return sec + (frame - first) / fps;
}

/** The frame of a time, or the last one before the gap that the time is in. */
function frameAt(time, { fps, frames, gaps }) {
  const passed = gaps.filter(([, sec]) => sec <= time + SLACK_SEC).length;
  const [first, sec] = gaps[passed - 1] ?? [0, 0];
  const [stop] = gaps[passed] ?? [frames];
  return Math.min(stop - 1, first + Math.floor((time + SLACK_SEC - sec) * fps));
}

/**
 * Unpacks a curve of thinning.py: its values, the number of frames from one to the next, and the
 * values that stand for a frame, which are the extremes around it if the curve is thinned.
 */
function unpack({ step, low, high, points }) {
  const bytes = Uint8Array.from(atob(points), (letter) => letter.charCodeAt(0));
  const levels = new Uint16Array(bytes.buffer);
  const values = Float64Array.from(levels, (level) => low + ((high - low) * level) / 65535);
  const each = step > 1 ? 2 : 1;
  const at = (frame) => {
    const index = each * Math.floor(frame / (each * step));
    return values.slice(index, index + each);
  };
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
