import type { Finding, Kind } from "../../../../src/core/finding.ts";
import { exitCodes, type Verdict, type VerdictWord } from "../../../../src/core/verdict.ts";

export const options = { color: false, width: 80, toolVersion: "0.1.0" } as const;

type Told = Partial<Finding> & Pick<Finding, "check" | "status" | "message">;

export function finding(told: Told): Finding {
  const kind: Kind = /^(host|http|process|tls)\./.test(told.check) ? "health" : "policy";
  return { kind, durationMs: 3, attempts: 1, observation: null, ...told };
}

export function verdict(
  word: VerdictWord,
  findings: readonly Finding[],
  told: Partial<Verdict> = {},
): Verdict {
  const exitCode = exitCodes[word];
  const kind = word === "BLOCKED" ? "policy" : "health";
  const reasons = findings.filter(
    ({ status, kind: of }) => status === "unknown" || (status === "fail" && of === kind),
  );
  return {
    schema: "release-sentinel/verdict/v1",
    verdict: word,
    exitCode,
    releasable: word === "SAFE" && !findings.some(({ status }) => status === "warn" || status === "unknown"),
    for: "release",
    environment: "prod",
    version: "v1.4.2",
    commit: "3f2a9c1d4b5e6f708192a3b4c5d6e7f801234567",
    branch: "main",
    policyDigest: `sha256:${"0123456789abcdef".repeat(4)}`,
    policySource: "release-sentinel.yaml at main",
    leftOut: [],
    startedAt: "2026-11-21T08:33:20.268Z",
    durationMs: 1234,
    findings,
    reasons: word === "SAFE" ? [] : reasons.map(({ message }) => message),
    ...told,
  };
}

const passed: readonly Finding[] = [
  finding({ check: "env.allowed", status: "ok", message: "Environment prod is allowed" }),
  finding({ check: "git.repository", status: "ok", message: "Inside a Git repository" }),
  finding({ check: "git.clean", status: "ok", message: "Git working tree is clean", durationMs: 41 }),
  finding({
    check: "host.disk",
    subject: "/",
    status: "ok",
    message: "Disk OK: 10.0%",
    observation: { percent: 10, totalBytes: 105e9 },
    metrics: [
      { name: "used", value: 10, unit: "%" },
      { name: "available", value: 94_500_000_000, unit: "B" },
    ],
  }),
  finding({
    check: "host.memory",
    status: "ok",
    message: "Memory OK: 41.7%",
    metrics: [{ name: "used", value: 41.7, unit: "%" }],
  }),
];
const skipped = finding({
  check: "git.signed",
  status: "skipped",
  message: "git.tag did not pass",
  durationMs: 0,
  attempts: 0,
});
const noticed = finding({
  check: "git.history",
  status: "notice",
  message: "Shallow clone: deepened to 412 commits",
  durationMs: 812,
});

const warm = finding({
  check: "host.disk",
  subject: "/var/lib/docker",
  status: "warn",
  message: "Disk WARNING: 80.1%",
  remedy: "docker system prune --volumes",
  metrics: [{ name: "used", value: 80.1, unit: "%" }],
});

export const safe = verdict("SAFE", [...passed, noticed, skipped]);

export const warned = verdict("SAFE", [...passed, warm, noticed]);

export const blocked = verdict(
  "BLOCKED",
  [
    finding({
      check: "env.allowed",
      status: "fail",
      message: "Invalid environment: production",
      remedy: "use one of dev, stage, prod: --env prod",
    }),
    ...passed.slice(1, 2),
    finding({
      check: "git.clean",
      status: "fail",
      message: "Git working tree is dirty",
      details: [" M src/index.ts", "?? notes.txt", "?? test/fixtures/a folder/with spaces.txt"],
      remedy: "git stash --include-untracked",
      durationMs: 41,
    }),
    finding({
      check: "env.variables",
      subject: "RS_REQUIRED_PROCESS",
      status: "fail",
      message: "Missing required env var: RS_REQUIRED_PROCESS",
      remedy: "export RS_REQUIRED_PROCESS=nginx",
    }),
    finding({
      check: "git.branch",
      status: "fail",
      message: "Releases blocked from branch: feature/test",
      remedy: "git switch main",
      location: { file: "release-sentinel.yaml", line: 12 },
    }),
    skipped,
  ],
  { branch: "feature/test", environment: "production", policySource: "built-in default", durationMs: 96 },
);

export const critical = verdict("CRITICAL", [
  ...passed.slice(0, 3),
  finding({
    check: "host.memory",
    status: "fail",
    message: "Memory CRITICAL: 90.2%",
    remedy: "ps aux --sort=-rss | head",
  }),
  finding({
    check: "http.api",
    subject: "https://api.internal.test/health",
    status: "fail",
    message: "API CRITICAL: https://api.internal.test/health returned 503",
    details: ["attempt 1: 503", "attempt 2: 503", "attempt 3: 503"],
    remedy: "curl -fsS https://api.internal.test/health",
    durationMs: 3412,
    attempts: 3,
  }),
  finding({
    check: "process.required",
    kind: "health",
    status: "unknown",
    message: "Could not find out whether nginx runs: no answer within 30 s",
    remedy: "release-sentinel check --only process.required --verbose",
    durationMs: 30_000,
  }),
  warm,
]);

export const excused = verdict("SAFE", [
  ...passed,
  finding({
    check: "git.signed",
    status: "waived",
    message: "Commit 3f2a9c1d4b5e is not signed",
    waiver: {
      owner: "platform-team",
      reason: "signing keys are being replaced",
      ticket: "OPS-311",
      until: "2026-12-01",
    },
    remedy: "git commit --amend --no-edit -S",
  }),
  finding({
    check: "git.pushed",
    status: "notice",
    message: "Commit 3f2a9c1d4b5e is not on origin",
    shadow: { status: "fail", owner: "platform-team", reason: "trying it out", until: "2026-12-31" },
  }),
  finding({
    check: "http.payments",
    status: "waived",
    message: "API CRITICAL: https://payments.internal.test returned 500",
    breakGlass: { reason: "rollback of a broken release, the payments team is informed" },
  }),
]);

/** Nothing at all was checked, outside a repository and without a version. */
export const nothing = verdict("CRITICAL", [], {
  reasons: ["nothing was checked"],
  version: null,
  commit: null,
  branch: null,
});

/** The policy lets what could not be found out pass with a warning; and some checks were left out. */
export const tolerated = verdict(
  "SAFE",
  [...passed, finding({ check: "http.api", status: "unknown", message: "no answer within 30 s" })],
  {
    leftOut: ["git.tag", "host.memory"],
  },
);

export const many = verdict("BLOCKED", [
  ...Array.from({ length: 44 }, (_, i) =>
    finding({ check: `repo.file-${i + 1}`, status: "ok", message: `File ${i + 1} is as it should be` }),
  ),
  ...Array.from({ length: 6 }, (_, i) =>
    finding({ check: "host.disk", subject: `/data/${i}`, status: "warn", message: `Disk WARNING: 8${i}.0%` }),
  ),
  ...Array.from({ length: 10 }, (_, i) =>
    finding({
      check: "repo.secrets",
      subject: `src/config/settings-${i}.ts`,
      status: "fail",
      message: `A private key is in src/config/settings-${i}.ts, line ${i * 7 + 1}`,
      location: { file: `src/config/settings-${i}.ts`, line: i * 7 + 1 },
      remedy: `git rm --cached src/config/settings-${i}.ts`,
    }),
  ),
]);

/** Pieces that mean something to one of the formats, or to what reads them. */
export const hostilePieces: readonly string[] = [
  "]]>",
  "-->",
  "<!--",
  "<script>alert(1)</script>",
  '"><img src=x onerror=alert(1)>',
  "&amp;&#0;",
  "::error::owned",
  "%0A::set-output name=verdict::SAFE",
  "\n::stop-commands::x\n",
  "\r\nverdict=SAFE",
  "EOF",
  "\u001b[2J\u001b]0;owned\u0007\u009b31m",
  "\u202egnp.exe\u2066\u200f",
  "\u0000\u0001\u0008\u000b\u007f\u0085\ufffe\uffff",
  "\ud800 lone \udc00",
  "| pipe \\| and \\\\| more |",
  "`tick` ``ticks`` ```fence``` ````",
  "`".repeat(100),
  "</details></table></code>",
  "@everyone @octocat #1 GH-2 owner/name#3",
  "[click](https://evil.test) https://evil.test www.evil.test <https://evil.test>",
  "![x](http://evil.test/x.png)",
  "# heading # SKIP # TODO later",
  "not ok 1 - forged",
  "1..0",
  "Bail out! forged",
  "ends with a brace {",
  "ends with a backslash \\",
  "  ---\n  yaml: true\n  ...",
  '{"json": "x\\u0000"} {0} {{',
  'label="x",evil="y"} 1\nforged_metric 1',
  "👩‍👩‍👧‍👦 🚀 ✅ 漢字 한글 ａｂｃ e\u0301\u0301\u0301",
  "\u2028\u2029\ufeff",
  "C:\\Users\\x\\..\\y",
  "'; rm -rf / #$(id)",
];

const everything = hostilePieces.join(" ");

export const hostile = verdict(
  "BLOCKED",
  [
    ...hostilePieces.map((piece) =>
      finding({
        check: "git.branch",
        subject: piece,
        status: "fail",
        message: piece,
        details: [piece, everything],
        remedy: piece,
      }),
    ),
    ...hostilePieces.map((piece) =>
      finding({ check: piece, status: "ok", message: piece, details: [piece] }),
    ),
    finding({
      check: "git.clean",
      status: "fail",
      message: "x".repeat(10_000),
      details: ["漢".repeat(10_000), "`".repeat(10_000)],
    }),
    finding({ check: "git.tag", status: "skipped", message: everything }),
    finding({
      check: "git.notice",
      status: "notice",
      message: everything,
      location: { file: `${everything}/a b.ts`, line: 3 },
    }),
    finding({
      check: "git.warn",
      status: "warn",
      message: everything,
      metrics: [{ name: everything, value: Number.NaN, unit: everything }],
    }),
    finding({
      check: "git.unknown",
      status: "unknown",
      message: everything,
      location: { file: "C:\\build\\x.ts" },
    }),
    ...hostilePieces.flatMap((piece) => [
      finding({
        check: "git.waived",
        status: "waived",
        message: piece,
        waiver: { owner: piece, reason: piece, until: piece, ticket: piece },
      }),
      finding({
        check: "git.shadow",
        status: "notice",
        message: piece,
        shadow: { status: "fail", owner: piece, reason: piece, until: piece },
      }),
      finding({ check: "git.glass", status: "waived", message: piece, breakGlass: { reason: piece } }),
    ]),
  ],
  {
    environment: everything,
    version: everything,
    branch: everything,
    policySource: everything,
    leftOut: hostilePieces,
  },
);

export const verdicts = {
  safe,
  warned,
  blocked,
  critical,
  excused,
  nothing,
  tolerated,
  many,
  hostile,
} as const;
