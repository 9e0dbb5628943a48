import { realpathSync } from "node:fs";
import { homedir } from "node:os";
import { isAbsolute, join, relative, resolve, sep } from "node:path";
import { type CiFacts, isByAnybody, type NamedRef, readCi } from "../clients/ci.ts";
import { createEnv } from "../clients/env.ts";
import { type CloneRequest, clone } from "../clients/git/clone.ts";
import { addressOf, refProblem } from "../clients/git/clone-address.ts";
import { CloneRefused } from "../clients/git/clone-refusal.ts";
import { GitMissing } from "../clients/git/command.ts";
import { doorEnvironment, gitHubServer, namedToken, tokenDoor } from "../clients/git/credentials.ts";
import { isJobRepository } from "../clients/job-repository.ts";
import { makeOwnFolder } from "../clients/own-folder.ts";
import { SentinelError } from "../core/errors.ts";
import type { Secrets } from "../core/mask.ts";
import { duration, printable, showUrl } from "../core/text.ts";
import { topFolder, withoutProgramsOf } from "./clients.ts";
import { withLimit } from "./in-time.ts";

/**
 * What a command does with the audit ledger: it changes the world, and must say where that is recorded; it plans to, and so
 * will have to; it records what it has found, where it can; it reads it; or nothing.
 */
export type LedgerUse = "kept" | "planned" | "noted" | "read" | "none";

export interface CheckoutRequest {
  /** `owner/name`, a URL, or a path. */
  readonly repo: string;
  /** A branch, a tag or a commit; the default branch when it is not said. */
  readonly ref?: string | undefined;
  readonly timeoutMs?: number | undefined;
  /** Where the policy comes from was said, so that it is not simply that of the ref. */
  readonly configRef?: string | undefined;
  readonly ledger: LedgerUse;
}

export interface CheckoutWorld {
  /** Where the caller stands: relative paths in the environment are meant from here. */
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  readonly secrets: Secrets;
  readonly signal: AbortSignal;
}

interface Notice {
  readonly level: "info" | "warning";
  readonly from: string;
  readonly message: string;
}

/** A repository that was fetched to be looked at, and is gone when the command is. */
export interface Checkout {
  /** Its work tree. */
  readonly folder: string;
  /** Where the policy is that the caller means by a path. */
  policyAt(path: string): string;
  /** The caller's, with what git needs to reach origin, and with paths that mean the same from here. */
  readonly env: NodeJS.ProcessEnv;
  readonly named: NamedRef;
  /** What is to be said of it, and as whose word. */
  readonly notices: readonly Notice[];
  remove(): void;
}

/** A whole history may take a while. */
const cloneMs = 5 * 60_000;

/**
 * Clones a repository into a temporary folder of its own, under TMPDIR. Credentials come from the environment and stay there.
 * @throws SentinelError `flag-invalid`, `repository-refused`, `repository-unready`, `temporary-folder`, `out-of-time`; the signal's reason
 */
export async function openCheckout(world: CheckoutWorld, request: CheckoutRequest): Promise<Checkout> {
  const { secrets, signal, cwd } = world;
  signal.throwIfAborted();
  const env = createEnv(world.env, secrets);
  const { ledgerEnv, notices } = ledgerOf(
    env.get("RS_LEDGER") ?? env.secret("RS_LEDGER"),
    cwd,
    request.ledger,
  );
  const address = addressOf(request.repo, gitHubServer(env.get), cwd, world.env["HOME"] || homedir());
  const bad =
    "problem" in address ? address : request.ref === undefined ? undefined : refProblem(request.ref);
  if (bad) throw new SentinelError("flag-invalid", secrets.mask(bad.problem), bad.remedy);
  const { url, isPath } = address as { url: string; isPath: boolean };
  const ci = readCi(world.env);
  if (request.configRef === undefined) refuseOthersPolicy(url, ci, env.get);
  const door = tokenDoor([url], namedToken(env, url));
  const config = world.env["RS_CONFIG"];
  const place = makeOwnFolder();
  const folder = join(place.path, "repository");
  // Where a pull request's job stands is the pull request's own work tree.
  const isDistrusted = ci.pullRequest !== null || isByAnybody(ci.event);
  const policyAt = (path: string) => (isDistrusted ? thereInstead(path, cwd, folder) : resolve(cwd, path));
  const around = isDistrusted ? withoutProgramsOf(cwd, world.env) : world.env;
  const own: NodeJS.ProcessEnv = {
    ...around,
    ...(door ? doorEnvironment(door, world.env) : {}),
    ...(config ? { RS_CONFIG: policyAt(config) } : {}),
    ...ledgerEnv,
  };
  try {
    const asked = { url, isPath, ref: request.ref ?? null, folder, env: own };
    const { commit, branch, tag } = await cloned(asked, world, request.timeoutMs ?? cloneMs);
    const named = { commit, branch, tag };
    const what = branch ?? tag;
    const at = `${what === null ? "" : `${printable(what, 200)} at `}${commit.slice(0, 7)}`;
    const message = `Cloned ${showUrl(url)}: ${at}`;
    const told = [{ level: "info", from: "release-sentinel.git", message } as const, ...notices];
    return { folder, policyAt, env: own, named, notices: told, remove: place.remove };
  } catch (error) {
    place.remove();
    throw error;
  }
}

/**
 * A job that a pull request has started, or anybody at all, must not take its policy from where they write.
 * @throws SentinelError `flag-invalid`
 */
function refuseOthersPolicy(url: string, ci: CiFacts, get: (name: string) => string | undefined): void {
  if (isJobRepository(url, get) || (ci.pullRequest === null && !isByAnybody(ci.event))) return;
  const who = ci.pullRequest
    ? "a pull request's job"
    : `a job that ${printable(ci.event ?? "", 50)} has started`;
  throw new SentinelError(
    "flag-invalid",
    `${who} takes its policy from its own repository, and --repo ${showUrl(url)} is not known to be that`,
    "name that one by its URL, or where the command takes it, say which ref there has a policy that you trust: --config-ref REF",
  );
}

/** A file of the work tree around the caller is the same file of the clone; any other is what it is. */
function thereInstead(path: string, cwd: string, folder: string): string {
  const top = realpathSync(topFolder(cwd));
  const meant = resolve(realpathSync(cwd), path);
  const inside = [meant, real(meant)]
    .map((one) => relative(top, one))
    .find((one) => one.split(sep)[0] !== ".." && !isAbsolute(one));
  return inside === undefined ? meant : join(folder, inside);
}

function real(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    // who reads it says that it is not there
    return path;
  }
}

async function cloned(
  asked: Omit<CloneRequest, "signal">,
  { secrets, signal }: CheckoutWorld,
  limitMs: number,
): ReturnType<typeof clone> {
  const limit = withLimit(signal, limitMs);
  try {
    // It answers when git has ended, stopped or not: until then the folder is not nobody's.
    return await clone({ ...asked, signal: limit.signal });
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    if (limit.signal.aborted) {
      throw new SentinelError(
        "out-of-time",
        secrets.mask(`${showUrl(asked.url)} was not cloned within ${duration(limitMs)}`),
        "see whether git ls-remote answers here, or allow more: --timeout 20min",
      );
    }
    if (error instanceof GitMissing)
      throw new SentinelError("repository-unready", error.message, error.remedy);
    if (!(error instanceof CloneRefused)) throw error;
    throw new SentinelError(codes[error.kind], secrets.mask(error.message), secrets.mask(error.remedy));
  } finally {
    limit.clear();
  }
}

const codes = { ref: "flag-invalid", refused: "repository-refused", unready: "repository-unready" } as const;

/** A ledger in a folder that is about to be removed would be none: it is off unless it is kept somewhere else. */
function ledgerOf(
  named: string | undefined,
  cwd: string,
  use: LedgerUse,
): { ledgerEnv: Record<string, string>; notices: Checkout["notices"] } {
  if (named !== undefined) {
    const isOther = /^(file:|~\/|[a-z][a-z0-9+.-]*:\/\/|(off|none|no|false|0|git)$)/i.test(named.trim());
    return { ledgerEnv: isOther ? {} : { RS_LEDGER: resolve(cwd, named) }, notices: [] };
  }
  // What was committed with the files is there to be read.
  if (use === "read") return { ledgerEnv: {}, notices: [] };
  const none = "with --repo there is no work tree to keep the ledger in";
  const places = "RS_LEDGER=git (on origin), postgres://…, a file's path, or off";
  if (use === "kept") throw new SentinelError("flag-invalid", none, `say where it is kept: ${places}`);
  const from = "release-sentinel.ledger";
  const notices: Readonly<Record<typeof use, readonly Notice[]>> = {
    planned: [
      { level: "warning", from, message: `In the way of the real run: ${none} → say where: ${places}` },
    ],
    noted: [{ level: "info", from, message: `Not recorded: ${none} → ${places}` }],
    none: [],
  };
  return { ledgerEnv: { RS_LEDGER: "off" }, notices: notices[use] };
}
