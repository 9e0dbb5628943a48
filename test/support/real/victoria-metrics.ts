import { join } from "node:path";
import { type RunningServer, serverProgram, startServer } from "./program.ts";

export const victoriaMetricsProgram = serverProgram(
  "VictoriaMetrics",
  "victoria-metrics",
  "RS_TEST_VICTORIAMETRICS",
);

/** A VictoriaMetrics of the test's own; gone when the test is. */
export function startVictoriaMetrics(): Promise<RunningServer> {
  return startServer(
    victoriaMetricsProgram,
    (port, folder) => [
      `-storageDataPath=${join(folder, "data")}`,
      `-httpListenAddr=127.0.0.1:${port}`,
      // What was written is found at once.
      "-search.latencyOffset=0s",
    ],
    "/health",
  );
}
