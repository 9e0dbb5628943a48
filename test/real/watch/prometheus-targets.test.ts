import { describe, expect, it } from "vitest";
import { past, prometheusProgram, startPrometheus } from "../../support/real/prometheus.ts";
import { asking, counter, halfAnHour, minutesOf, steady } from "./support.ts";

const { start, range, scraped } = halfAnHour();

describe.skipIf(prometheusProgram.skip)("targets that Prometheus comes to see (needs prometheus)", () => {
  /** Two instances: what `b` is labelled with and when it was scraped, and what else there is of it. */
  function beside(b: readonly (readonly [labels: string, from: number, to: number])[], more = ""): string {
    const between =
      (from: number, to: number, value: (seconds: number) => number) =>
      (seconds: number): number | undefined =>
        seconds >= from && seconds < to ? value(seconds) : undefined;
    const family = (name: string, value: (seconds: number) => number) =>
      b.map(([labels, ...when]) => longScraped(`${name}${labels}}`, between(...when, value)));
    const a = 'job="shop",instance="a:80"';
    return [
      counter(
        longScraped(`http_requests_total{code="200",${a}}`, (s) => 2_000_000 + s),
        ...family('http_requests_total{code="200",', (s) => 1_000_000 + s),
        ...family('http_requests_total{code="500",', () => 50_000),
      ),
      "# TYPE up gauge",
      longScraped(`up{${a}}`, () => 1),
      ...family("up{", () => 1),
      more,
    ].join("\n");
  }
  /** From two hours before the range on. */
  function longScraped(series: string, value: (seconds: number) => number | undefined): string {
    const seconds = Array.from({ length: 150 * 4 }, (_, i) => 5 + 15 * i - 7200);
    const samples = seconds.map((at) => [start / 1000 + at, value(at)] as const);
    return past(
      series,
      samples.filter((one): one is readonly [number, number] => one[1] !== undefined),
    );
  }
  const ever = Number.POSITIVE_INFINITY;
  const instance = 'job="shop",instance="b:80"';

  it.each([
    [
      "has been away for more than an hour",
      [
        [instance, -ever, -5400],
        [instance, 605, ever],
      ],
      60,
    ],
    [
      "was given other labels while it ran",
      [
        [`${instance},zone="x"`, -ever, 600],
        [`${instance},zone="y"`, 605, ever],
      ],
      120,
    ],
    ["is only now told of", [[instance, 605, ever]], 60],
  ] as const)(
    "counts nothing twice of a target that %s, and none of its old errors",
    async (_why, b, before) => {
      const { url } = await startPrometheus({ past: beside(b) });
      const { read } = await asking({ url });
      const minutes = minutesOf(await read({}, range), range);
      expect(minutes).toEqual([
        ...Array.from({ length: 10 }, (_, at) => [at, before, 0]),
        [10, 60, 0],
        ...Array.from({ length: 19 }, (_, i) => [i + 11, 120, 0]),
      ]);
    },
  );

  it("counts everything of a new process that says when it was started, or is pushed", async () => {
    const series = (name: string, value: (s: number) => number) =>
      scraped(`${name}job="shop",instance="c:80"}`, (s) => (s >= 905 ? value(s) : undefined));
    const requests = [
      scraped('http_requests_total{code="200",job="shop",instance="a:80"}', steady(5000)),
      series('http_requests_total{code="200",', (s) => s - 895),
      series('http_requests_total{code="500",', () => 3),
    ];
    const up = [
      "# TYPE up gauge",
      scraped('up{job="shop",instance="a:80"}', () => 1),
      series("up{", () => 1),
    ];
    const began = (ago: number) => [
      "# TYPE process_start_time_seconds gauge",
      series("process_start_time_seconds{", () => start / 1000 + 895 - ago),
    ];
    for (const [past, first] of [
      [counter(...requests), [15, 60 + 55 + 3, 3]],
      [[counter(...requests), ...up, ...began(0)].join("\n"), [15, 60 + 55 + 3, 3]],
      [[counter(...requests), ...up, ...began(7200)].join("\n"), [15, 60, 0]],
    ] as const) {
      const { url, stop } = await startPrometheus({ past });
      const { read } = await asking({ url });
      const minutes = minutesOf(await read({}, range), range);
      expect(minutes.find(([at]) => at === 15)).toEqual(first);
      expect(minutes.find(([at]) => at === 16)).toEqual([16, 120, 0]);
      await stop();
    }
  });
});
