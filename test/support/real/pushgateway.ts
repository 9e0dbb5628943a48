import { type RunningServer, serverProgram, startServer } from "./program.ts";

export const pushgatewayProgram = serverProgram(
  "Pushgateway",
  "prometheus-pushgateway",
  "RS_TEST_PUSHGATEWAY",
);

/** A Pushgateway of the test's own; gone when the test is. */
export function startPushgateway(): Promise<RunningServer> {
  return startServer(pushgatewayProgram, (port) => [`--web.listen-address=127.0.0.1:${port}`], "/-/ready");
}
