import { access, constants } from "node:fs/promises";
import { homedir } from "node:os";
import { hostTool } from "../checks/host/tool.ts";
import type { Readers } from "../clients/readers.ts";
import { readConfig, type Surroundings } from "../config/configuration.ts";
import { at } from "../config/problem.ts";
import { SentinelError } from "../core/errors.ts";
import { type Secrets, shortestSubstring } from "../core/mask.ts";
import { count, printable } from "../core/text.ts";

/** One line of the doctor's answer. */
export interface Diagnosis {
  readonly subject: string;
  /** `missing`: something optional is not here. `wrong`: the gate cannot work with it. */
  readonly state: "ok" | "missing" | "wrong";
  readonly message: string;
  /** The line that mends it. */
  readonly remedy?: string;
  /** Whether it is about the user's configuration and not about this machine. */
  readonly policy?: boolean;
}

export interface DoctorOptions {
  readonly readers: Readers;
  readonly secrets: Secrets;
  readonly around: () => Promise<Surroundings>;
  readonly signal: AbortSignal;
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
}

/** Looks at everything the gate needs, and at what its commands could need; changes nothing. */
export async function examine(options: DoctorOptions): Promise<readonly Diagnosis[]> {
  const found = await Promise.all([
    node(),
    tool(options, "git", "wrong", "apt-get install git (or: brew install git)"),
    repository(options),
    remote(options),
    configuration(options),
    tool(options, "kubectl", "missing", "install kubectl to deploy to Kubernetes"),
    tool(options, "docker", "missing", "install docker to deploy with Compose"),
    permissions(options),
    secretsLength(options),
    alerts(options),
  ]);
  return found.flat();
}

function node(): Diagnosis {
  return { subject: "node", state: "ok", message: `Node.js ${process.versions.node}` };
}

/** The same question as the check `host.tool`; what is missing is only as bad as what needs it. */
async function tool(
  { readers, signal }: DoctorOptions,
  name: string,
  missing: "wrong" | "missing",
  remedy: string,
): Promise<Diagnosis> {
  const options = { ...hostTool.defaults, name };
  const target = {
    environment: "",
    version: undefined,
    purpose: "release",
    at: new Date().toISOString(),
  } as const;
  try {
    const seen = await hostTool.observe({
      readers,
      options,
      target,
      needs: {},
      signal: AbortSignal.any([signal, AbortSignal.timeout(5000)]),
    });
    const answer = [hostTool.judge(seen, { options, target })].flat()[0];
    if (answer?.status === "ok")
      return { subject: name, state: "ok", message: answer.message.replace(/^Tool OK: /, "") };
    return {
      subject: name,
      state: missing,
      message: answer?.message.replace(/^Tool \w+: /, "") ?? "no answer",
      remedy,
    };
  } catch (error) {
    return {
      subject: name,
      state: missing,
      message: `${name} does not run: ${printable((error as Error).message, 200)}`,
      remedy,
    };
  }
}

async function repository({ readers }: DoctorOptions): Promise<Diagnosis> {
  try {
    const seen = await readers.git.repository();
    if (seen.state !== "ready")
      return {
        subject: "repository",
        state: "wrong",
        message: seen.message,
        remedy: seen.remedy,
        policy: true,
      };
    const where = `${printable(seen.root, 200)}, ${seen.branch ? `on ${printable(seen.branch, 100)}` : "detached HEAD"} at ${seen.commit.slice(0, 7)}`;
    if (!seen.shallow) return { subject: "repository", state: "ok", message: where };
    return {
      subject: "repository",
      state: "missing",
      message: `${where}; the clone is shallow`,
      remedy: "git fetch --unshallow --tags",
    };
  } catch (error) {
    return {
      subject: "repository",
      state: "wrong",
      message: (error as Error).message,
      remedy: "install git",
    };
  }
}

async function remote({ readers, signal }: DoctorOptions): Promise<Diagnosis[]> {
  const seen = await readers.git.repository().catch(() => undefined);
  if (seen?.state !== "ready") return [];
  if (!seen.remotes.includes("origin"))
    return [
      {
        subject: "network",
        state: "missing",
        message: "There is no remote named origin",
        remedy: "git remote add origin URL",
      },
    ];
  try {
    await readers.git.remoteBranch(
      "origin",
      seen.branch ?? "main",
      AbortSignal.any([signal, AbortSignal.timeout(10_000)]),
    );
    return [{ subject: "network", state: "ok", message: "origin answers" }];
  } catch (error) {
    return [
      {
        subject: "network",
        state: "wrong",
        message: `origin does not answer: ${printable((error as Error).message, 200)}`,
        remedy: "git ls-remote origin",
      },
    ];
  }
}

async function configuration({ around }: DoctorOptions): Promise<Diagnosis> {
  try {
    const { loaded, problems } = await readConfig(await around());
    const [first] = problems;
    if (first)
      return {
        subject: "config",
        state: "wrong",
        message: `${at(first.place)}: ${first.message}`,
        remedy: first.remedy,
        policy: true,
      };
    if (!loaded)
      return {
        subject: "config",
        state: "ok",
        message: "no release-sentinel.yaml: the built-in default applies",
      };
    return { subject: "config", state: "ok", message: loaded.sources.join(", ") };
  } catch (error) {
    const remedy = error instanceof SentinelError ? error.remedy : undefined;
    return {
      subject: "config",
      state: "wrong",
      message: (error as Error).message,
      policy: true,
      ...(remedy ? { remedy } : {}),
    };
  }
}

async function permissions({ cwd, env }: DoctorOptions): Promise<Diagnosis> {
  const readable = await access(cwd, constants.R_OK | constants.X_OK).then(
    () => true,
    () => false,
  );
  if (!readable)
    return {
      subject: "permissions",
      state: "wrong",
      message: `${cwd} may not be read`,
      remedy: `chmod u+rx ${cwd}`,
    };
  const writable = await access(cwd, constants.W_OK).then(
    () => true,
    () => false,
  );
  const home = env["HOME"] ?? homedir();
  const homeThere = await access(home).then(
    () => true,
    () => false,
  );
  if (!homeThere)
    return {
      subject: "permissions",
      state: "missing",
      message: "there is no home folder: git has no user settings",
      remedy: "export HOME=/tmp",
    };
  if (!writable)
    return {
      subject: "permissions",
      state: "ok",
      message: "read-only: checks work, reports must go elsewhere",
    };
  return { subject: "permissions", state: "ok", message: "this folder can be read and written" };
}

function secretsLength({ secrets }: DoctorOptions): Diagnosis {
  const short = secrets.values.filter((value) => value.length < shortestSubstring).length;
  if (short === 0)
    return {
      subject: "secrets",
      state: "ok",
      message: `${count(secrets.values.length, "secret value")} will be masked`,
    };
  return {
    subject: "secrets",
    state: "missing",
    message: `${count(short, "secret value")} shorter than ${shortestSubstring} characters: too short to protect, masked as whole words only`,
    remedy: "use longer secrets",
  };
}

function alerts({ readers }: DoctorOptions): Diagnosis {
  const names = ["RS_ALERT_WEBHOOK", "SLACK_WEBHOOK_URL", "RS_DISCORD_WEBHOOK", "DISCORD_WEBHOOK_URL"];
  const set = names.filter((name) => readers.env.get(name) || readers.env.get(`${name}_FILE`));
  if (set.length > 0) return { subject: "alerts", state: "ok", message: `will be sent to ${set.join(", ")}` };
  return {
    subject: "alerts",
    state: "missing",
    message: "No webhook configured",
    remedy: "export RS_ALERT_WEBHOOK=… (a Slack-compatible webhook)",
  };
}
