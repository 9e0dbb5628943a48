import { policyFor, readConfig } from "../../config/configuration.ts";
import { defaultConfig } from "../../config/default.ts";
import { builtIn } from "../../config/load.ts";
import { plain, type Traced } from "../../config/merge.ts";
import { invalid } from "../../config/problem.ts";
import type { Json } from "../../core/json.ts";
import { bounded } from "../bounded.ts";
import type { Context } from "../context.ts";
import type { GateOptions } from "../options.ts";
import { writeOut } from "../terminal.ts";

interface ShowOptions extends GateOptions {
  readonly resolved?: boolean;
}

export async function run(context: Context, options: ShowOptions): Promise<number> {
  const environment = options.env ?? context.env["ENV"];
  const { loaded, policy } = await bounded(
    context,
    options,
    "the configuration could not be read",
    async () => {
      const around = await context.sentinel.surroundings(options);
      const { loaded: found, problems } = await readConfig(around);
      if (problems.length > 0) throw invalid(problems);
      const loaded = found ?? builtIn(defaultConfig);
      return { loaded, policy: environment ? await policyFor(loaded, environment, around) : undefined };
    },
  );
  const json = options.json || options.format === "json";
  const { secrets } = context.sentinel;
  if (policy) {
    const checks = policy.checks.map(({ name, check, severity, shadow, needs, limits, options }) => ({
      name,
      uses: check.id,
      severity,
      ...(shadow ? { shadow } : {}),
      needs,
      limits,
      options,
    }));
    const shown = {
      environment,
      source: policy.source,
      digest: policy.digest(),
      unknown: policy.onUnknown,
      breakGlass: policy.breakGlass,
      waivers: policy.waivers,
      checks,
    };
    const text = json
      ? JSON.stringify(secrets.maskDeep(shown), null, 2)
      : await yaml(secrets.maskDeep(shown));
    await writeOut(context.terminal.stdout, `${text.trimEnd()}\n`);
    return 0;
  }
  const data = options.resolved ? withOrigins(loaded.traced) : [];
  const text = options.resolved
    ? json
      ? `${JSON.stringify(secrets.maskDeep(data.map(({ path, value, origin }) => ({ path, value, origin }))), null, 2)}\n`
      : secrets.mask(table(data))
    : json
      ? `${JSON.stringify(secrets.maskDeep(plain(loaded.traced)), null, 2)}\n`
      : await yaml(secrets.maskDeep(plain(loaded.traced)));
  await writeOut(context.terminal.stdout, text);
  return 0;
}

interface Leaf {
  readonly path: string;
  readonly value: Json;
  readonly origin: string;
}

function withOrigins(traced: Traced, path = ""): readonly Leaf[] {
  if (!traced.map || traced.map.size === 0)
    return [{ path, value: traced.map ? {} : traced.value, origin: traced.origin() }];
  return [...traced.map].flatMap(([key, item]) => withOrigins(item, path === "" ? key : `${path}.${key}`));
}

function table(leaves: readonly Leaf[]): string {
  const rows = leaves.map(
    ({ path, value, origin }) => [`${path}: ${JSON.stringify(value)}`, origin] as const,
  );
  const width = Math.min(70, Math.max(0, ...rows.map(([left]) => left.length)));
  return rows.map(([left, origin]) => `${left.padEnd(width)}  # ${origin}\n`).join("");
}

async function yaml(data: unknown): Promise<string> {
  const { stringify } = await import("yaml");
  return stringify(data);
}
