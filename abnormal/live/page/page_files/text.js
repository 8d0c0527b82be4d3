// Times, lengths and numbers as people read them, in the time zone of the browser.

export const byId = (id) => document.getElementById(id);

/** The clock time of a moment, with the date if it is not today. */
export function time(moment) {
  const date = new Date(moment);
  const clock = date.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", second: "2-digit" });
  return date.toDateString() === new Date().toDateString()
    ? clock
    : `${date.toLocaleDateString()} ${clock}`;
}

/** A length of time: 8.4 s, 3 min, 2 h 5 min. */
export function lasting(seconds) {
  if (seconds < 100) return `${seconds.toFixed(1)} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** An element with a text, which is never taken for HTML. */
export function element(name, text) {
  const made = document.createElement(name);
  made.textContent = text;
  return made;
}
