import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";

export interface Observations {
  /** Milliseconds since 1970. */
  readonly at: number;
  /** So many observations in the bucket of so many seconds, since the process began. */
  readonly buckets: readonly (readonly [seconds: number, count: number])[];
}

/** Buckets of schema 3 grow by 2^(1/8). */
const schema = 3;

/**
 * Exposes one native histogram in Prometheus' protobuf format, with time stamps: half an hour is told in one scrape, and in
 * every other, so that none that comes too late loses a part of it.
 */
export async function nativeHistogram(name: string, looks: readonly Observations[]) {
  const body = delimited(family(name, looks));
  const http = createServer((_request, response) => {
    response.writeHead(200, {
      "content-type":
        "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited",
    });
    response.end(body);
  });
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  onTestFinished(async () => {
    http.closeAllConnections();
    await new Promise((resolve) => http.close(resolve));
  });
  const { port } = http.address() as AddressInfo;
  return { target: `127.0.0.1:${port}` };
}

function family(name: string, looks: readonly Observations[]): Buffer {
  return Buffer.concat([
    field(1, Buffer.from(name)),
    unsigned(3, 4),
    ...looks.map((look) => field(4, metric(look))),
  ]);
}

function metric({ at, buckets }: Observations): Buffer {
  const counts = new Map<number, number>();
  for (const [seconds, count] of buckets) {
    const index = Math.ceil(Math.log2(seconds) * 2 ** schema);
    counts.set(index, (counts.get(index) ?? 0) + count);
  }
  const indexes = [...counts.keys()].sort((a, b) => a - b);
  const spans: Buffer[] = [];
  const deltas: Buffer[] = [];
  let lastIndex = 0;
  let lastCount = 0;
  for (const [i, index] of indexes.entries()) {
    const offset = i === 0 ? index : index - lastIndex - 1;
    spans.push(field(12, Buffer.concat([signed(1, offset), unsigned(2, 1)])));
    const count = counts.get(index) ?? 0;
    deltas.push(varint(zigzag(count - lastCount)));
    [lastIndex, lastCount] = [index, count];
  }
  const total = [...counts.values()].reduce((sum, n) => sum + n, 0);
  const histogram = Buffer.concat([
    unsigned(1, total),
    double(2, total),
    signed(5, schema),
    double(6, 1e-128),
    unsigned(7, 0),
    ...spans,
    field(13, Buffer.concat(deltas)),
  ]);
  return Buffer.concat([field(7, histogram), unsigned(6, at)]);
}

function delimited(message: Buffer): Buffer {
  return Buffer.concat([varint(BigInt(message.length)), message]);
}

function varint(value: bigint): Buffer {
  const bytes: number[] = [];
  for (let left = value; ; left >>= 7n) {
    if (left < 0x80n) return Buffer.from([...bytes, Number(left)]);
    bytes.push(Number(left & 0x7fn) | 0x80);
  }
}

function zigzag(value: number): bigint {
  return value >= 0 ? BigInt(value) * 2n : BigInt(-value) * 2n - 1n;
}

const tag = (number: number, wire: number) => varint(BigInt(number * 8 + wire));
const unsigned = (number: number, value: number) => Buffer.concat([tag(number, 0), varint(BigInt(value))]);
const signed = (number: number, value: number) => Buffer.concat([tag(number, 0), varint(zigzag(value))]);
const field = (number: number, body: Buffer) =>
  Buffer.concat([tag(number, 2), varint(BigInt(body.length)), body]);
function double(number: number, value: number): Buffer {
  const body = Buffer.alloc(8);
  body.writeDoubleLE(value);
  return Buffer.concat([tag(number, 1), body]);
}
