import { posix } from "node:path";
import { setImmediate } from "node:timers/promises";
import type { LeakedSecret, SecretScanner } from "./readers.ts";
import { secretKinds } from "./secret-kinds.ts";

type Preset = typeof import("@secretlint/secretlint-rule-preset-recommend");
type Rule = Preset["rules"][number];
type ConfiguredRule = { id: string; rule: Rule; options?: object; allowMessageIds?: string[] };
type Lint = (file: { path: string; content: string }) => Promise<readonly LeakedSecret[]>;

/** Finds credentials in text by secretlint's recommended rules. They are loaded with the first file. */
export function createSecretScanner(): SecretScanner {
  let loading: Promise<Lint> | undefined;
  return {
    async scan(file) {
      loading ??= load();
      const lint = await loading;
      // Matching never waits for anything: without a pause a thousand files would hold up every timer.
      await setImmediate();
      return lint(file);
    },
  };
}

async function load(): Promise<Lint> {
  const [core, preset, profiler] = await Promise.all([
    import("@secretlint/core"),
    import("@secretlint/secretlint-rule-preset-recommend"),
    import("@secretlint/profiler"),
  ]);
  // It keeps a hundred marks a file for the life of the process.
  profiler.secretLintProfiler.setEnabled(false);
  const config = { rules: preset.rules.flatMap(configured) };
  return async ({ path, content }) => {
    const result = await core.lintSource({
      source: { filePath: path, ext: posix.extname(path), content, contentType: "text" },
      options: { config, maskSecrets: true, noPhysicFilePath: true },
    });
    return distinct(
      result.messages.map(({ ruleId, messageId, loc }) => leak(ruleId, messageId, loc.start.line)),
    );
  };
}

const rulePrefix = "@secretlint/secretlint-rule-";

/** The preset's own way of switching a rule off has no effect, so its rules are named one by one. */
function configured(rule: Rule): ConfiguredRule[] {
  const { id } = rule.meta;
  // Comments in a file must not vouch for it: waivers have an owner and an end.
  if (id === `${rulePrefix}filter-comments`) return [];
  // Key ids are looked for only together with account numbers, which are no secrets.
  if (id === `${rulePrefix}aws`) {
    return [{ id, rule, options: { enableIDScanRule: true }, allowMessageIds: ["AWSAccountID"] }];
  }
  return [{ id, rule }];
}

/** Only names and numbers are taken over: secretlint's sentences hold the secret or part of it. */
function leak(ruleId: string, messageId: string, line: number): LeakedSecret {
  const rule = ruleId.replace(rulePrefix, "");
  return { line, rule, what: secretKinds[messageId] ?? `${rule} secret` };
}

/** Two of a kind on one line are one thing to mend. */
function distinct(leaks: readonly LeakedSecret[]): readonly LeakedSecret[] {
  const byPlace = new Map(leaks.map((one) => [`${one.line} ${one.what}`, one]));
  return [...byPlace.values()].sort((a, b) => a.line - b.line);
}
