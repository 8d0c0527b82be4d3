// The style of all plots, which Bokeh draws.

const LEFT = 66; // width of the labels in pixels, the same for plots with a common time axis

const FONT = "system-ui, sans-serif"; // the font of report.css

/** A colour of report.css in the current theme. */
function colourOf(name) {
  const probe = document.createElement("span");
  probe.style.color = `var(${name})`;
  document.body.append(probe);
  const colour = getComputedStyle(probe).color;
  probe.remove();
  return colour;
}

/** An empty plot with axes. */
function makePlot({ xLabel, yLabel, ...options }) {
  const plot = Bokeh.Plotting.figure({
    sizing_mode: "stretch_width",
    toolbar_location: null,
    tools: "",
    min_border_left: LEFT,
    min_border_right: 12,
    background_fill_color: null,
    border_fill_color: null,
    outline_line_color: null,
    ...options,
  });
  const [ink, line] = [colourOf("--ink"), colourOf("--line")];
  for (const [axis, label] of [[plot.xaxis, xLabel], [plot.yaxis, yLabel]]) {
    Object.assign(axis, {
      axis_label: label ?? null,
      axis_label_text_color: ink,
      axis_label_text_font_style: "normal",
      axis_label_text_font: FONT,
      major_label_text_font: FONT,
      major_label_text_color: ink,
      axis_line_color: line,
      major_tick_line_color: line,
      minor_tick_line_color: null,
    });
  }
  plot.xgrid.grid_line_color = plot.ygrid.grid_line_color = line;
  plot.xgrid.grid_line_alpha = plot.ygrid.grid_line_alpha = 0.5;
  return plot;
}

/** A straight line across a plot: along "width" or "height". */
function addSpan(plot, dimension, location, options) {
  const span = new Bokeh.Span({ dimension, location, ...options });
  plot.add_layout(span);
  return span;
}

/** Shows a plot in an element, in place of an earlier one. */
async function showPlot(plot, element) {
  element.wanted = plot;
  await element.drawing; // a plot that comes while another is drawn would stay beside that one
  if (element.wanted === plot) await (element.drawing = drawPlot(plot, element));
}

async function drawPlot(plot, element) {
  element.bokeh?.remove();
  element.replaceChildren();
  element.bokeh = await Bokeh.Plotting.show(plot, element);
  takeFromTabOrder(element);
}

/** Takes a plot out of the tab order. For the keyboard there is the slider in its place. */
function takeFromTabOrder(element) {
  for (const part of element.querySelectorAll("*")) {
    if (part.tabIndex === 0) part.tabIndex = -1;
    if (part.shadowRoot) takeFromTabOrder(part.shadowRoot);
  }
}

/**
 * Shows a legend with a box for each entry, which hides and shows its parts of the plots.
 * entries: label, colour, dash ("solid", "dashed", "dotted" or "dot") and shown, the parts.
 */
function showLegend(element, entries) {
  const labels = entries.map(({ label, colour, dash, shown }) => {
    const [row, box, mark] = ["label", "input", "span"].map((tag) => document.createElement(tag));
    box.type = "checkbox";
    box.checked = true;
    box.addEventListener("change", () => {
      for (const part of shown) part.visible = box.checked;
    });
    mark.className = `mark ${dash}`;
    mark.style.setProperty("--colour", colour);
    row.append(box, mark, label);
    return row;
  });
  element.replaceChildren(...labels);
}
