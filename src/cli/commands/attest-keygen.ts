import { join } from "node:path";
import { makeKeys } from "../../app/attest.ts";
import { SentinelError } from "../../core/errors.ts";
import { printable, shellWord } from "../../core/text.ts";
import type { Context } from "../context.ts";
import type { KeygenOptions } from "../evidence-options.ts";
import { writeOut } from "../terminal.ts";

export async function run(context: Context, options: KeygenOptions): Promise<number> {
  const { sentinel, cwd, signal, terminal } = context;
  const { outPrivate, outPublic, output } = options;
  const files = {
    privateFile: outPrivate ?? join(output, "release-sentinel.key"),
    publicFile: outPublic ?? join(output, "release-sentinel.pub"),
  };
  if (files.privateFile === files.publicFile) {
    throw new SentinelError(
      "flag-invalid",
      "both keys would be written to one file",
      "give --out-private and --out-public files of their own",
    );
  }
  const keyId = makeKeys({ clients: sentinel.clients, secrets: sentinel.secrets, cwd, signal }, files);
  if (options.json || options.format === "json") {
    const made = { keyId, private: files.privateFile, public: files.publicFile };
    await writeOut(terminal.stdout, `${JSON.stringify(made, null, 2)}\n`);
  }
  if (options.quiet) return 0;
  const [secret, open] = [printable(files.privateFile, 200), printable(files.publicFile, 200)];
  context.say(
    `Key ${keyId} made\n` +
      `  ${secret}  signs: give it to CI as the secret RS_SIGNING_KEY, keep it nowhere else, commit it never\n` +
      `  ${open}  verifies: give it to everybody: release-sentinel attest verify FILE --key ${shellWord(open)} …\n`,
  );
  return 0;
}
