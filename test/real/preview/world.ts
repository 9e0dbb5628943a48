import { execFileSync } from "node:child_process";
import { randomInt } from "node:crypto";
import { mkdirSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import { inject, onTestFinished, vi } from "vitest";
import { type PreviewAsked, runPreview } from "../../../src/app/preview.ts";
import { createSentinel } from "../../../src/app/sentinel.ts";
import type { SentinelEvent } from "../../../src/core/event.ts";
import type { PreviewOutcome } from "../../../src/flows/preview/outcome.ts";
import { kubeconfig, kubectl } from "../../support/real/cluster.ts";
import { tempFolder } from "../../support/temp.ts";

/** A pull request of a test's own, with a place for its files. */
export interface TestPreview {
  readonly pr: string;
  readonly name: string;
  readonly said: readonly string[];
  write(file: string, text: string): string;
  run(
    command: PreviewAsked["command"],
    asked?: Partial<PreviewAsked>,
    around?: { readonly kubeconfig?: string; readonly signal?: AbortSignal },
  ): Promise<PreviewOutcome>;
}

/** @param remote of the repository around; without: there is none */
export function testPreview(remote?: string): TestPreview {
  const pr = String(randomInt(100_000_000, 999_999_999));
  const name = `pr-${pr}`;
  const cwd = tempFolder("rs-preview-");
  const said: string[] = [];
  if (remote !== undefined) {
    execFileSync("git", ["init", "-q", cwd]);
    execFileSync("git", ["-C", cwd, "remote", "add", "origin", remote]);
  }
  onTestFinished(() => removeNamespace(name));
  return {
    pr,
    name,
    said,
    write(file, text) {
      const path = join(cwd, file);
      writeFileSync(path, text);
      return path;
    },
    async run(command, asked = {}, around = {}) {
      const env = { PATH: process.env["PATH"], HOME: cwd, KUBECONFIG: around.kubeconfig ?? kubeconfig.found };
      const emit = (event: SentinelEvent) => {
        if (event.type === "notice") said.push(event.message);
      };
      const signal = around.signal ?? new AbortController().signal;
      const sentinel = createSentinel({ cwd, env: { ...env, RS_LEDGER: "off" }, emit, signal });
      const usual = {
        environment: undefined,
        dryRun: false,
        stdin: Readable.from([]),
        resume: "again",
        cleanup: "away",
      };
      try {
        return await sentinel.job({ command: `preview ${command}` }, (job) =>
          runPreview(job, { ...usual, command, ...(command === "sweep" ? {} : { pr }), ...asked }),
        );
      } finally {
        await sentinel.close();
      }
    },
  };
}

/** A sweep is of the whole cluster: no other test of this run sweeps, or has a preview that a sweep would wait for, until this one is over. */
export async function alone(): Promise<void> {
  const taken = join(inject("templates"), "sweep");
  for (;;) {
    try {
      mkdirSync(taken);
      break;
    } catch {
      await delay(200);
    }
  }
  onTestFinished(() => rmdirSync(taken));
}

/** From here on an hour is over in no time: whatever is waited for has had its time. */
export function timeFlies(): void {
  const now = process.hrtime.bigint;
  const start = now();
  const flying = () => start + (now() - start) * 100_000n;
  const clock = vi.spyOn(process.hrtime, "bigint").mockImplementation(flying);
  onTestFinished(() => clock.mockRestore());
}

/** Whatever holds it. */
export async function removeNamespace(name: string): Promise<void> {
  await kubectl(["delete", "namespace", name, "--ignore-not-found", "--wait=false"]);
  const patch = [
    "patch",
    "configmap",
    "stays",
    "-n",
    name,
    "--type=merge",
    "-p",
    '{"metadata":{"finalizers":null}}',
  ];
  await kubectl(patch).catch(() => {});
}

export async function namespaceOf(
  name: string,
): Promise<{ metadata: Record<string, unknown>; status: { phase: string } } | null> {
  const text = await kubectl(["get", "namespace", name, "--ignore-not-found", "-o", "json"]);
  return text.trim() === "" ? null : JSON.parse(text);
}

export const deployment = (image: string, more = "") => `apiVersion: apps/v1
kind: Deployment
metadata: { name: web${more} }
spec:
  replicas: 1
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec: { containers: [{ name: app, image: "${image}" }] }
`;

export const config = (name: string, more = "") =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: ${name}${more} }\ndata: { a: b }\n`;

/** The namespace of a preview that is to end then. */
export const labelled = (pr: string, expires: string, more = "") => `apiVersion: v1
kind: Namespace
metadata:
  name: pr-${pr}
  labels: { app.kubernetes.io/managed-by: release-sentinel, release-sentinel/preview: "${pr}" }
  annotations: { release-sentinel/expires: "${expires}"${more} }
`;

export const make = (text: string) => kubectl(["create", "-f", "-"], text);
export const past = "2026-01-01T00:00:00Z";
