import type { MemoryUse, SentinelCheck } from "../../clients/readers.ts";
import { level, size, upsideDown } from "./percent.ts";

interface Options {
  /** Percent. */
  warn: number;
  critical: number;
}

type Seen = { [key in keyof MemoryUse]: MemoryUse[key] };

/** Is there memory left, of the container's limit if there is one, else of the machine? */
export const hostMemory: SentinelCheck<Options, Seen> = {
  id: "host.memory",
  question: "Is there memory left?",
  kind: "health",
  reach: "local",
  defaults: { warn: 70, critical: 85 },
  schema: (z) => {
    const percent = z.number().min(0).max(100).optional();
    return z.strictObject({
      warn: percent.describe("Percent of the memory in use from which on it is a warning."),
      critical: percent.describe("Percent of the memory in use from which on it is a failure."),
    });
  },
  contradiction: (options) => upsideDown({ ...options }, ["warn", "critical"]),
  observe: async ({ readers }) => ({ ...(await readers.host.memory()) }),
  judge(use, { options }) {
    const { status, word, shown } = level(use.percent, options);
    const limited = use.source !== "host";
    const whose = limited ? `the container's limit (${use.source})` : "the host's memory";
    const remedy = limited
      ? "raise the container's or service's memory limit, or end what uses it: ps -eo pid,rss,args --sort=-rss | head"
      : "end what uses it: ps -eo pid,rss,args --sort=-rss | head";
    return {
      status,
      message: `Memory ${word}: ${shown}`,
      details: [`${size(use.usedBytes)} of ${size(use.totalBytes)} in use, ${whose}`],
      ...(status === "ok" ? {} : { remedy }),
      metrics: [
        { name: "memory_percent", value: use.percent, unit: "%" },
        { name: "memory_used", value: use.usedBytes, unit: "B" },
      ],
    };
  },
};
