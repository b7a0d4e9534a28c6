// Draws the line chart of each figure[data-chart] from its table: what is drawn is what the table says.
"use strict";
(() => {
  const drawn = new Map();
  const scheme = matchMedia("(prefers-color-scheme: dark)");
  const styles = () => getComputedStyle(document.documentElement);
  const colour = name => styles().getPropertyValue(`--${name}`).trim();

  function columnsOf(table) {
    const heads = [...table.tHead.rows[table.tHead.rows.length - 1].cells];
    const rows = [...table.tBodies].flatMap(body => [...body.rows]);
    const values = heads.map((_, place) => rows.map(row => {
      const given = row.cells[place]?.dataset.value;
      return given === undefined || given === "" ? null : Number(given);
    }));
    // Only what has a point on the horizontal axis, from left to right; columns without any figure are texts.
    const order = values[0].map((_, row) => row).filter(row => values[0][row] !== null)
      .sort((one, other) => values[0][one] - values[0][other]);
    const curves = heads.map((head, place) => ({ head, values: order.map(row => values[place][row]) }));
    return [curves[0], ...curves.slice(1).filter(curve => curve.values.some(value => value !== null))];
  }

  function series({ head }, unit) {
    const name = head.dataset.colour ?? "right";
    const stroke = () => colour(/^\d+$/.test(name) ? `model-${name}` : name);
    return {
      label: head.textContent.trim(), stroke, width: 2, spanGaps: true,
      dash: "dash" in head.dataset ? [7, 5] : undefined,
      points: { show: "points" in head.dataset, size: 6, fill: stroke },
      value: (_, value) => shown(value, unit),
    };
  }

  function shown(value, unit) {
    if (value === null || value === undefined) return "–";
    if (unit === "percent") return `${(value * 100).toFixed(1)}%`;
    return Number(value.toPrecision(4)).toLocaleString("en");
  }

  // A line where the page says that something is, such as the threshold that is chosen.
  function marker(figure) {
    return { hooks: { draw: [plot => {
      const at = Number(figure.dataset.mark);
      if (figure.dataset.mark === "" || Number.isNaN(at)) return;
      const x = Math.round(plot.valToPos(at, "x", true)), { ctx, bbox } = plot;
      if (x < bbox.left || x > bbox.left + bbox.width) return;
      ctx.save();
      ctx.strokeStyle = colour("ink");
      ctx.lineWidth = 1.5 * devicePixelRatio;
      ctx.setLineDash([]);
      ctx.beginPath();
      ctx.moveTo(x, bbox.top);
      ctx.lineTo(x, bbox.top + bbox.height);
      ctx.stroke();
      ctx.restore();
    }] } };
  }

  function axis(more) {
    const faint = { stroke: () => colour("line"), width: 1 };
    return { stroke: () => colour("soft"), grid: faint, ticks: faint, font: "13px system-ui, sans-serif", ...more };
  }

  function options(figure, columns, width) {
    const unit = figure.dataset.unit, percent = unit === "percent";
    const isLog = figure.dataset.scale === "log";
    return {
      width, height: Math.max(220, Math.min(340, width * 0.5)),
      cursor: { drag: { x: false, y: false } }, legend: { live: true },
      scales: { x: { time: false }, y: isLog ? { distr: 3 } : percent ? { range: (_, low) => [Math.min(low ?? 0, 0.9) > 0.5 ? Math.floor((low ?? 0) * 10) / 10 : 0, 1.005] } : {} },
      axes: [
        axis({ label: columns[0].head.textContent.trim(), labelSize: 24, size: 36 }),
        axis({ size: 56, values: (_, ticks) => ticks.map(tick => tick === null ? "" : percent ? `${Math.round(tick * 100)}%` : shown(tick, unit)) }),
      ],
      series: [{ label: columns[0].head.textContent.trim(), value: (_, value) => shown(value, "") },
        ...columns.slice(1).map(column => series(column, unit))],
      plugins: [marker(figure)],
    };
  }

  function draw(figure) {
    const table = document.getElementById(figure.dataset.chart), canvas = figure.querySelector(".canvas");
    if (!table?.tHead || !canvas) return;
    drawn.get(figure)?.destroy();
    canvas.replaceChildren();
    const columns = columnsOf(table);
    figure.hidden = false;
    if (columns.length < 2 || columns[0].values.length === 0) return;
    const width = Math.max(240, canvas.clientWidth);
    drawn.set(figure, new uPlot(options(figure, columns, width), columns.map(column => column.values), canvas));
  }

  function drawAll() {
    for (const figure of drawn.keys()) if (!figure.isConnected) { drawn.get(figure).destroy(); drawn.delete(figure); }
    document.querySelectorAll("figure[data-chart]").forEach(draw);
  }

  let waiting;
  const soon = () => { clearTimeout(waiting); waiting = setTimeout(drawAll, 60); };
  document.addEventListener("DOMContentLoaded", drawAll);
  document.addEventListener("htmx:after:swap", drawAll);
  scheme.addEventListener("change", drawAll);
  let width = innerWidth;
  addEventListener("resize", () => { if (innerWidth !== width) { width = innerWidth; soon(); } });
})();
