import type { ZodType } from "zod";
import type { Zod } from "../core/check.ts";
import { readTtl } from "./preview/ttl.ts";

export const driverNames = ["kubernetes", "argo-rollouts", "compose", "exec"] as const;
export type DriverName = (typeof driverNames)[number];

/** The configuration's `deploy:`, as people write it. Every part may be missing; flags win over it. */
export interface DeploySettings {
  readonly driver?: DriverName;
  /** The application's name at the place. */
  readonly name?: string;
  readonly manifests?: readonly string[];
  /** A folder with a kustomization. */
  readonly kustomize?: string;
  readonly context?: string;
  /** URL of the API server that it must be. */
  readonly cluster?: string;
  readonly namespace?: string;
  readonly serverSide?: boolean;
  readonly images?: "any" | "resolve" | "digests";
  readonly wayBack?: "required" | "optional";
  readonly verdict?: { readonly signed?: boolean; readonly key?: string; readonly maxAge?: string | number };
  /** How long the new version may take to become healthy. */
  readonly wait?: string | number;
  readonly lock?: { readonly wait?: string | number; readonly expires?: string | number };
  readonly onInterrupt?: "finish" | "rollback";
  /** Good releases that are remembered. */
  readonly keep?: number;
  readonly verify?: {
    readonly url?: string;
    readonly version?: { readonly url: string; readonly field?: string };
    readonly for?: string | number;
  };
  readonly watch?: { readonly for: string | number };
  readonly migrations?: {
    readonly before?: readonly PhaseSettings[];
    readonly after?: readonly PhaseSettings[];
    readonly check?: readonly string[];
  };
  readonly compose?: { readonly files?: readonly string[]; readonly project?: string };
  readonly exec?: ExecSettings;
  readonly rollouts?: { readonly promote?: "watch" | "manual" };
  readonly preview?: { readonly ttl?: string | number; readonly prefix?: string };
}

export const execVerbs = ["plan", "capture", "apply", "status", "restore"] as const;
export type ExecVerb = (typeof execVerbs)[number];

export type ExecSettings = Readonly<Record<ExecVerb, readonly [string, ...string[]]>> & {
  /** A folder. */
  readonly state: string;
  readonly env?: readonly string[];
  readonly timeout?: string | number;
};

/** A job in the cluster, by its manifest, or a program. */
export interface PhaseSettings {
  readonly name?: string;
  readonly run?: readonly [string, ...string[]];
  readonly job?: string;
  readonly timeout?: string | number;
  readonly env?: readonly string[];
}

type Duration = ReturnType<typeof durations>;

function durations(z: Zod, isDuration: (value: string | number) => boolean) {
  return (what: string) =>
    z
      .union([z.string(), z.number()])
      .refine(isDuration, "is not a duration (30s, 5min)")
      .optional()
      .describe(what);
}

/** The shape of `deploy:`. Durations are checked by `isDuration`, which configuration owns. */
export function deploySchema(z: Zod, isDuration: (value: string | number) => boolean): ZodType {
  const duration = durations(z, isDuration);
  return z.strictObject({
    ...placeKeys(z),
    ...orderKeys(z, duration),
    ...proofKeys(z, duration),
    ...driverKeys(z, duration),
  });
}

/** What is put where. */
function placeKeys(z: Zod) {
  const text = z.string().min(1);
  return {
    driver: z.enum(driverNames).optional().describe("How: kubernetes, argo-rollouts, compose, or exec."),
    name: text
      .optional()
      .describe("The application's name at the place. Default: that of its first workload."),
    manifests: z.array(text).min(1).optional().describe("Files and folders that are applied."),
    kustomize: text.optional().describe("A folder with a kustomization, instead of manifests."),
    context: text.optional().describe("The context of kubectl or docker that is used, whatever is current."),
    cluster: text.optional().describe("The URL of the API server that the context must lead to."),
    namespace: text
      .optional()
      .describe("The namespace that is deployed to; objects in another one are refused."),
    serverSide: z
      .boolean()
      .optional()
      .describe("Apply on the server's side. Default: as it was applied before."),
    images: z
      .enum(["any", "resolve", "digests"])
      .optional()
      .describe(
        "digests: refuse images named by a tag; resolve: show what tags mean (the default); any: do not look.",
      ),
  };
}

/** What is demanded, how long it may take, and what follows. */
function orderKeys(z: Zod, duration: Duration) {
  return {
    wayBack: z
      .enum(["required", "optional"])
      .optional()
      .describe("Whether a deploy without a way back is refused. Default: required."),
    verdict: z
      .strictObject({
        signed: z.boolean().optional().describe("Demand a signed verdict: --verdict FILE."),
        key: z.string().min(1).optional().describe("The public key that it must be signed with."),
        maxAge: duration("How old it may be. Default: 15min."),
      })
      .optional()
      .describe("The verdict that a deploy needs. Default: the gate is asked."),
    wait: duration("How long the new version may take to become healthy. Default: 5min."),
    lock: z
      .strictObject({
        wait: duration("How long to wait for another deploy to end. Default: not at all."),
        expires: duration("After what time without a sign of life a lock is void. Default: 2min."),
      })
      .optional()
      .describe("One deploy at a time."),
    onInterrupt: z
      .enum(["finish", "rollback"])
      .optional()
      .describe("What Ctrl-C does to a deploy that has begun. Default: rollback."),
    keep: z.int().min(1).max(20).optional().describe("Good releases that are remembered. Default: 5."),
  };
}

/** What must be seen before a deploy counts as good. */
function proofKeys(z: Zod, duration: Duration) {
  const text = z.string().min(1);
  return {
    verify: z
      .strictObject({
        url: text.optional().describe("Answers 200 when the release is well. Default: SERVICE_URL."),
        version: z
          .strictObject({
            url: text.describe("Where the service says which version it is."),
            field: text
              .optional()
              .describe("Where in its JSON, a.b.c. Default: the whole answer holds the version."),
          })
          .optional()
          .describe("The version that answers must be the one that was deployed."),
        for: duration("How long it may take until they answer well. Default: 1min."),
      })
      .optional()
      .describe("What is asked when everything is up."),
    watch: z
      .strictObject({ for: duration("How long.").unwrap() })
      .optional()
      .describe("Watch the golden signals (watch:) before the deploy counts as good."),
    migrations: z
      .strictObject({
        before: z.array(phase(z, duration)).optional().describe("Run before the new version is applied."),
        after: z.array(phase(z, duration)).optional().describe("Run when the new version is up and well."),
        check: z
          .array(text)
          .optional()
          .describe("Migration files that `migrate check` must find safe first."),
      })
      .optional()
      .describe("Work of the project's own around a deploy."),
  };
}

function driverKeys(z: Zod, duration: Duration) {
  const text = z.string().min(1);
  const argv = z.array(z.string()).min(1);
  return {
    compose: z
      .strictObject({
        files: z.array(text).min(1).optional().describe("Compose files. Default: what compose itself finds."),
        project: text.optional().describe("Project's name. Default: compose's own."),
      })
      .optional()
      .describe("For the driver compose."),
    exec: z
      .strictObject({
        ...Object.fromEntries(execVerbs.map((verb) => [verb, argv.describe(`The program for ${verb}.`)])),
        state: text.describe("A folder that every machine which deploys can reach: the lock and the memory."),
        env: z
          .array(text)
          .optional()
          .describe("Variables that the programs get besides the few that every one gets."),
        timeout: duration("How long one call may take. Default: 5min."),
      })
      .optional()
      .describe("Programs of your own, with the five verbs of a driver."),
    rollouts: z
      .strictObject({
        promote: z
          .enum(["watch", "manual"])
          .optional()
          .describe("Who ends a pause of a rollout: our watch (the default), or a person."),
      })
      .optional()
      .describe("For the driver argo-rollouts."),
    preview: z
      .strictObject({
        ttl: z
          .union([z.string(), z.number()])
          .refine((value) => readTtl(value) !== undefined, "is not from 1min to 90d (24h, 3d)")
          .optional()
          .describe("How long a preview lives, from 1min to 90d. Default: 24h."),
        prefix: text.optional().describe("Namespaces are called PREFIX and the number. Default: pr-."),
      })
      .optional()
      .describe("Previews of pull requests."),
  };
}

function phase(z: Zod, duration: Duration) {
  return z.strictObject({
    name: z.string().min(1).optional().describe("For people."),
    run: z.array(z.string()).min(1).optional().describe("Program and arguments; no shell."),
    job: z.string().min(1).optional().describe("Manifest of a Job that is created, waited for, and removed."),
    timeout: duration("Time limit. Default: 5min."),
    env: z
      .array(z.string().min(1))
      .optional()
      .describe("Variables that the program gets besides the few that every one gets."),
  });
}
