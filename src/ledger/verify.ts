import type { Head } from "../clients/ledger/line.ts";
import type { Anchor } from "../clients/ledger/store.ts";
import { count } from "../core/text.ts";
import { type Chain, createChain, type Followed } from "./chain.ts";
import { type Checkpoint, isSignedBy, type TrustedKey } from "./checkpoint.ts";
import type { ChainProblem } from "./diagnose.ts";

/** Why a ledger is not genuine. */
export interface Problem {
  readonly kind: ChainProblem["kind"] | "truncated" | "rewritten" | "signature" | "unsigned";
  /** The first entry that is bad, or missing. */
  readonly seq: number | null;
  readonly message: string;
  readonly remedy?: string;
}

/** What is known of a ledger after every byte of it was looked at. */
export interface Verification {
  readonly schema: "release-sentinel/ledger-verification/v1";
  readonly genuine: boolean;
  /** Entries and checkpoints up to the first bad one. */
  readonly lines: number;
  readonly head: Head | null;
  /** The first is the one to look at first. */
  readonly problems: readonly Problem[];
  readonly notices: readonly string[];
  /** How far a signature reaches that a given key has made; null without one. */
  readonly signed: { readonly upTo: number; readonly keyId: string; readonly time: string } | null;
  /** Who remembers a hash that is in the chain. */
  readonly anchored: readonly { readonly from: string; readonly seq: number }[];
}

export interface VerifyOptions {
  /** Public keys that are trusted; any of them may have signed. */
  readonly keys: readonly TrustedKey[];
  readonly anchors: readonly Anchor[];
  /** Entries after the last signed checkpoint are allowed: somebody without the key has written them. */
  readonly allowUnsigned?: boolean | undefined;
  /** Whether this ledger says that it released a version. Asked only about tags that are anchored in another ledger. */
  readonly released?: (version: string) => Promise<boolean>;
}

/** Follows the whole chain, then holds it against the keys and against what others remember. Memory stays flat. */
export async function verifyChain(
  blocks: AsyncIterable<Buffer>,
  options: VerifyOptions,
): Promise<Verification> {
  const { keys, anchors, allowUnsigned = false } = options;
  const wanted = new Map(anchors.map(({ sha256 }) => [sha256, 0]));
  const chain: Chain = createChain(
    wanted.size === 0 ? undefined : (sha256, seq) => void (wanted.has(sha256) && wanted.set(sha256, seq)),
  );
  for await (const block of blocks) chain.take(block);
  const followed = chain.end();
  const { problem, lines, head } = followed;
  const signatures = keys.length === 0 ? unkeyed(followed) : signedPart(followed, keys, allowUnsigned);
  const remembered = await held(followed, wanted, options);
  const problems = [...(problem ? [problem] : []), ...signatures.problems, ...remembered.problems];
  return {
    schema: "release-sentinel/ledger-verification/v1",
    genuine: problems.length === 0,
    lines,
    head,
    problems: problems.map(({ kind, seq, message, ...rest }) => ({
      kind,
      seq,
      message,
      ...("remedy" in rest && rest.remedy !== undefined ? { remedy: rest.remedy } : {}),
    })),
    notices: [...chainNotices(followed), ...signatures.notices, ...remembered.notices],
    signed: signatures.signed,
    anchored: anchors.flatMap(({ from, sha256 }) => {
      const seq = wanted.get(sha256) ?? 0;
      return seq > 0 ? [{ from, seq }] : [];
    }),
  };
}

interface Part {
  readonly problems: readonly Problem[];
  readonly notices: readonly string[];
}

interface Signed extends Part {
  readonly signed: Verification["signed"];
}

function chainNotices({ unfinished, clockWentBack, lines }: Followed): string[] {
  const notices: string[] = [];
  if (lines === 0) notices.push("The ledger is empty");
  if (unfinished) notices.push("The last line has no line break; it is whole");
  if (clockWentBack) {
    const { seq, times } = clockWentBack;
    notices.push(`The writers' clocks went back ${count(times, "time")}, first at entry ${seq}`);
  }
  return notices;
}

/** Without a key the chain shows edits by those who did not mind the hashes, and no more. */
function unkeyed({ checkpoints, lines }: Followed): Signed {
  if (lines === 0) return { problems: [], notices: [], signed: null };
  const limits =
    "Without a key this finds edits, not somebody who rewrote the whole chain with new hashes, nor a tail that was cut off";
  const keys = [...checkpoints.keys()];
  const signed =
    keys.length === 0
      ? []
      : [
          `Signed with ${count(keys.length, "key")} that ${keys.length === 1 ? "was" : "were"} not given: ${keys.join(", ")}`,
        ];
  return { problems: [], notices: [limits, ...signed], signed: null };
}

/** A checkpoint vouches for every line before it, whoever signed the earlier ones: the last one of each key is enough. */
function signedPart(followed: Followed, keys: readonly TrustedKey[], allowUnsigned: boolean): Signed {
  const { checkpoints, lines, problem } = followed;
  const problems: Problem[] = [];
  let last: (Checkpoint & { seq: number }) | undefined;
  for (const key of keys) {
    const checkpoint = checkpoints.get(key.keyId);
    if (!checkpoint) continue;
    if (!isSignedBy(checkpoint, key)) {
      const message = `the signature of checkpoint ${checkpoint.seq} was not made with key ${key.keyId}`;
      problems.push({ kind: "signature", seq: checkpoint.seq, message });
    } else if (!last || checkpoint.seq > last.seq) last = checkpoint;
  }
  const others = [...checkpoints].filter(([keyId]) => !keys.some((key) => key.keyId === keyId));
  const covered = last?.seq ?? 0;
  const notices = others
    .filter(([, { seq }]) => seq < covered)
    .map(
      ([keyId, { seq }]) =>
        `Checkpoints up to ${seq} are by key ${keyId}, which was not given; a later one vouches for them`,
    );
  const signed = last ? { upTo: last.seq, keyId: last.keyId, time: last.time } : null;
  // A break in the chain has been told; that what follows it is not signed either adds nothing.
  if (covered === lines || problem) return { problems, notices, signed };
  const stranger = others.find(([, { seq }]) => seq > covered)?.[0];
  const unsigned = `${covered + 1 === lines ? `entry ${lines} is` : `entries ${covered + 1} to ${lines} are`} not covered by a checkpoint of a given key`;
  const message = stranger === undefined ? unsigned : `${unsigned}, only by one of key ${stranger}`;
  if (allowUnsigned) return { problems, notices: [...notices, message], signed };
  const remedy =
    stranger === undefined
      ? "a run with RS_SIGNING_KEY signs the chain up to its own entry; --allow-unsigned accepts it as it is"
      : "give that key too, if it is one of yours: --key FILE";
  return {
    problems: [...problems, { kind: "unsigned", seq: covered + 1, message, remedy }],
    notices,
    signed,
  };
}

/** What others remember must be there: else the tail was cut off, or the chain rewritten. */
async function held(
  { head, lines }: Followed,
  found: ReadonlyMap<string, number>,
  { anchors, released = async () => false }: VerifyOptions,
): Promise<Part> {
  const problems: Problem[] = [];
  const notices: string[] = [];
  for (const { sha256, seq, ledger, from, version } of anchors) {
    const at = found.get(sha256) ?? 0;
    const named = seq === undefined ? `an entry with hash sha256:${sha256}` : `entry ${seq}`;
    if (at > 0 && (seq === undefined || at === seq)) continue;
    const foreign = ledger !== undefined && head !== null && ledger !== head.ledger;
    if (foreign && version !== undefined && !(await released(version))) {
      notices.push(`${from} is anchored in another ledger (${ledger})`);
    } else if (seq !== undefined && seq > lines) {
      const message = `${from} remembers entry ${seq}, and the ledger ends with entry ${lines}`;
      problems.push({ kind: "truncated", seq: lines + 1, message });
    } else {
      const message = `${from} remembers ${named}, which is not in this chain: it was rewritten`;
      problems.push({ kind: "rewritten", seq: seq ?? null, message });
    }
  }
  return { problems, notices };
}
