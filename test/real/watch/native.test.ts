import { describe, expect, it } from "vitest";
import { nativeHistogram } from "../../support/real/native-histogram.ts";
import { prometheusProgram, startPrometheus } from "../../support/real/prometheus.ts";
import { asking, minute, minutesOf, value } from "./support.ts";

describe.skipIf(prometheusProgram.skip)("native histograms of a real Prometheus (needs prometheus)", () => {
  it("counts what is above a threshold, through a restart", async () => {
    const end = Math.floor(Date.now() / minute) * minute - minute;
    const start = end - 10 * minute;
    // Ten requests a second, one of them slow; after five and a half minutes the process is a new one.
    const looks = Array.from({ length: 40 }, (_, i) => {
      const seconds = 5 + i * 15;
      const age = seconds < 330 ? 1000 + seconds : seconds - 320;
      return {
        at: start + seconds * 1000,
        buckets: [
          [0.2, age * 9],
          [4, age],
        ] as const,
      };
    });
    const { target } = await nativeHistogram("http_request_duration_seconds", looks);
    const { url } = await startPrometheus({
      targets: [target],
      arguments: ["--enable-feature=native-histograms"],
    });
    const told = `count_over_time(http_request_duration_seconds[1h])`;
    await expect.poll(() => value(url, told)).toBe(looks.length);
    const { read, prove } = await asking({ url });
    const range = { from: start, to: end };
    const labels = { job: "live" };
    const minutes = minutesOf(await read({ kind: "latency", labels }, range), range);
    expect(minutes.map(([at]) => at)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
    const exact = minutes.filter(([at]) => at !== 5);
    for (const [, total, bad] of exact) {
      expect(total).toBeCloseTo(600, 6);
      expect(bad).toBeCloseTo(60, 6);
    }
    expect((await prove({ kind: "latency", labels }))[0]).toMatchObject({ state: "ok" });
  });
});
