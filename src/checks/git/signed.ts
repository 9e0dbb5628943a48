import { printable } from "../../core/text.ts";
import { gitCheck, short } from "./git-check.ts";

interface Options {
  /** Fingerprints or key ids that may sign; empty: any key this machine trusts. */
  keys: string[];
}

type Seen = { head: string; letter: string; signer: string | null; key: string | null };

const bad: Readonly<Record<string, string>> = {
  B: "has a BAD signature",
  X: "has an expired signature",
  Y: "is signed with an expired key",
  R: "is signed with a revoked key",
  U: "is signed with a key of unknown validity",
};

/** Is HEAD's commit signed by a key that is trusted here? */
export const gitSigned = gitCheck<Options, Seen>({
  id: "git.signed",
  question: "Is HEAD signed by a trusted key?",
  reach: "local",
  defaults: { keys: [] },
  schema: (z) =>
    z.strictObject({
      keys: z
        .array(z.string().min(8))
        .optional()
        .describe("Fingerprints or key ids that may sign; without it any key that git trusts."),
    }),
  async observe(repository, { readers, signal }) {
    return { head: repository.commit, ...(await readers.git.signature(repository.commit, signal)) };
  },
  judge(seen, { options }) {
    const commit = `Commit ${short(seen.head)}`;
    const remedy = "sign it: git commit --amend -S --no-edit";
    if (seen.letter === "N") return { status: "fail", message: `${commit} is not signed`, remedy };
    if (seen.letter === "E") {
      return {
        status: "unknown",
        message: `${commit} is signed with a key that cannot be checked here (${printable(seen.key ?? "unknown key", 100)})`,
        remedy: "import the signer's key (gpg --import), or set gpg.ssh.allowedSignersFile",
      };
    }
    const listed = options.keys.length === 0 || options.keys.some((key) => sameKey(key, seen.key ?? ""));
    // A key that the policy names needs no further trust.
    const good = seen.letter === "G" || (seen.letter === "U" && options.keys.length > 0 && listed);
    if (!good)
      return { status: "fail", message: `${commit} ${bad[seen.letter] ?? "has no good signature"}`, remedy };
    if (!listed) {
      return {
        status: "fail",
        message: `${commit} is signed by a key that the policy does not name: ${printable(seen.key ?? "", 100)}`,
        remedy,
      };
    }
    return {
      status: "ok",
      message: `Signed: ${short(seen.head)} by ${printable(seen.signer ?? seen.key ?? "", 100)}`,
    };
  },
});

function sameKey(wanted: string, seen: string): boolean {
  const [a, b] = [wanted.replaceAll(" ", "").toUpperCase(), seen.toUpperCase()];
  return a.startsWith("SHA256:")
    ? wanted === seen
    : a.length >= 8 && (b === a || (a.length >= 16 && b.endsWith(a)));
}
