import { createTwoFilesPatch } from "diff";
import { stringify } from "yaml";
import type { Change } from "../driver.ts";
import { withoutSecrets } from "../without-secrets.ts";
import type { Kept } from "./kept.ts";
import type { ComposeModel, ComposeService } from "./model.ts";

/** What the new model does to each service, in the order in which compose starts them. */
export function changesOf(
  model: ComposeModel,
  hashes: Readonly<Record<string, string>>,
  ids: Readonly<Record<string, string | null>>,
  now: Kept,
  gone: readonly string[],
): Change[] {
  const services = inOrder(model).map((name): Change => {
    const subject = `Service ${name}`;
    const service = model.services[name] ?? {};
    const old = now.services[name];
    if (old === undefined)
      return { subject, action: "create", diff: difference(subject, undefined, service) };
    const sameImage = ids[name] === old.id;
    if (sameImage && old.hash === hashes[name]) return { subject, action: "unchanged", diff: "" };
    const diff = difference(subject, now.model.services[name], service);
    if (diff !== "") return { subject, action: "change", diff };
    // The same words, and something else behind them: a tag that has moved.
    const moved = `-${old.image} is ${old.id}\n+${service.image ?? ""} is ${ids[name] ?? "not here yet"}\n`;
    return { subject, action: "change", diff: sameImage ? " only what is not shown has changed\n" : moved };
  });
  const removed = gone.map((name): Change => {
    const subject = `Service ${name}`;
    return { subject, action: "remove", diff: difference(subject, now.model.services[name], undefined) };
  });
  return [...services, ...removed];
}

/** A service comes after those that it depends on. */
function inOrder(model: ComposeModel): string[] {
  const order = new Set<string>();
  const visit = (name: string, trail: readonly string[]) => {
    if (order.has(name) || trail.includes(name)) return;
    const { depends_on: needs = {} } = model.services[name] ?? {};
    for (const needed of Array.isArray(needs) ? needs.map(String) : Object.keys(needs)) {
      if (Object.hasOwn(model.services, needed)) visit(needed, [...trail, name]);
    }
    order.add(name);
  };
  for (const name of Object.keys(model.services).sort()) visit(name, []);
  return [...order];
}

function difference(
  subject: string,
  old: ComposeService | undefined,
  wanted: ComposeService | undefined,
): string {
  const text = (service: ComposeService | undefined, other: ComposeService | undefined) =>
    service === undefined ? "" : stringify(shown(service, other), { sortMapEntries: true, lineWidth: 0 });
  const [before, after] = [text(old, undefined), text(wanted, old)];
  if (before === after) return "";
  const patch = createTwoFilesPatch(
    `${subject}, now`,
    `${subject}, new`,
    before,
    after,
    undefined,
    undefined,
    {
      context: 3,
    },
  );
  return patch.slice(patch.indexOf("--- "));
}

/** A service without what is secret in it, and without what says nothing. */
function shown(service: ComposeService, other: ComposeService | undefined): unknown {
  const { environment, ...rest } = service;
  const values = Object.entries(environment ?? {}).map(([name, value]) => {
    const isOther = other !== undefined && other.environment?.[name] !== value;
    return [name, isOther ? "*** (changed)" : "***"] as const;
  });
  const said = withoutSecrets(rest) as object;
  return tidy(values.length > 0 ? { ...said, environment: Object.fromEntries(values) } : said);
}

/** Compose writes some defaults out and some not. */
function tidy(service: unknown): unknown {
  const { pull_policy: _policy, build: _build, ...rest } = service as Record<string, unknown>;
  return Object.fromEntries(
    Object.entries(rest).filter(([, value]) => {
      if (value === null || value === undefined) return false;
      return typeof value !== "object" || Object.keys(value).length > 0;
    }),
  );
}
