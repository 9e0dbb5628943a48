import type { SentinelCheck } from "../../clients/readers.ts";
import { type BurnPair, burning, burnPresets, defaultFloors, type Floors } from "../../core/burn.ts";
import type { Zod } from "../../core/check.ts";
import { observeSlo, type SloSeen } from "./observe.ts";
import { type SloOptions, sloCheck, sloContradiction, sloDefaults, sloShape, sloWindow } from "./options.ts";
import { showWindow, windowMs } from "./window.ts";
import { number, unknown } from "./words.ts";

interface Options extends SloOptions {
  /** The shorter window, then the longer one. */
  over: [string, string];
  above: number;
  preset?: keyof typeof burnPresets;
  floors: Floors;
}

/** Is the error budget burning now? */
export const sloBurn: SentinelCheck<Options, SloSeen> = {
  id: "slo.burn",
  question: "Is the error budget burning no faster than it may?",
  kind: "health",
  ...sloCheck,
  defaults: { ...sloDefaults, over: ["10min", "1h"], above: 2, floors: defaultFloors },
  schema: (z) => z.strictObject({ ...sloShape(z), ...burnShape(z) }),
  contradiction(options) {
    const [short, long] = options.over.map((text) => windowMs(text) ?? 0);
    if ((short ?? 0) < (long ?? 0)) return sloContradiction(options);
    return {
      option: "over",
      message: "does not name the shorter window first",
      remedy: `over: [${options.over[1]}, ${options.over[0]}]`,
    };
  },
  observe: (context) => {
    const windows = pairsOf(context.options).flatMap(({ shortMs, longMs }) => [shortMs, longMs]);
    return observeSlo(
      context,
      [...new Set(windows)].sort((a, b) => a - b),
    );
  },
  judge(seen, { options }) {
    const nothing = unknown("Burn rate", seen, options);
    if (nothing) return nothing;
    const counted = new Map(
      seen.windows.map(({ ms, total, bad }) => [ms, { total: total ?? 0, bad: bad ?? 0 }]),
    );
    const none = { total: 0, bad: 0 };
    const all = pairsOf(options).map((pair) => {
      const [long, short] = [counted.get(pair.longMs) ?? none, counted.get(pair.shortMs) ?? none];
      return { pair, long, short, burn: burning(pair, long, short, options.slo / 100, options.floors) };
    });
    const worst =
      all.find(({ burn }) => burn.state === "breach") ??
      all.find(({ burn }) => burn.state === "thin") ??
      all[0];
    if (!worst) return [];
    const { pair, burn, short, long } = worst;
    const rate = (value: number | null) => (value === null ? "none" : `${Math.round(value * 10) / 10}x`);
    const rates = `${rate(burn.long)} over ${showWindow(pair.longMs)}, ${rate(burn.short)} over ${showWindow(pair.shortMs)}`;
    const of = `${number(long.bad)} of ${number(long.total)} requests failed in ${showWindow(pair.longMs)}, objective ${options.slo}%`;
    const metrics = all.map((one) => ({
      name: `burn_${showWindow(one.pair.longMs)}`,
      value: Math.round((one.burn.long ?? 0) * 1000) / 1000,
      unit: "",
    }));
    if (burn.state === "ok") return { status: "ok", message: `Burn rate OK: ${rates} (${of})`, metrics };
    if (burn.state === "thin") {
      const message = `Burn rate: ${rates}, on too few requests to say (${number(short.total)} in ${showWindow(pair.shortMs)})`;
      return { status: "notice", message, metrics };
    }
    return {
      status: "fail",
      message: `Burn rate CRITICAL: ${rates}, more than ${pair.factor}x in both (${of})`,
      remedy: "find out what fails first: a deploy now would be taken for its cause, and hide it",
      metrics,
    };
  },
};

function pairsOf({ preset, over, above }: Options): readonly BurnPair[] {
  if (preset !== undefined) return burnPresets[preset];
  const [short, long] = over.map((text) => windowMs(text) ?? 0);
  return [{ factor: above, shortMs: short ?? 0, longMs: long ?? 0 }];
}

function burnShape(z: Zod) {
  const window = sloWindow(z, "A window.");
  return {
    over: z
      .tuple([window, window])
      .optional()
      .describe("Two windows, the shorter one first: it must burn in both."),
    above: z.number().positive().optional().describe("How many times faster than allowed is too fast."),
    preset: z
      .enum(Object.keys(burnPresets) as [keyof typeof burnPresets])
      .optional()
      .describe("Pairs of windows by name, instead of over and above."),
    floors: z
      .strictObject({
        requests: z.int().min(0).describe("Fewer requests than these in the shorter window say nothing."),
        bad: z.int().min(1).describe("Fewer failed ones than these are no incident."),
      })
      .optional()
      .describe("Small numbers lie."),
  };
}
