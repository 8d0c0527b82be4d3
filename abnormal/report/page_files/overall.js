// The charts of all videos together.

const percent = (share) => (100 * share).toFixed(1);

async function showOverall() {
  await Promise.all([showRoc(), showHistogram(), showLosses()]);
}

async function showRoc() {
  const models = data.models.filter((model) => model.roc);
  document.getElementById("roc-figure").hidden = !models.length;
  if (!models.length) return;
  const range = () => new Bokeh.Range1d({ start: -1, end: 101 });
  const plot = makePlot({
    xLabel: "normal frames above the threshold (%)",
    yLabel: "abnormal frames above the threshold (%)",
    height: 340, x_range: range(), y_range: range(),
  });
  plot.line([0, 100], [0, 100], { line_color: colourOf("--line"), line_dash: "dotted" });
  const entries = models.flatMap(({ name, colour, roc }) => {
    const [x, y] = roc.alarm.map((rate) => 100 * rate);
    const point = plot.scatter([x], [y], { size: 9, fill_color: colour, line_color: null });
    return [
      rocEntry(plot, name, colour, roc.raw, roc.rawAuc, "all frames together", "solid", [point]),
      rocEntry(plot, name, colour, roc.perVideo, roc.perVideoAuc, "each video stretched", "dashed"),
    ];
  });
  showLegend(document.getElementById("roc-legend"), entries);
  const said = entries.map((entry) => entry.label).join("; ");
  document.getElementById("roc").ariaLabel = `ROC curves. Area under the curve of ${said}`;
  await showPlot(plot, document.getElementById("roc"));
}

function rocEntry(plot, name, colour, rates, auc, kind, dash, shown = []) {
  const [x, y] = rates.map((row) => row.map((rate) => 100 * rate));
  const line = plot.line(x, y, { line_color: colour, line_width: 1.6, line_dash: dash });
  const label = `${name}, ${kind}: ${percent(auc)} %`;
  return { label, colour, dash, shown: [line, ...shown] };
}

async function showHistogram() {
  const y_range = new Bokeh.DataRange1d({ start: 0 });
  const xLabel = `${data.score} score`;
  const plot = makePlot({ xLabel, yLabel: "frames (%)", height: 340, y_range });
  const entries = data.models.flatMap(({ name, colour, threshold, histogram }) => {
    const shown = [stairs(plot, histogram.edges, histogram.normal, colour, "solid")];
    if (threshold !== null) {
      shown.push(addSpan(plot, "height", threshold, {
        line_color: colour, line_dash: "dashed", line_width: 1.2,
      }));
    }
    const which = histogram.labelled ? "normal" : "all";
    const limit = threshold === null ? "" : `; alarm above ${threshold.toPrecision(4)}`;
    const entry = { label: `${name}, ${which} frames${limit}`, colour, dash: "solid", shown };
    if (!histogram.abnormal) return [entry];
    const abnormal = stairs(plot, histogram.edges, histogram.abnormal, colour, "dotted");
    return [entry, { label: `${name}, abnormal frames`, colour, dash: "dotted", shown: [abnormal] }];
  });
  showLegend(document.getElementById("histogram-legend"), entries);
  document.getElementById("histogram").ariaLabel =
    `Histogram of the scores: ${entries.map((entry) => entry.label).join("; ")}`;
  await showPlot(plot, document.getElementById("histogram"));
}

/** The outline of a histogram. */
function stairs(plot, edges, counts, colour, dash) {
  const x = counts.flatMap((_, bin) => [edges[bin], edges[bin + 1]]);
  const y = counts.flatMap((count) => [count, count]);
  return plot.line(x, y, { line_color: colour, line_width: 1.6, line_dash: dash });
}

async function showLosses() {
  const y_range = new Bokeh.DataRange1d({ start: 0 });
  const plot = makePlot({ xLabel: "epoch", yLabel: "reconstruction loss", height: 340, y_range });
  plot.xaxis.ticker = new Bokeh.BasicTicker({ min_interval: 1 });
  const entries = data.models.flatMap(({ name, colour, losses }) =>
    [["loss", "training", "solid"], ["val_loss", "held out", "dashed"]]
      .filter(([key]) => losses[key].length)
      .map(([key, kind, dash]) => {
        const [x, y] = [0, 1].map((column) => losses[key].map((point) => point[column]));
        const fill = dash === "solid" ? colour : colourOf("--paper");
        const shown = [
          plot.line(x, y, { line_color: colour, line_width: 1.6, line_dash: dash }),
          plot.scatter(x, y, { size: 6, fill_color: fill, line_color: colour }),
        ];
        const label = `${name}, ${kind}: ${y.at(-1).toPrecision(3)} at the end`;
        return { label, colour, dash, shown };
      }));
  showLegend(document.getElementById("losses-legend"), entries);
  document.getElementById("losses").ariaLabel =
    `Training losses: ${entries.map((entry) => entry.label).join("; ")}`;
  await showPlot(plot, document.getElementById("losses"));
}
