import { readFileSync, writeFileSync } from "node:fs";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { tempFolder } from "../temp.ts";
import { kubeconfig } from "./cluster.ts";

/** A way to the API server that can be cut, held or slowed down while a test is going on. */
export interface ApiProxy {
  /** A kubeconfig whose only difference is that it goes through here. */
  readonly kubeconfig: string;
  readonly url: string;
  /** Bytes that have gone to the API server. */
  readonly sent: () => number;
  /** Ends every connection, and those to come at once. */
  cut(): void;
  /** Cuts as soon as so many more bytes have gone to the server: in the middle of what is being done. */
  cutAfter(bytes: number): void;
  /** Accepts connections and requests, and lets nothing pass in either direction. */
  hold(): void;
  /** What the server says arrives so much later. */
  delay(ms: number): void;
  /** As if nothing had been. */
  mend(): void;
}

/** @param from the kubeconfig that is copied: that of the administrator when it is not said */
export async function apiProxy(from: string = kubeconfig.found ?? ""): Promise<ApiProxy> {
  const text = readFileSync(from, "utf8");
  const server = /server: ?"?(https:\/\/[^\s",}]+)/.exec(text)?.[1];
  if (server === undefined) throw new Error(`${from} names no server`);
  const upstream = new URL(server);
  const sockets = new Set<Socket>();
  let state: "open" | "cut" | "held" = "open";
  let delayMs = 0;
  let [sent, limit] = [0, Number.POSITIVE_INFINITY];
  const cut = () => {
    state = "cut";
    for (const socket of sockets) socket.destroy();
  };
  const proxy = createServer((client) => {
    if (state === "cut") return void client.destroy();
    const target = connect(Number(upstream.port || 443), upstream.hostname);
    for (const [one, other] of [
      [client, target],
      [target, client],
    ] as const) {
      sockets.add(one);
      one.on("error", () => {});
      one.on("close", () => {
        sockets.delete(one);
        other.destroy();
      });
    }
    client.on("data", (chunk) => {
      sent += chunk.length;
      if (sent >= limit) return cut();
      if (state === "open") target.write(chunk);
    });
    target.on("data", (chunk) => {
      if (state !== "open") return;
      if (delayMs === 0) client.write(chunk);
      else setTimeout(() => client.writable && client.write(chunk), delayMs).unref();
    });
  });
  await new Promise<void>((done) => proxy.listen(0, "127.0.0.1", done));
  onTestFinished(() => {
    cut();
    proxy.close();
  });
  const url = `https://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  const file = join(tempFolder("rs-proxy-"), "kubeconfig");
  writeFileSync(file, text.replaceAll(server, url), { mode: 0o600 });
  return {
    kubeconfig: file,
    url,
    sent: () => sent,
    cut,
    cutAfter: (bytes) => {
      limit = sent + bytes;
    },
    hold: () => {
      state = "held";
    },
    delay: (ms) => {
      delayMs = ms;
    },
    mend: () => {
      state = "open";
      [delayMs, limit] = [0, Number.POSITIVE_INFINITY];
    },
  };
}
