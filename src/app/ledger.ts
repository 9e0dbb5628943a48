import { hostname, userInfo } from "node:os";
import { isOthersWork } from "../clients/ci.ts";
import { createGitCommand } from "../clients/git/command.ts";
import { createHistory } from "../clients/git/history.ts";
import { readSigningKey } from "../clients/keys.ts";
import { createFileStore } from "../clients/ledger/file.ts";
import { createGitRemote, ledgerRef } from "../clients/ledger/git-remote.ts";
import { createGitStore } from "../clients/ledger/git-store.ts";
import type { Head } from "../clients/ledger/line.ts";
import { createPostgresStore } from "../clients/ledger/postgres-store.ts";
import { projectOfRemote } from "../clients/ledger/project.ts";
import type { LedgerStore } from "../clients/ledger/store.ts";
import type { Readers } from "../clients/readers.ts";
import { Aborted } from "../core/check.ts";
import { SentinelError } from "../core/errors.ts";
import type { Emit } from "../core/event.ts";
import type { Secrets } from "../core/mask.ts";
import type { Verdict } from "../core/verdict.ts";
import type { Actor, LedgerEvent } from "../ledger/entry.ts";
import { anchorText, createLedgerWriter, type LedgerWriter, type Written } from "../ledger/ledger.ts";
import { withoutProgramsOf } from "./clients.ts";
import { chooseLedger } from "./ledger-place.ts";

export interface LedgerWorld {
  /** Where files that are named are looked for. */
  readonly cwd: string;
  /** The repository's, where it is another one. */
  readonly folder?: string;
  readonly env: NodeJS.ProcessEnv;
  readonly readers: Pick<Readers, "env" | "ci">;
  readonly secrets: Secrets;
  readonly toolVersion: string;
  readonly emit: Emit;
  readonly signal: AbortSignal;
}

/** The run's ledger. */
export interface Ledger {
  readonly store: LedgerStore;
  /** Adds an entry; durable when it resolves. @throws SentinelError `ledger-unwritable`, `key-unusable` */
  record(event: LedgerEvent): Promise<Acknowledged>;
  /**
   * The same where the answer does not hang on it: what goes wrong is a warning, and null is answered.
   * @param own for what is recorded although the run is interrupted
   */
  note(event: LedgerEvent, own?: AbortSignal): Promise<Acknowledged | null>;
  /** Whether `record` would work: the error that it would throw, or null. Adds nothing. */
  probe(): Promise<SentinelError | null>;
  /** The end of the chain as a tag's trailer `Ledger-Head` remembers it; null while it is empty. */
  anchor(): Promise<string | null>;
  close(): void;
}

export interface Acknowledged extends Written {
  /** What a tag's trailer or a signed verdict should remember. */
  readonly anchor: string;
}

/**
 * Opens the ledger that RS_LEDGER asks for; null where there is none: `off`, or no repository. Costs little and touches
 * nothing yet, so it is opened while the gate still looks at the world.
 * @param named a file, whatever RS_LEDGER says
 * @throws SentinelError `flag-invalid`
 */
export function openLedger(world: LedgerWorld, named?: string): Ledger | null {
  const store = openStore(world, named);
  if (store === null) return null;
  const { secrets, readers, cwd, toolVersion, emit, signal } = world;
  const { ci } = readers;
  const actor = actorOf(world);
  let writer: Promise<LedgerWriter> | undefined;

  const makeWriter = async (): Promise<LedgerWriter> =>
    createLedgerWriter({
      store,
      circumstances: {
        actor: await actor,
        run: { ci: ci.name, url: ci.runUrl },
        host: hostname() || null,
        tool: toolVersion,
      },
      mask: (value) => secrets.maskDeep(value),
      signer: readSigningKey({ cwd, env: readers.env, secrets }),
    });
  const notice = (level: "info" | "warning", message: string) =>
    emit({ type: "notice", level, from: "release-sentinel.ledger", message });

  async function record(event: LedgerEvent, within = signal): Promise<Acknowledged> {
    writer ??= makeWriter();
    const written = await (await writer).record(event, within);
    for (const message of written.notices) notice("warning", message);
    return { ...written, anchor: anchorText(written.head) };
  }

  return {
    store,
    record: (event) => record(event),
    async note(event, own) {
      try {
        return await record(event, own);
      } catch (error) {
        if (!own) signal.throwIfAborted();
        const { message, remedy } = asSentinelError(error);
        notice("warning", `Not recorded: ${message}${remedy ? ` → ${remedy}` : ""}`);
        return null;
      }
    },
    async probe() {
      try {
        writer ??= makeWriter();
        await writer;
        await store.probe(signal);
        return null;
      } catch (error) {
        signal.throwIfAborted();
        return asSentinelError(error);
      }
    },
    async anchor() {
      const head: Head | null = await store.head(signal);
      return head === null ? null : anchorText(head);
    },
    close: () => store.close(),
  };
}

/** What the gate answered, as the ledger records it. */
export function verdictEvent(verdict: Verdict, command: string): LedgerEvent {
  const { environment, version, commit } = verdict;
  return {
    kind: "verdict",
    command,
    environment: environment || null,
    version,
    commit,
    data: { verdict },
  };
}

/** The store alone, for those who only read. */
export function openStore(
  world: Pick<LedgerWorld, "cwd" | "folder" | "env" | "readers" | "secrets" | "signal">,
  named?: string,
): LedgerStore | null {
  const { cwd, folder, readers } = world;
  if (named !== undefined && /^postgres(ql)?:/i.test(named)) {
    throw new SentinelError(
      "flag-invalid",
      "--ledger takes a file; the address of a database may hold a password",
      "name it by RS_LEDGER, or by RS_LEDGER_FILE",
    );
  }
  const asked = named ?? readers.env.get("RS_LEDGER") ?? readers.env.secret("RS_LEDGER");
  const choice = chooseLedger(asked, cwd, folder);
  if (choice.kind === "off") return null;
  if (choice.kind === "file") return createFileStore(choice.place);
  const env = trusted(world);
  if (choice.kind === "postgres") {
    return createPostgresStore({
      url: choice.url,
      env: world.env,
      project: () => projectOf(world, env),
      addSecret: (value) => world.secrets.add(value),
    });
  }
  const remote = createGitRemote({ root: choice.root, commonDir: choice.commonDir, env });
  return createGitStore(remote, `${ledgerRef} of origin`, env);
}

/** Whose ledger it is: what the URL of `origin` names. */
async function projectOf(
  { cwd, folder = cwd, signal }: Pick<LedgerWorld, "cwd" | "folder" | "signal">,
  env: NodeJS.ProcessEnv,
): Promise<string | null> {
  const remote = await createHistory(folder, env).remote("origin", signal);
  const url = remote?.urls.at(-1);
  return url === undefined ? null : projectOfRemote(url);
}

/** A pull request's own programs are no git. */
export function trusted({
  cwd,
  folder = cwd,
  env,
  readers,
}: Pick<LedgerWorld, "cwd" | "folder" | "env" | "readers">): NodeJS.ProcessEnv {
  return isOthersWork(readers.ci) ? withoutProgramsOf(folder, env) : env;
}

/** Who acts, and how that is known: CI says it, git was told it, or it is the account's name. */
export async function actorOf(
  world: Pick<LedgerWorld, "cwd" | "env" | "readers" | "signal">,
): Promise<Actor | null> {
  const { ci } = world.readers;
  if (ci.actor !== null) return { name: ci.actor, source: "ci" };
  const fromGit = ci.isCi ? null : await gitIdentity(world);
  if (fromGit !== null) return { name: fromGit, source: "git" };
  try {
    return { name: userInfo().username, source: "os" };
  } catch {
    // A user id without a name: containers have them.
    return process.getuid ? { name: `uid ${process.getuid()}`, source: "os" } : null;
  }
}

const identityMs = 1000;

/** Only what was configured: git's own guess is a host's name. */
async function gitIdentity(
  world: Pick<LedgerWorld, "cwd" | "env" | "readers" | "signal">,
): Promise<string | null> {
  const git = createGitCommand(world.cwd, trusted(world));
  // A git that hangs is for the gate to tell; nobody waits for a name.
  const signal = AbortSignal.any([world.signal, AbortSignal.timeout(identityMs)]);
  const settings = ["user.useConfigOnly=true"];
  const answer = await git(["var", "GIT_AUTHOR_IDENT"], { settings, signal }).catch(() => null);
  const [, name] = /^(.* <.*>) \d+ [+-]\d+$/.exec(answer?.stdout.toString("utf8").trim() ?? "") ?? [];
  return answer?.code === 0 && name !== undefined ? name : null;
}

function asSentinelError(error: unknown): SentinelError {
  if (error instanceof SentinelError) return error;
  return new SentinelError(
    "ledger-unwritable",
    `cannot write the ledger: ${(error as Error)?.message ?? error}`,
    error instanceof Aborted ? "see whether it answers from here: release-sentinel doctor" : undefined,
  );
}
