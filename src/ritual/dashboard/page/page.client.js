// Runs in the dashboard's page: draws what stands in its data, each plot when it comes into view.
(() => {
  const { plots, deployed, window: span } = JSON.parse(document.getElementById("data").textContent);
  document.documentElement.classList.add("js");
  const number = new Intl.NumberFormat("en", { maximumSignificantDigits: 4 });
  const timeZone = "UTC";
  const clock = new Intl.DateTimeFormat([], {
    timeZone,
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
  });
  const day = new Intl.DateTimeFormat([], { timeZone, month: "short", day: "numeric" });
  const moment = new Intl.DateTimeFormat([], {
    timeZone,
    dateStyle: "medium",
    timeStyle: "medium",
    hourCycle: "h23",
  });
  const height = 210;
  const drawn = new Map();

  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

  const writer =
    ({ steps }) =>
    (value) => {
      if (value === null || value === undefined) return "–";
      const size = Math.abs(value);
      const [divisor, suffix] =
        steps.findLast(([reached]) => size >= reached) ??
        (value === 0 ? steps.find(([one]) => one === 1) : undefined) ??
        steps[0];
      return `${number.format(value / divisor)}${suffix}`;
    };

  /** When it was deployed: a line, or what lies between its beginning and its end. */
  const deploy = {
    hooks: {
      drawClear: [
        (plot) => {
          const [from, to] = deployed.map((at) => plot.valToPos(at, "x", true));
          const { left, top, width, height: tall } = plot.bbox;
          const start = Math.max(left, from);
          const end = Math.min(left + width, Math.max(to, from + devicePixelRatio));
          if (end < left || start > left + width) return;
          const { ctx } = plot;
          ctx.save();
          ctx.fillStyle = colour("deploy");
          ctx.globalAlpha = 0.18;
          ctx.fillRect(start, top, end - start, tall);
          ctx.globalAlpha = 0.8;
          ctx.fillRect(end - devicePixelRatio, top, devicePixelRatio, tall);
          ctx.restore();
        },
      ],
    },
  };

  /** The legend shows the newest values, until a place in the plot is looked at. */
  const newest = {
    hooks: {
      ready: [(plot) => plot.setLegend({ idx: plot.data[0].length - 1 })],
      setCursor: [
        (plot) => {
          if (plot.cursor.idx === null) plot.setLegend({ idx: plot.data[0].length - 1 });
        },
      ],
    },
  };

  const pen = document.createElement("canvas").getContext("2d");
  pen.font = "11px system-ui, sans-serif";
  const widest = (texts) => Math.max(0, ...(texts ?? []).map((text) => pen.measureText(text).width));

  /** Round numbers of bytes and of minutes are no powers of ten. */
  const increments = ({ steps }) => {
    const [, [divisor] = [1]] = steps.filter(([one]) => one >= 1);
    if (Math.log2(divisor) % 10 === 0 && divisor !== 1) return Array.from({ length: 60 }, (_, i) => 2 ** i);
    if (!steps.some(([, suffix]) => suffix === " min")) return undefined;
    const unit = steps.find(([, suffix]) => suffix === " s")[0];
    const small = Array.from(
      { length: 28 },
      (_, i) => [1, 2, 5][i % 3] * 10 ** (Math.floor(i / 3) - 9),
    ).filter((one) => one < 15);
    return [
      ...small,
      15,
      30,
      60,
      120,
      300,
      600,
      900,
      1800,
      3600,
      7200,
      21600,
      43200,
      86400,
      172800,
      604800,
      2592000,
    ].map((one) => one * unit);
  };

  const axis = (more) => ({
    stroke: colour("soft"),
    grid: { stroke: colour("line"), width: 1 },
    ticks: { stroke: colour("line"), width: 1 },
    font: "11px system-ui, sans-serif",
    ...more,
  });

  const options = (plot, width) => {
    const say = writer(plot.unit);
    const long = span[1] - span[0] > 86400;
    const when = (tick) =>
      long ? `${day.format(tick * 1000)} ${clock.format(tick * 1000)}` : clock.format(tick * 1000);
    const single = plot.lines.length === 1;
    const colours = plot.lines.map((_, i) => colour(`series-${i % 8}`));
    return {
      width,
      height,
      padding: [12, 18, 0, 0],
      tzDate: (at) => uPlot.tzDate(new Date(at * 1000), "Etc/UTC"),
      cursor: { y: false },
      scales: {
        x: { time: true, range: [Math.min(span[0], plot.times[0]), Math.max(span[1], plot.times.at(-1))] },
        y: {
          range: (_plot, least, most) => {
            if (least === null || most === null) return [0, 1];
            const low = Math.min(0, least);
            const room = (most - low || Math.abs(most) || 1) * 0.1;
            return [low < 0 ? low - room : 0, most > 0 ? most + room : 0];
          },
        },
      },
      axes: [
        axis({ values: (_plot, ticks) => ticks.map(when), space: long ? 96 : 60, size: 28 }),
        axis({
          values: (_plot, ticks) => ticks.map(say),
          size: (_plot, texts) => Math.ceil(widest(texts)) + 18,
          incrs: increments(plot.unit),
        }),
      ],
      series: [
        { label: "time", value: (_plot, at) => (at === null ? "–" : moment.format(at * 1000)) },
        ...plot.lines.map(({ label }, i) => ({
          label,
          stroke: colours[i],
          fill: single ? `${colours[i]}22` : undefined,
          dash: i < 8 ? undefined : [6, 3 + Math.floor(i / 8) * 2],
          width: 1.75,
          // A point alone between gaps would not be seen.
          points: { show: plot.times.length === 1 ? true : undefined, size: 4 },
          spanGaps: false,
          value: (_plot, value) => say(value),
        })),
      ],
      plugins: [deploy, newest],
    };
  };

  const draw = (plot) => {
    const place = document.getElementById(`plot-${plot.id}`);
    drawn.get(plot.id)?.destroy();
    const data = [plot.times, ...plot.lines.map(({ values }) => values)];
    drawn.set(plot.id, new uPlot(options(plot, place.clientWidth), data, place));
  };

  for (const one of document.querySelectorAll("details.numbers")) one.open = false;

  const byPlace = new Map(plots.map((plot) => [document.getElementById(`plot-${plot.id}`), plot]));
  const near = new IntersectionObserver(
    (seen) => {
      for (const { isIntersecting, target } of seen) {
        const plot = byPlace.get(target);
        if (isIntersecting && !drawn.has(plot.id)) draw(plot);
      }
    },
    { rootMargin: "600px" },
  );
  for (const place of byPlace.keys()) near.observe(place);

  const again = () => {
    for (const plot of plots) if (drawn.has(plot.id)) draw(plot);
  };
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", again);
  addEventListener("beforeprint", () => {
    for (const plot of plots) if (!drawn.has(plot.id)) draw(plot);
  });
  let waiting = 0;
  addEventListener("resize", () => {
    cancelAnimationFrame(waiting);
    waiting = requestAnimationFrame(() => {
      for (const [id, plot] of drawn)
        plot.setSize({ width: document.getElementById(`plot-${id}`).clientWidth, height });
    });
  });

  const find = document.getElementById("find");
  if (find) {
    find.closest("label").hidden = false;
    const cards = [...document.querySelectorAll(".panel")].map((card) => [
      card,
      card.querySelector("h3").textContent.toLowerCase(),
    ]);
    find.addEventListener("input", () => {
      const wanted = find.value.trim().toLowerCase();
      let shown = 0;
      for (const [card, title] of cards) {
        card.hidden = !title.includes(wanted);
        if (!card.hidden) shown += 1;
      }
      for (const row of document.querySelectorAll(".row"))
        row.hidden = !row.querySelector(".panel:not([hidden])");
      document.getElementById("found").textContent = wanted === "" ? "" : `${shown} of ${cards.length}`;
    });
  }
})();
