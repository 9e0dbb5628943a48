// Runs in the report's page: draws what stands in its data.
(() => {
  const { plots } = JSON.parse(document.getElementById("data").textContent);
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const clock = new Intl.DateTimeFormat([], { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  const moment = new Intl.DateTimeFormat([], { dateStyle: "medium", timeStyle: "short", hourCycle: "h23" });
  const number = new Intl.NumberFormat([], { maximumSignificantDigits: 4 });
  let drawn = [];

  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
  const shown = (unit) => (value) =>
    value === null || value === undefined
      ? "–"
      : unit === "share"
        ? `${number.format(value * 100)} %`
        : number.format(value);

  /** A line at a height, or at a time. */
  const mark = (plot, { from, to, stroke, label, dash }) => {
    const { ctx } = plot;
    ctx.save();
    ctx.strokeStyle = stroke;
    ctx.fillStyle = stroke;
    ctx.lineWidth = devicePixelRatio;
    ctx.setLineDash(dash.map((length) => length * devicePixelRatio));
    ctx.beginPath();
    ctx.moveTo(...from);
    ctx.lineTo(...to);
    ctx.stroke();
    ctx.font = `${11 * devicePixelRatio}px system-ui, sans-serif`;
    ctx.textAlign = "right";
    ctx.textBaseline = "bottom";
    if (label) ctx.fillText(label, to[0] - 4 * devicePixelRatio, to[1] - 3 * devicePixelRatio);
    ctx.restore();
  };

  const marks = ({ threshold, thresholdLabel, since }) => ({
    hooks: {
      draw: [
        (plot) => {
          const { left, top, width, height } = plot.bbox;
          if (threshold !== null) {
            const y = plot.valToPos(threshold, "y", true);
            const stroke = colour("bad");
            mark(plot, {
              from: [left, y],
              to: [left + width, y],
              stroke,
              label: thresholdLabel,
              dash: [6, 4],
            });
          }
          const x = plot.valToPos(since / 1000, "x", true);
          if (x > left && x < left + width)
            mark(plot, {
              from: [x, top + height],
              to: [x, top],
              stroke: colour("soft"),
              label: "",
              dash: [2, 3],
            });
        },
      ],
    },
  });

  const axis = (values) => ({
    stroke: colour("soft"),
    grid: { stroke: colour("line"), width: 1 },
    ticks: { stroke: colour("line"), width: 1 },
    font: "11px system-ui, sans-serif",
    ...values,
  });

  const options = (plot, width) => {
    const say = shown(plot.unit);
    const most = Math.max(
      plot.threshold ?? 0,
      ...plot.lines.flatMap(({ values }) => values.filter((value) => value !== null)),
    );
    const least = Math.min(
      0,
      ...plot.lines.flatMap(({ values }) => values.filter((value) => value !== null)),
    );
    return {
      width,
      height: 200,
      padding: [12, 8, 0, 0],
      legend: { live: true },
      cursor: { y: false },
      scales: { x: { time: true }, y: { range: [least, most === 0 ? 1 : most * 1.2] } },
      axes: [
        axis({
          values: (_plot, ticks) => ticks.map((tick) => clock.format(tick * 1000)),
          space: 60,
          size: 28,
        }),
        axis({ values: (_plot, ticks) => ticks.map(say), size: 56 }),
      ],
      series: [
        { label: "time", value: (_plot, at) => (at === null ? "–" : moment.format(at * 1000)) },
        ...plot.lines.map(({ label }, i) => ({
          label,
          stroke: colour(i === 0 ? "one" : "two"),
          width: 2,
          points: { size: 4, fill: colour("card") },
          spanGaps: false,
          value: (_plot, value) => say(value),
        })),
      ],
      plugins: [marks(plot)],
    };
  };

  const draw = () => {
    for (const plot of drawn) plot.destroy();
    drawn = plots.map((plot, i) => {
      const place = document.getElementById(`plot-${i}`);
      const data = [plot.times.map((at) => at / 1000), ...plot.lines.map(({ values }) => values)];
      return new uPlot(options(plot, place.clientWidth), data, place);
    });
  };

  draw();
  dark.addEventListener("change", draw);
  let waiting = 0;
  addEventListener("resize", () => {
    cancelAnimationFrame(waiting);
    waiting = requestAnimationFrame(() => {
      for (const [i, plot] of drawn.entries()) {
        const { clientWidth } = document.getElementById(`plot-${i}`);
        plot.setSize({ width: clientWidth, height: 200 });
      }
    });
  });
})();
