import type { SentinelCheck } from "../../clients/readers.ts";
import type { Judgement } from "../../core/finding.ts";
import { printable } from "../../core/text.ts";
import { isProcess } from "./process-match.ts";

interface Options {
  name: string | string[];
}

type Seen = {
  processes: { name: string; pids: number[] }[];
  /** Whether other users' processes cannot be seen from here. */
  hidden: boolean;
};

/** Numbers that are worth showing. */
const shownPids = 5;

/** Does every named process run? */
export const hostProcess: SentinelCheck<Options, Seen> = {
  id: "host.process",
  question: "Do the processes that must run, run?",
  kind: "health",
  reach: "local",
  defaults: { name: [] },
  schema: (z) =>
    z.strictObject({
      name: z
        .union([z.string().min(1), z.array(z.string().min(1)).min(1)])
        .describe(
          "One or several processes: exactly the kernel's name, the command's or executable's last part, or its whole path.",
        ),
    }),
  async observe({ readers, options, signal }) {
    const names = wanted(options);
    if (names.length === 0) throw new Error("no process is named");
    const { platform } = readers.host;
    const running = await readers.host.processes(signal);
    const processes = names.map((name) => {
      const found = running.filter((process) => isProcess(process, name, platform));
      return { name, pids: found.slice(0, shownPids).map(({ pid }) => pid) };
    });
    // Every Linux has a first process; a procfs mounted with hidepid does not show it to others.
    return { processes, hidden: platform === "linux" && !running.some(({ pid }) => pid === 1) };
  },
  judge({ processes, hidden }) {
    return processes.map(({ name, pids }): Judgement => {
      const shown = printable(name, 200);
      if (pids.length > 0) {
        return {
          status: "ok",
          message: `Process OK: ${shown} running`,
          subject: name,
          details: [`pid ${pids.join(", ")}`],
        };
      }
      return {
        status: "fail",
        message: `Process CRITICAL: ${shown} not running`,
        subject: name,
        ...(hidden ? { details: ["other users' processes are hidden here (hidepid): ask as root"] } : {}),
        remedy:
          "start it; if it runs under another name, take that one: ps -eo pid,comm,args (Windows: tasklist)",
      };
    });
  },
};

function wanted({ name }: Options): string[] {
  return [...new Set([name].flat())].filter((text) => text !== "");
}
