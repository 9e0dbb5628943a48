import { verifyAttestation } from "../../app/attest.ts";
import { ageText } from "../../attest/age.ts";
import { sayProblems } from "../../attest/say.ts";
import type { GenuineVerdict } from "../../attest/verify.ts";
import { SentinelError } from "../../core/errors.ts";
import { printable } from "../../core/text.ts";
import type { Context } from "../context.ts";
import type { VerifyOptions } from "../evidence-options.ts";
import { writeOut } from "../terminal.ts";

export async function run(
  context: Context,
  options: VerifyOptions,
  args: readonly string[],
): Promise<number> {
  const { sentinel, cwd, signal, terminal } = context;
  const [file = ""] = args;
  const { commit, maxAge: maxAgeMs } = options;
  const environment = options.env ?? context.env["ENV"];
  const version = options.version ?? (context.env["VERSION"] || undefined);
  if (!commit || !environment)
    throw missing([...(commit ? [] : ["--commit"]), ...(environment ? [] : ["--env (or ENV)"])]);
  const verification = await verifyAttestation(
    { clients: sentinel.clients, secrets: sentinel.secrets, cwd, signal },
    {
      file,
      commit,
      environment,
      version,
      purpose: options.for,
      artifacts: options.artifact,
      maxAgeMs,
      keyFiles: options.key,
      policyDigest: options.policyDigest,
      resourceUri: options.resource,
    },
  );
  if (options.json || options.format === "json")
    await writeOut(terminal.stdout, `${JSON.stringify(sentinel.secrets.maskDeep(verification), null, 2)}\n`);
  if (!verification.genuine) {
    const name = printable(file, 200);
    context.say(
      `release-sentinel: ${name} is NOT GENUINE for what was asked: ${sayProblems(verification.problems)} → deploy nothing by it; ask the gate again: release-sentinel check --attest FILE\n`,
    );
    return 2;
  }
  if (!options.quiet) context.say(`${genuineLine(verification.verdict)}\n`);
  return 0;
}

function missing(flags: readonly string[]): SentinelError {
  return new SentinelError(
    "flag-invalid",
    `${flags.join(" and ")} missing`,
    "for example: release-sentinel attest verify verdict.sigstore.json --commit HEAD --env prod --key release-sentinel.pub",
  );
}

function genuineLine({ environment, version, purpose, commit, ageMs, signer }: GenuineVerdict): string {
  const what = version === null ? "" : ` ${printable(version, 100)}`;
  return `Verdict genuine: PASSED${what} for ${printable(environment, 100)} (${printable(purpose, 20)}) at ${commit.slice(0, 12)}, ${ageText(ageMs)} old, ${signer}`;
}
