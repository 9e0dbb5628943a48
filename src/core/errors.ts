/** Every error a user can cause, with its code, its sentence and the next thing to do. docs/errors.md is made from this. */
export interface ErrorEntry {
  readonly code: string;
  readonly exitCode: 1 | 2;
  readonly when: string;
}

/** An error for people: one line that says what and where, and how to mend it. */
export class SentinelError extends Error {
  override readonly name = "SentinelError";
  readonly code: ErrorCode;
  readonly remedy: string | undefined;
  constructor(code: ErrorCode, message: string, remedy?: string) {
    super(message);
    this.code = code;
    this.remedy = remedy;
  }
  get exitCode(): 1 | 2 {
    return errorCatalogue[this.code].exitCode;
  }
}

export const errorCatalogue = {
  "flag-invalid": {
    exitCode: 1,
    when: "A flag, command or argument is not one we know, or its value cannot be used.",
  },
  "config-unreadable": {
    exitCode: 1,
    when: "The configuration file is missing, too large, or may not be read.",
  },
  "config-syntax": { exitCode: 1, when: "The configuration is not valid YAML or JSON." },
  "config-invalid": { exitCode: 1, when: "A key or value in the configuration is not allowed there." },
  "config-extends": {
    exitCode: 1,
    when: "A policy named by `extends` cannot be found or leads back to itself.",
  },
  "config-ref": { exitCode: 1, when: "The ref that the policy must come from is not in this clone." },
  "plugin-invalid": {
    exitCode: 1,
    when: "A plugin's file or package cannot be found, or the plugin cannot say what its options or secrets are.",
  },
  "secret-unreadable": { exitCode: 1, when: "A file named by a `*_FILE` variable cannot be read." },
  "repository-refused": {
    exitCode: 1,
    when: "The repository that --repo names is not there, or the credentials may not read it.",
  },
  "repository-unready": {
    exitCode: 2,
    when: "The repository that --repo names could not be fetched: no answer, or no room for it here.",
  },
  "temporary-folder": { exitCode: 2, when: "No temporary folder can be made where TMPDIR says." },
  "history-unusable": {
    exitCode: 1,
    when: "The git history that notes or the next version are made from is not here, or not the whole of it.",
  },
  "key-unusable": {
    exitCode: 1,
    when: "A key to sign or to verify with is missing, cannot be read, or is of a kind that is not supported.",
  },
  "evidence-unreadable": {
    exitCode: 1,
    when: "A saved verdict, attestation or artifact that was named cannot be read, or is none.",
  },
  "verdict-refused": {
    exitCode: 1,
    when: "A signed verdict that is demanded is not genuine, too old, or about something else.",
  },
  "out-of-time": {
    exitCode: 2,
    when: "git or the configuration did not answer within `--timeout`, so that there is nothing to judge by.",
  },
  "release-impossible": {
    exitCode: 1,
    when: "There is nothing to release from or to: no repository, remote, forge, credentials, or file of an asset.",
  },
  "release-unready": {
    exitCode: 2,
    when: "What a release is made of could not be read: git failed, or gave no answer.",
  },
  "target-refused": {
    exitCode: 1,
    when: "A flag names another context or namespace than the one that is configured for the environment.",
  },
  "plan-unusable": { exitCode: 1, when: "A saved plan cannot be read, or was changed after it was made." },
  "ledger-unwritable": {
    exitCode: 2,
    when: "The ledger cannot be written: no space, no permission, a read-only place, a damaged last entry, or another process that does not let go of it.",
  },
  "ledger-unreadable": {
    exitCode: 2,
    when: "The ledger or an evidence bundle cannot be read, or has nothing about what was asked.",
  },
  "report-unwritable": { exitCode: 2, when: "A report, or standard output, cannot be written." },
  "init-impossible": {
    exitCode: 1,
    when: "`init` has no repository to write files into, or may not ask here and was not told what to write.",
  },
  internal: { exitCode: 2, when: "The tool itself failed. This is a bug: please report it." },
} as const satisfies Record<string, Omit<ErrorEntry, "code">>;

export type ErrorCode = keyof typeof errorCatalogue;
