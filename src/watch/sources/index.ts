import type { Source } from "../types.ts";
import type { ExecOptions, K6Options, ProberOptions, PrometheusOptions, SourceClients } from "./options.ts";

/** Where numbers are to come from. What a query says to each is in options.ts. */
export type SourceChoice =
  | { readonly kind: "prometheus"; readonly prometheus: PrometheusOptions }
  | { readonly kind: "prober"; readonly prober: ProberOptions }
  | { readonly kind: "k6"; readonly k6: K6Options }
  | { readonly kind: "exec"; readonly exec: ExecOptions };

/** Opens a source. Only what is asked for is loaded; nothing is asked before `prove` or `read`. */
export async function createSource(choice: SourceChoice, clients: SourceClients): Promise<Source> {
  switch (choice.kind) {
    case "prometheus":
      return (await import("./prometheus.ts")).createPrometheusSource(choice.prometheus, clients);
    case "prober":
      return (await import("./prober.ts")).createProber(choice.prober, clients);
    case "k6":
      return (await import("./k6.ts")).createK6Source(choice.k6);
    case "exec":
      return (await import("./exec.ts")).createExecSource(choice.exec, clients);
  }
}
