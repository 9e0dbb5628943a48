import { errorCatalogue } from "../../src/core/errors.ts";
import { code, generatedFrom, table } from "./markdown.ts";
import { stableMessages } from "./messages.ts";

const intro = `# Errors and messages

## Exit codes

| code | verdict | meaning |
| --- | --- | --- |
| 0 | SAFE | every policy check and every health check passed; warnings are allowed and shown |
| 1 | BLOCKED | policy, configuration, git or usage: the release, as asked for, is not allowed |
| 2 | CRITICAL | something is unhealthy or could not be found out, or the tool itself failed: a human must act |
| 129, 130, 143 | none | interrupted by SIGHUP, Ctrl-C or SIGTERM; there is no verdict |

A definite policy failure wins over a health failure: the answer is then BLOCKED, and the report shows both.
The command line is 2 from its first moment, and only a verdict changes that: whatever ends the process early is never SAFE.

## Errors

An error is one line on stderr: \`release-sentinel: <what and where> → <what to do>\`. Problems in a configuration are placed:
\`file:line:column\`. The codes are those of \`SentinelError.code\` in the library.

With \`--json\` (or \`--format json\`) it is on stdout too, where the verdict would have been:
\`{"schema": "release-sentinel/error/v1", "code", "message", "remedy", "exitCode"}\`, with \`null\` for a remedy that is missing. With
\`--log-format json\` the line on stderr is a JSON object. A report that cannot be written is said last: the alert and everything else is delivered
before, and the exit code is the verdict's, or 2.`;

const messages = `## Stable messages

Logs and reports hold these sentences word for word, so that you can search for them. What stands in \`<…>\` varies.
What every check says, and the remedy that comes with it: [checks.md](checks.md).`;

export function errorsPage(): string {
  const errors = Object.entries(errorCatalogue).map(([name, { exitCode, when }]) => [
    code(name),
    String(exitCode),
    when,
  ]);
  const stable = stableMessages.map(({ situation, message, more, exit }) => [
    situation,
    `${code(message)}${more ? `, then ${more}` : ""}`,
    exit,
  ]);
  return `${[
    generatedFrom("src/core/errors.ts and scripts/generate/messages.ts"),
    intro,
    table(["code", "exit", "when"], errors),
    messages,
    table(["situation", "message", "exit"], stable),
  ].join("\n\n")}\n`;
}
