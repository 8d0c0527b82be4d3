// The curves of one video, above one another, with a common time axis. Where the video has a gap,
// the curves go on without it, as the video plays, and the labels tell the time with it.

const LONG = 150; // videos longer than this many seconds have an axis in minutes

const HOUR = 3600;

class Curves {
  /** onSeek is called with the time, in seconds as the video plays, at which somebody clicked. */
  constructor(onSeek) {
    this.onSeek = onSeek;
    this.heads = [];
    this.hidden = new Set();
  }

  async show(video) {
    this.video = video;
    this.duration = video.frames / video.fps;
    this.range = new Bokeh.Range1d({ start: 0, end: this.duration });
    this.heads = [];
    this.parts = data.models.map(() => []);
    const children = [
      this.plotOf("regularity", `regularity (${data.error})`),
      this.plotOf("score", `${data.score} score`),
      this.timeline(),
    ];
    this.legend();
    const element = document.getElementById("plots");
    element.ariaLabel = this.inWords();
    await showPlot(new Bokeh.Column({ children, sizing_mode: "stretch_width" }), element);
  }

  /** Moves the playhead. If the plot is zoomed in, the visible part follows it. */
  moveTo(seconds) {
    for (const head of this.heads) head.location = seconds;
    const { start, end } = this.range;
    if (seconds < start || seconds > end) {
      const first = clamped(seconds - (end - start) / 10, 0, this.duration - (end - start));
      this.range.setv({ start: first, end: first + (end - start) });
    }
  }

  empty(options) {
    const { fps, frames, gaps } = this.video;
    const unit = gaps.length ? (timeOf(frames, this.video) >= HOUR ? "h:min:s" : "min:s") :
      this.duration >= HOUR ? "h:min" : this.duration > LONG ? "min:s" : "s";
    const xLabel = options.xLabel && `time (${unit})`;
    const plot = makePlot({ ...options, xLabel, x_range: this.range });
    if (gaps.length) tellTime(plot.xaxis, this.video);
    else if (unit !== "s") countIn(plot.xaxis, unit === "h:min" ? 60 : 1);
    this.shade(plot);
    const dotted = { line_color: colourOf("--ink"), line_dash: "dotted" };
    if (gaps.length) plot.vspan(gaps.map(([frame]) => frame / fps), dotted);
    // An overlay can move without drawing the curves again.
    const look = { line_color: colourOf("--ink"), line_width: 2, level: "overlay" };
    this.heads.push(addSpan(plot, "height", 0, look));
    const seek = ({ x }) => this.onSeek(clamped(x, 0, this.duration));
    plot.on_event("tap", seek);
    plot.on_event("doubletap", (event) => {
      seek(event); // two quick clicks at different times arrive as one double click
      this.range.setv({ start: 0, end: this.duration });
    });
    // On a phone, dragging scrolls the page.
    if (matchMedia("(pointer: fine)").matches) {
      const zoom = new Bokeh.BoxZoomTool({ dimensions: "width" });
      plot.add_tools(zoom);
      plot.toolbar.active_drag = zoom;
    }
    return plot;
  }

  /** Shades the intervals that are truly abnormal. */
  shade(plot) {
    const [starts, stops] = [0, 1].map((end) =>
      (this.video.abnormal ?? []).map((interval) => interval[end] / this.video.fps));
    plot.vstrip(starts, stops, {
      fill_color: colourOf("--true"), line_color: null, level: "underlay",
    });
  }

  plotOf(kind, yLabel) {
    const curves = this.video.seen.map((seen) => unpack(seen[kind]));
    const limits = kind === "score" ? this.video.seen.map((seen) => seen.threshold) : [];
    const values = curves.flatMap((curve) => [extreme(curve.values, Math.max),
      extreme(curve.values, Math.min)]).concat(limits.filter((limit) => limit !== null));
    const [low, high] = [Math.min(...values), Math.max(...values)];
    const room = 0.05 * (high - low || 1);
    const start = kind === "score" ? Math.min(0, low) : low - room;
    const y_range = new Bokeh.Range1d({ start, end: high + room });
    const plot = this.empty({ yLabel, height: 170, y_range });
    const lines = curves.map((curve, number) => this.line(plot, curve, number));
    limits.forEach((limit, number) => limit !== null && this.threshold(plot, limit, number));
    const tooltips = [["model", "@model"], ["time", "@time"], [yLabel, "@y{0.000}"]];
    plot.add_tools(new Bokeh.HoverTool({ renderers: lines, tooltips, mode: "vline" }));
    return plot;
  }

  line(plot, { values, step }, number) {
    const { name, colour } = data.models[number];
    const x = Array.from(values, (_, index) => (index * step) / this.video.fps);
    const time = x.map((_, index) => clock(timeOf(Math.floor(index * step), this.video)));
    const columns = { x, y: values, time, model: x.map(() => name) };
    const source = new Bokeh.ColumnDataSource({ data: columns });
    const line = plot.line({ field: "x" }, { field: "y" }, {
      source, line_color: colour, line_width: 1.6,
    });
    this.parts[number].push(line);
    return line;
  }

  threshold(plot, limit, number) {
    this.parts[number].push(addSpan(plot, "width", limit, {
      line_color: data.models[number].colour, line_dash: "dashed", line_width: 1.2,
    }));
  }

  /** The plot with a row of events for each model, and a row of true intervals. */
  timeline() {
    const rows = data.models.map((model) => shortened(model.name));
    if (this.video.abnormal) rows.push("true");
    const ticks = rows.map((_, row) => row);
    const plot = this.empty({
      xLabel: "time", height: 56 + 20 * rows.length,
      y_range: new Bokeh.Range1d({ start: rows.length - 0.4, end: -0.6 }),
    });
    plot.yaxis.ticker = new Bokeh.FixedTicker({ ticks });
    plot.yaxis.major_label_overrides = new Map(ticks.map((row) => [row, rows[row]]));
    plot.ygrid.grid_line_color = null;
    this.video.seen.forEach((seen, row) =>
      this.parts[row].push(this.bars(plot, seen.events, row, data.models[row].colour)));
    if (this.video.abnormal) {
      this.bars(plot, this.video.abnormal, rows.length - 1, colourOf("--true-bar"));
    }
    return plot;
  }

  bars(plot, intervals, row, colour) {
    const [left, right] = [0, 1].map((end) =>
      intervals.map((interval) => interval[end] / this.video.fps));
    return plot.quad({
      left, right, top: left.map(() => row - 0.35), bottom: left.map(() => row + 0.35),
      fill_color: colour, line_color: null,
    });
  }

  legend() {
    showLegend(document.getElementById("curves-legend"), data.models.map((model, number) => ({
      label: model.name, colour: model.colour, dash: "solid", shown: this.parts[number],
    })));
  }

  /** Describes the plots in words, for screen readers. */
  inWords() {
    const of = (kind, which, word) => this.video.seen.map((seen, number) => {
      const { values, step } = unpack(seen[kind]);
      const value = extreme(values, which);
      const time = clock(timeOf(Math.floor(values.indexOf(value) * step), this.video));
      return `${data.models[number].name}: ${word} ${value.toPrecision(3)} at ${time}`;
    }).join("; ");
    const events = this.video.seen.map((seen, number) =>
      `${data.models[number].name}: ${seen.events.length} events`).join("; ");
    const { name, abnormal } = this.video;
    const truth = abnormal ? `; truly abnormal: ${abnormal.length} intervals` : "";
    return `${name}. Regularity: ${of("regularity", Math.min, "lowest")}. ` +
      `${data.score} score: ${of("score", Math.max, "highest")}. Events: ${events}${truth}.`;
  }
}

/** Gives an axis of seconds labels such as 12:30, at round times; its smaller unit has so many seconds. */
function countIn(axis, seconds) {
  const mantissas = [1, 2, 5, 10, 15, 30];
  axis.ticker = new Bokeh.AdaptiveTicker({ base: 60, mantissas, min_interval: seconds });
  const code = `const units = Math.round(tick / ${seconds}), m = Math.floor(units / 60);` +
    "return `${m}:${String(units % 60).padStart(2, '0')}`;";
  axis.formatter = new Bokeh.CustomJSTickFormatter({ code });
}

/** Gives an axis of a video with gaps labels such as 12:30.5, which are seldom round after one. */
function tellTime(axis, video) {
  const shown = `data.videos[${data.videos.indexOf(video)}]`;
  const code = `return clock(timeOf(Math.round(tick * ${video.fps}), ${shown}));`;
  axis.formatter = new Bokeh.CustomJSTickFormatter({ code });
}

/** The largest or smallest of many numbers, which are too many to be arguments of Math.max. */
const extreme = (values, which) => values.reduce((so, value) => which(so, value));

const shortened = (name) => (name.length > 9 ? `${name.slice(0, 8)}…` : name);
