/** One sentence that users may search for in logs: it is never changed. */
export interface StableMessage {
  readonly situation: string;
  /** What varies is written as `<name>`. */
  readonly message: string;
  /** What may follow it. */
  readonly more?: string;
  readonly exit: string;
}

/** What the command line promises to say, word for word. A test finds the fixed part of each in the sources. */
export const stableMessages: readonly StableMessage[] = [
  { situation: "the gate starts", message: "Starting release validation", exit: "" },
  { situation: "everything passed", message: "Release validation PASSED", exit: "0" },
  { situation: "not an environment that we release to", message: "Invalid environment: <name>", exit: "1" },
  { situation: "no repository", message: "Not inside a Git repository", exit: "1" },
  {
    situation: "uncommitted or untracked files",
    message: "Git working tree is dirty",
    more: "the first paths",
    exit: "1",
  },
  { situation: "not a branch to release from", message: "Releases blocked from branch: <branch>", exit: "1" },
  { situation: "not a version", message: "Invalid version format: <version>", exit: "1" },
  {
    situation: "the tag is taken",
    message: "Git tag already exists: <version>",
    more: "where, at which commit, by whom",
    exit: "1",
  },
  {
    situation: "a variable is missing",
    message: "Missing required env var: <name>",
    more: "one line for each",
    exit: "1",
  },
  {
    situation: "values that may be shown",
    message: "Config OK: <label>=<value>",
    more: "more labels",
    exit: "",
  },
  { situation: "disk", message: "Disk OK: <percent>", exit: "0" },
  { situation: "disk filling up", message: "Disk WARNING: <percent>", exit: "0" },
  { situation: "disk full", message: "Disk CRITICAL: <percent>", exit: "2" },
  { situation: "memory", message: "Memory OK: <percent>", exit: "0" },
  { situation: "memory filling up", message: "Memory WARNING: <percent>", exit: "0" },
  { situation: "memory full", message: "Memory CRITICAL: <percent>", exit: "2" },
  { situation: "a process runs", message: "Process OK: <name> running", exit: "0" },
  { situation: "a process does not run", message: "Process CRITICAL: <name> not running", exit: "2" },
  { situation: "a URL answers", message: "API OK: <url>", exit: "0" },
  { situation: "a URL answers wrongly", message: "API CRITICAL: <url> returned <status>", exit: "2" },
  {
    situation: "a URL does not answer",
    message: "API CRITICAL: <url> unreachable",
    more: "the cause",
    exit: "2",
  },
  { situation: "blocked", message: "Release BLOCKED (policy): <every reason>", exit: "1" },
  {
    situation: "critical",
    message: "Release BLOCKED (CRITICAL): system or dependency unhealthy",
    more: "each reason",
    exit: "2",
  },
  { situation: "an alert went out", message: "Alert sent successfully", exit: "unchanged" },
  {
    situation: "there is nowhere to send an alert",
    message: "No webhook configured, skipping alert",
    exit: "unchanged",
  },
  { situation: "an alert did not go out", message: "Failed to send alert: <cause>", exit: "unchanged" },
  { situation: "a tag is out", message: "Git tag <version> created and pushed", exit: "" },
  { situation: "a GitHub release is out", message: "GitHub release <version> created", exit: "" },
  { situation: "released", message: "Release <version> completed successfully", exit: "0" },
  {
    situation: "released before",
    message: "Release <version> is already complete: nothing to do",
    exit: "0",
  },
  { situation: "a dry run", message: "Release <version> is planned; nothing was changed", exit: "0" },
  {
    situation: "the gate warns",
    message: "Release <version> WITHHELD: the gate is SAFE with warnings, and nothing was changed",
    exit: "1",
  },
  {
    situation: "a release that began and did not end",
    message: "Release <version> STALLED at <step>: <why>",
    more: "the command that finishes it",
    exit: "2",
  },
  { situation: "a ritual that came to its end", message: "Ritual of <tag> completed", exit: "0" },
  {
    situation: "a ritual that had come to its end before",
    message: "Ritual of <tag> is already complete: nothing to do",
    exit: "0",
  },
  {
    situation: "a dry run of a ritual",
    message: "Ritual of <tag> is planned; nothing was changed and nothing was sent",
    exit: "0",
  },
  {
    situation: "a ritual that began and did not end",
    message: "Ritual of <tag> HALTED at <step>: <why>; left to do: <steps>",
    more: "the command that finishes it",
    exit: "2",
  },
  { situation: "a ritual that is not allowed", message: "Ritual BLOCKED: <every reason>", exit: "1" },
  {
    situation: "what a ritual needs to know could not be found out",
    message: "Ritual CRITICAL: <every reason>",
    exit: "2",
  },
  {
    situation: "a rehearsal that came to its end",
    message: "Rehearsal of <tag> completed: nothing final was published",
    exit: "0",
  },
  {
    situation: "a part of a ritual, as --only or --from asked for it",
    message: "Ritual of <tag>: <steps> done as asked",
    more: "what is left to do",
    exit: "0",
  },
  {
    situation: "the tag is not where a ritual looks for it",
    message: "Git tag <tag> is not on <where>",
    exit: "1",
  },
  {
    situation: "a ritual for a tag that is not annotated",
    message: "Git tag <tag> is lightweight: it says neither who made it nor when",
    exit: "1",
  },
  {
    situation: "a ritual for a tag that was moved somewhere",
    message: "Git tag <tag> is not the same here as on <where>",
    exit: "1",
  },
  {
    situation: "a ritual for what was not released on GitHub",
    message: "There is no GitHub Release <tag>",
    exit: "1",
  },
  {
    situation: "a ritual for what is not published",
    message: "GitHub Release <tag> is still a draft",
    exit: "1",
  },
  {
    situation: "a ritual of that tag runs already",
    message: "another ritual of <tag> runs: <who>, since <time>, until <time> at the least",
    exit: "1",
  },
  {
    situation: "a ritual of that tag was completed when it was elsewhere",
    message: "a ritual of <tag> was completed for another commit (<commit>), by <who>",
    exit: "1",
  },
  {
    situation: "a channel that may have been told",
    message: "it may have been sent already to <channels>: it is not sent again by itself",
    more: "what to say when it is there, and when it is not",
    exit: "2",
  },
  {
    situation: "what a ritual has sent is not known any more",
    message:
      "the ritual's marks were <deleted or rewritten> on <remote>: what was sent is not known any more",
    exit: "2",
  },
  { situation: "migrations that are safe", message: "Migrations PASSED", exit: "0" },
  { situation: "migrations that are not", message: "Migrations BLOCKED: <every reason>", exit: "1" },
  {
    situation: "migrations of which it could not be found out",
    message: "Migrations UNPROVEN: <every reason>",
    exit: "2",
  },
  {
    situation: "a deploy that ended well",
    message: "Deployed <version> to <environment>: <state>",
    exit: "0",
  },
  { situation: "deployed before", message: "<version> is already on <environment>, healthy", exit: "0" },
  {
    situation: "a dry run of a deploy",
    message: "Deploy of <version> to <environment> is planned; nothing was changed",
    exit: "0",
  },
  { situation: "a deploy that is not allowed", message: "Deploy BLOCKED: <every reason>", exit: "1" },
  {
    situation: "what a deploy needs to know could not be found out",
    message: "Deploy BLOCKED (CRITICAL): <every reason>",
    exit: "2",
  },
  {
    situation: "the gate warns, and a deploy does nothing",
    message: "Deploy WITHHELD: the gate is SAFE with warnings, and nothing was changed",
    exit: "1",
  },
  {
    situation: "a deploy that failed and was taken back",
    message: "Deploy FAILED, rolled back to <version>: <why>",
    exit: "2",
  },
  {
    situation: "a deploy that failed before anything was applied",
    message: "Deploy FAILED, nothing was applied: <why>",
    exit: "2",
  },
  {
    situation: "a deploy that failed, and whose way back failed",
    message: "Deploy FAILED, roll back FAILED: <why>",
    more: "the state of each object, and the commands to type",
    exit: "2",
  },
  {
    situation: "a deploy of which nobody could say whether it is well",
    message: "Deploy UNPROVEN: <version> is applied, and it could not be found out whether it is well: <why>",
    exit: "2",
  },
  {
    situation: "a deploy whose good end could not be written down",
    message: "Deploy UNRECORDED: <version> is up and well, and that could not be written down: <why>",
    exit: "2",
  },
  {
    situation: "a deploy whose lock was taken over",
    message: "Deploy STOPPED: the lock is not ours any more: <why>",
    exit: "2",
  },
  { situation: "rolled back by hand", message: "Rolled back <environment> to <version>: <state>", exit: "0" },
  { situation: "a roll back that is not possible", message: "Roll back BLOCKED: <why>", exit: "1" },
  { situation: "a roll back that failed", message: "Roll back FAILED: <why>", exit: "2" },
  { situation: "an image was pinned", message: "Pinned <environment> to <image>: <state>", exit: "0" },
  {
    situation: "a watch in which all was known and well",
    message: "Watch of <environment> PASSED: <what>",
    exit: "0",
  },
  {
    situation: "a canary that is no worse",
    message: "Watch of <environment> PASSED, canary promoted: <what>",
    exit: "0",
  },
  {
    situation: "a signal in breach, or a canary that is worse",
    message: "Watch of <environment> FAILED: <why>",
    more: "each reason",
    exit: "2",
  },
  {
    situation: "no data to the end of the watch",
    message: "Watch of <environment> UNPROVEN (no data): <why>",
    exit: "2",
  },
  {
    situation: "numbers that could not be obtained",
    message: "Watch of <environment> UNPROVEN (telemetry error): <why>",
    exit: "2",
  },
  {
    situation: "a breach that is not the deploy's fault",
    message: "Watch of <environment> UNPROVEN: <why>",
    exit: "2",
  },
  {
    situation: "a canary that may be either",
    message: "Watch of <environment> UNDECIDED: <why>",
    exit: "2",
  },
  { situation: "a query that is wrong", message: "Watch of <environment> BLOCKED: <why>", exit: "1" },
  {
    situation: "a watch that is interrupted",
    message: "Watch of <environment> interrupted: <signal>",
    more: "the command that goes on",
    exit: "130, 143",
  },
  { situation: "init has nothing to write", message: "Nothing to do: <how many> as wanted", exit: "0" },
  { situation: "init --check finds everything as it would be written", message: "Up to date", exit: "0" },
  { situation: "init --check finds what is not", message: "Out of date: <files>", exit: "1" },
];
