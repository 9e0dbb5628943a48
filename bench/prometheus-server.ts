// A process of its own: `node bench/prometheus-server.ts`. Speaks as Prometheus does: answers a request after as long as the
// slowest question in it takes (`slow(x, MS)`), plus a little for each, as it answers one after the other. Writes its port as
// a line of JSON, and ends with its standard input.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

const eachMs = 0.2;

const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on("data", (chunk: Buffer) => chunks.push(chunk));
  request.on("end", () => {
    const url = new URL(request.url ?? "/", "http://x");
    const fields =
      request.method === "POST" ? new URLSearchParams(Buffer.concat(chunks).toString()) : url.searchParams;
    const query = fields.get("query") ?? "";
    if (query === "time()") {
      const now = Date.now() / 1000;
      return response.end(success({ resultType: "scalar", result: [now, String(now)] }));
    }
    const tags = [...query.matchAll(/"release_sentinel", "([\d.]+)"/g)].map(([, tag = ""]) => tag);
    const slowest = Math.max(...[...query.matchAll(/slow_(\d+)/g)].map(([, text]) => Number(text)));
    const [start, end] = [Number(fields.get("start")), Number(fields.get("end"))];
    const values: [number, string][] = [];
    for (let at = start; at <= end; at += 60) values.push([at, "100"]);
    const result = tags.map((tag) => ({ metric: { release_sentinel: tag }, values }));
    setTimeout(() => response.end(success({ resultType: "matrix", result })), slowest + tags.length * eachMs);
  });
});

function success(data: unknown): string {
  return JSON.stringify({ status: "success", data });
}

server.listen(0, "127.0.0.1", () => {
  process.stdout.write(`${JSON.stringify((server.address() as AddressInfo).port)}\n`);
});
process.stdin.resume().on("end", () => process.exit());
