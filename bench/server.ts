// A process of its own: `node bench/server.ts DELAY_MS PORTS`. Answers 200 on so many ports, writes their numbers as a
// line of JSON, and ends with its standard input.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

const [delayMs = 0, count = 1] = process.argv.slice(2).map(Number);

const ports = await Promise.all(
  Array.from({ length: count }, async () => {
    const server = createServer((_request, response) => {
      if (delayMs === 0) response.end("ok");
      else setTimeout(() => response.end("ok"), delayMs);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return (server.address() as AddressInfo).port;
  }),
);
process.stdout.write(`${JSON.stringify(ports)}\n`);
process.stdin.resume().on("end", () => process.exit());
