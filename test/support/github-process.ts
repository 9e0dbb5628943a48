// The stand-in for GitHub as a process of its own, for tests that start and kill the command line:
//
//   node test/support/github-process.ts '{"token": "…", "gitDir": "…", "faults": [{"operation": "repos/create-release", "nth": 1, "fault": "drop-after"}]}'
//
// Prints one line of JSON with its URL, then one for each request. GET /stand-in/state answers what it remembers.
import { type Fault, type GitHubServerOptions, startGitHub } from "./github-server.ts";

/** The first rule that fits a request decides. Without `nth` a rule fits always. */
interface FaultRule {
  readonly operation: string;
  readonly nth?: number;
  readonly fault: Fault;
}

type Given = Omit<GitHubServerOptions, "faults" | "onRequest"> & { readonly faults?: readonly FaultRule[] };

const { faults = [], ...options } = JSON.parse(process.argv[2] ?? "{}") as Given;
const print = (line: object) => process.stdout.write(`${JSON.stringify(line)}\n`);
const server = await startGitHub({
  ...options,
  faults: ({ operation, nth }) =>
    faults.find((rule) => rule.operation === operation && (rule.nth ?? nth) === nth)?.fault,
  onRequest: print,
});
print({ url: server.url, port: server.port });
