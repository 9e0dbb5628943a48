import { describe, expect, it, onTestFinished } from "vitest";
import { createClients } from "../../../src/app/clients.ts";
import type { Job } from "../../../src/app/job.ts";
import { withToldRequests } from "../../../src/app/ritual-http.ts";
import type { SentinelEvent } from "../../../src/core/event.ts";
import { Secrets } from "../../../src/core/mask.ts";
import { server } from "../../support/server.ts";

describe("a ritual's requests", () => {
  it("are all told of: what is read, sent and downloaded, without what is behind the question mark", async () => {
    const { url } = await server(204);
    const clients = createClients(process.cwd(), {}, new Secrets());
    onTestFinished(() => clients.close());
    const events: SentinelEvent[] = [];
    const job = { clients, emit: (event: SentinelEvent) => void events.push(event) } as unknown as Job;
    const told = withToldRequests(job).clients;
    const signal = new AbortController().signal;
    await told.readers.http.request({ url: `${url}/read?x=y`, signal });
    await told.http.send({ url: `${url}/send`, method: "PUT", headers: {}, body: "x", signal });
    await told.http.download({ url: `${url}/download`, headers: {}, maxBytes: 10, signal, into: () => {} });
    const lines = events.map((event) =>
      event.type === "request"
        ? `${event.method} ${event.url.slice(url.length)} ${event.status}`
        : event.type,
    );
    expect(lines.map((line) => line.replace(/\?\S+/, "?…"))).toEqual([
      "GET /read?… 204",
      "PUT /send 204",
      "GET /download 204",
    ]);
  });
});
