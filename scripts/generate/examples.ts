import type { Json } from "../../src/core/json.ts";
import type { Target } from "../../src/core/target.ts";

/** One check as people configure it, and what it can come to see: its real judge turns that into sentences. */
export interface Example {
  /** Entries under `checks:`. The first that uses the check is the one whose options the judge gets. */
  readonly yaml: string;
  readonly sees: readonly Sight[];
}

export interface Sight {
  readonly observation: Json;
  readonly target?: Partial<Target>;
}

const head = "3f9c2d17a5b04e6689c1d2e3f4a5b6c7d8e9f0a1";
const other = "b81c0a92f7d64e3a8b5c6d7e8f9a0b1c2d3e4f5a";
const tagged = { commit: other, annotated: true, tagger: "Release Captain", date: "2026-11-02T09:15:00Z" };
const usual = { commit: head, from: "head", containing: [], shallow: false, ci: null, tag: null };
const moment = (at: string, local: string, weekday: string) => ({ at, local, weekday });
const disk = (percent: number, inodePercent: number | null) => ({
  percent,
  inodePercent,
  totalBytes: 107_374_182_400,
  availableBytes: Math.round(1_073_741_824 * (100 - percent)),
});
const memory = { totalBytes: 8_589_934_592, source: "cgroup v2" };
const answer = {
  status: 200,
  redirects: 0,
  origin: "https://api.example.com",
  seconds: 0.12,
  problems: [],
  version: "1.4.2",
};
const facts = {
  subject: "shop.example.com",
  issuer: "Example CA",
  names: ["shop.example.com"],
  validFrom: "2026-06-01T00:00:00.000Z",
  protocol: "TLSv1.3",
  chainError: null,
};
const plugin = { code: 0, trouble: null, text: "", long: [], complaints: [], metrics: [] };
const clean = {
  since: "v1.4.1",
  scanned: 27,
  skippedLarge: [],
  skippedLargeTotal: 0,
  leaks: [],
  leaksTotal: 0,
};

const day = 86_400_000;
const slo = (...windows: Json[]) => ({ windows, missing: null, failure: null });

/** By the check's id. docs/checks.md shows them; a test reads each as a configuration. */
export const examples: Readonly<Record<string, Example>> = {
  "git.repository": {
    yaml: "git.repository: true",
    sees: [
      { observation: { commit: head, branch: "main", shallow: false, partial: false } },
      { observation: { commit: head, branch: null, shallow: true, partial: false } },
      {
        observation: {
          noRepository: {
            message: "Not inside a Git repository",
            remedy: "cd to the repository, or: git init",
          },
        },
      },
    ],
  },
  "git.clean": {
    yaml: "git.clean: true",
    sees: [
      { observation: { operation: null, changes: 0, paths: [] } },
      { observation: { operation: null, changes: 1, paths: [{ state: "??", path: "notes.txt" }] } },
      { observation: { operation: "rebase", changes: 0, paths: [] } },
    ],
  },
  "git.branch": {
    yaml: 'git.branch: { allow: [main, "release/*", "hotfix/**"] }',
    sees: [
      { observation: { ...usual, branch: "release/1.4", allowed: true } },
      { observation: { ...usual, branch: "feature/test", allowed: false } },
      { observation: { ...usual, branch: null, from: "detached", allowed: false } },
      {
        observation: {
          ...usual,
          branch: null,
          from: "tag",
          ci: "GitHub Actions",
          tag: "v1.4.2",
          allowed: false,
        },
      },
    ],
  },
  "git.version": {
    yaml: "git.version: { preReleases: true }",
    sees: [
      { observation: null },
      { observation: null, target: { version: "1.4.2" } },
      { observation: null, target: { version: "v1.4.2+build" } },
    ],
  },
  "git.order": {
    yaml: "git.order: true",
    sees: [
      { observation: { last: "v1.4.1", onlyOn: null, shallow: false } },
      { observation: { last: null, onlyOn: null, shallow: false } },
      { observation: { last: "v1.5.0", onlyOn: null, shallow: false } },
      { observation: { last: "v1.5.0", onlyOn: "origin", shallow: false } },
      { observation: { last: null, onlyOn: null, shallow: true } },
    ],
  },
  "git.tag": {
    yaml: "git.tag: true",
    sees: [
      { observation: { head, tag: null, remote: "origin" } },
      { observation: { head, tag: { ...tagged, commit: head }, remote: "origin" } },
      { observation: { head, tag: tagged, remote: "origin" } },
      {
        observation: { head, tag: { ...tagged, commit: head }, remote: "origin" },
        target: { purpose: "deploy" },
      },
      { observation: { head, tag: null, remote: null }, target: { purpose: "deploy" } },
    ],
  },
  "git.tag.remote": {
    yaml: "git.tag.remote: { remote: upstream }",
    sees: [
      { observation: { head, tag: null, remote: "upstream", seenLocally: false } },
      {
        observation: {
          head,
          tag: { ...tagged, tagger: null, date: null },
          remote: "upstream",
          seenLocally: false,
        },
      },
      {
        observation: { head, tag: null, remote: "upstream", seenLocally: true },
        target: { purpose: "deploy" },
      },
      { observation: { head, tag: null, remote: null, seenLocally: false } },
    ],
  },
  "git.pushed": {
    yaml: "git.pushed: true",
    sees: [
      { observation: { head, remote: "origin", branch: "main", tip: head, contained: true, shallow: false } },
      {
        observation: { head, remote: "origin", branch: "main", tip: other, contained: false, shallow: false },
      },
      {
        observation: { head, remote: "origin", branch: "main", tip: other, contained: null, shallow: false },
      },
      { observation: { head, remote: "origin", branch: "main", tip: other, contained: null, shallow: true } },
    ],
  },
  "git.signed": {
    yaml: "git.signed: { keys: [4AEE18F83AFDEB23] }",
    sees: [
      {
        observation: {
          head,
          letter: "G",
          signer: "Release Captain",
          key: "5DE3E0509C47EA3CF04A42D34AEE18F83AFDEB23",
        },
      },
      { observation: { head, letter: "N", signer: null, key: null } },
      {
        observation: {
          head,
          letter: "G",
          signer: "Somebody Else",
          key: "968479A1AFF927E37D1A566BB5690EEEBB952194",
        },
      },
    ],
  },
  "git.history": {
    yaml: "git.history: { allowPartial: false }",
    sees: [
      { observation: { shallow: false, partial: false } },
      { observation: { shallow: true, partial: false } },
      { observation: { shallow: false, partial: true } },
    ],
  },
  "repo.secrets": {
    yaml: 'repo.secrets: { since: last-release, ignore: ["test/fixtures/**"] }',
    sees: [
      { observation: clean },
      {
        observation: {
          ...clean,
          leaks: [{ file: "deploy/values.yaml", line: 12, rule: "aws", what: "AWS secret access key" }],
          leaksTotal: 1,
        },
      },
    ],
  },
  "env.allowed": {
    yaml: "env.allowed: { allow: [stage, prod] }",
    sees: [{ observation: null }, { observation: null, target: { environment: "production" } }],
  },
  "env.variables": {
    yaml: `env.variables:
  required:
    - SERVICE_URL
    - [API_KEY, TOKEN] # one of them is enough
    - { name: REGION, pattern: "^eu-" }
  show: { service: SERVICE_URL }`,
    sees: [
      {
        observation: {
          wanted: [{ names: ["SERVICE_URL"], present: true, matches: true, trouble: null }],
          shown: { service: "https://shop.example.com" },
        },
      },
      {
        observation: {
          wanted: [{ names: ["API_KEY", "TOKEN"], present: false, matches: false, trouble: null }],
          shown: {},
        },
      },
      {
        observation: {
          wanted: [
            { names: ["SERVICE_URL"], present: true, matches: true, trouble: null },
            { names: ["API_KEY", "TOKEN"], present: true, matches: true, trouble: null },
            { names: ["REGION"], present: true, matches: false, trouble: null },
          ],
          shown: {},
        },
      },
    ],
  },
  "env.secrets": {
    yaml: "env.secrets: { required: [DEPLOY_TOKEN, DB_PASSWORD], minLength: 16 }",
    sees: [
      { observation: { secrets: [{ name: "DEPLOY_TOKEN", state: "ok", trouble: null }] } },
      { observation: { secrets: [{ name: "DEPLOY_TOKEN", state: "missing", trouble: null }] } },
      { observation: { secrets: [{ name: "DEPLOY_TOKEN", state: "placeholder", trouble: null }] } },
      { observation: { secrets: [{ name: "DB_PASSWORD", state: "short", trouble: null }] } },
    ],
  },
  "calendar.freeze": {
    yaml: `calendar.freeze:
  timezone: Europe/Berlin
  weekly:
    - { from: "Fri 16:00", to: "Mon 08:00", reason: weekend }
  dates:
    - { from: 12-20, to: 01-02, reason: end of the year }`,
    sees: [
      {
        observation: {
          at: "2026-11-26T10:00:00Z",
          timezone: "Europe/Berlin",
          freeze: null,
          nextOpen: null,
          next: { reason: "weekend", from: moment("2026-11-27T15:00:00Z", "2026-11-27 16:00", "Fri") },
        },
      },
      {
        observation: {
          at: "2026-11-27T19:40:00Z",
          timezone: "Europe/Berlin",
          freeze: { reason: "weekend", until: moment("2026-11-30T07:00:00Z", "2026-11-30 08:00", "Mon") },
          nextOpen: moment("2026-11-30T07:00:00Z", "2026-11-30 08:00", "Mon"),
          next: null,
        },
      },
    ],
  },
  "host.disk": {
    yaml: "host.disk: { paths: [/, /var/lib/postgresql], warn: 80, critical: 90 }",
    sees: [
      { observation: { disks: [{ path: "/", use: disk(10, 2), trouble: null }] } },
      { observation: { disks: [{ path: "/", use: disk(80.1, 2), trouble: null }] } },
      { observation: { disks: [{ path: "/", use: disk(90.2, null), trouble: null }] } },
      {
        observation: {
          disks: [{ path: "/var/lib/postgresql", use: null, trouble: "there is no /var/lib/postgresql" }],
        },
      },
    ],
  },
  "host.memory": {
    yaml: "host.memory: { warn: 75, critical: 90 }",
    sees: [
      { observation: { ...memory, percent: 41.3, usedBytes: 3_547_642_920 } },
      { observation: { ...memory, percent: 80, usedBytes: 6_871_947_674 } },
      { observation: { ...memory, percent: 93, usedBytes: 7_988_639_170 } },
    ],
  },
  "host.process": {
    yaml: "host.process: { name: [nginx, postgres] }",
    sees: [
      { observation: { processes: [{ name: "nginx", pids: [812] }], hidden: false } },
      { observation: { processes: [{ name: "nginx", pids: [] }], hidden: false } },
    ],
  },
  "host.tool": {
    yaml: `kubectl: { uses: host.tool, name: kubectl, version: ">=1.28" }
docker: { uses: host.tool, name: docker }`,
    sees: [
      { observation: { present: true, version: "1.31.4", trouble: null, range: ">=1.28", satisfied: true } },
      { observation: { present: true, version: "1.27.0", trouble: null, range: ">=1.28", satisfied: false } },
      { observation: { present: false, version: null, trouble: null, range: ">=1.28", satisfied: false } },
    ],
  },
  http: {
    yaml: `orders-api:
  uses: http
  url: https://api.example.com/health
  headers: { Authorization: "Bearer \${ORDERS_TOKEN}" }
  maxLatencyMs: 800
  body:
    json:
      - { pointer: /status, equals: up }
shop-version:
  uses: http
  url: https://shop.example.com/version
  version: { pointer: /version } # must be the version that is released`,
    sees: [
      { observation: { answer, failure: null } },
      { observation: { answer: { ...answer, status: 404 }, failure: null } },
      { observation: { answer: { ...answer, seconds: 1.35 }, failure: null } },
      { observation: { answer: null, failure: { code: "ECONNREFUSED", cause: "connection refused" } } },
    ],
  },
  "slo.budget": {
    yaml: `slo.budget:
  slo: 99.9
  window: 30d
  minimum: 20
  labels: { job: shop }
  tokenEnv: PROMETHEUS_TOKEN`,
    sees: [
      { observation: slo({ ms: 30 * day, total: 3_276_000, bad: 1236 }) },
      { observation: slo({ ms: 30 * day, total: 3_276_000, bad: 2981 }) },
      { observation: slo({ ms: 30 * day, total: 3_276_000, bad: 4424 }) },
      { observation: slo({ ms: 30 * day, total: 412, bad: 2 }) },
      {
        observation: {
          ...slo({ ms: 30 * day, total: null, bad: null }),
          missing:
            'no series matches http_requests_total{job="shop"}; labels there: job="checkout", job="search"',
        },
      },
    ],
  },
  "slo.burn": {
    yaml: `slo.burn:
  slo: 99.9
  over: [10min, 1h]
  above: 2
  total: sum(increase(http_server_requests_seconds_count{ {{labels}} }[{{window}}]))
  bad: sum(increase(http_server_requests_seconds_count{outcome="SERVER_ERROR",{{labels}}}[{{window}}]))
  labels: { service: shop }`,
    sees: [
      {
        observation: slo({ ms: 600_000, total: 2710, bad: 1 }, { ms: 3_600_000, total: 16_380, bad: 9 }),
      },
      {
        observation: slo({ ms: 600_000, total: 2702, bad: 38 }, { ms: 3_600_000, total: 16_344, bad: 71 }),
      },
      {
        observation: slo({ ms: 600_000, total: 12, bad: 1 }, { ms: 3_600_000, total: 95, bad: 2 }),
      },
      {
        observation: { windows: [], missing: null, failure: { why: "connection refused", remedy: null } },
      },
    ],
  },
  tcp: {
    yaml: 'database: { uses: tcp, address: "db.example.com:5432" }',
    sees: [
      { observation: { seconds: 0.004, failure: null } },
      { observation: { seconds: null, failure: { code: "ETIMEDOUT", cause: "timed out" } } },
    ],
  },
  tls: {
    yaml: "certificate: { uses: tls, address: shop.example.com, warnDays: 30, criticalDays: 10 }",
    sees: [
      { observation: { facts: { ...facts, validTo: "2027-03-01T00:00:00.000Z" }, failure: null } },
      { observation: { facts: { ...facts, validTo: "2026-12-10T00:00:00.000Z" }, failure: null } },
      { observation: { facts: { ...facts, validTo: "2026-11-25T00:00:00.000Z" }, failure: null } },
      {
        observation: {
          facts: { ...facts, validTo: "2027-03-01T00:00:00.000Z", chainError: "SELF_SIGNED_CERT_IN_CHAIN" },
          failure: null,
        },
      },
    ],
  },
  exec: {
    yaml: `backups:
  uses: exec
  command: [/usr/lib/nagios/plugins/check_file_age, -f, /var/backups/db.dump, -w, "86400"]
  timeout: 10s
  needs: [host.disk]
host.disk: true`,
    sees: [
      { observation: { ...plugin, text: "FILE_AGE OK: /var/backups/db.dump is 3012 seconds old" } },
      {
        observation: {
          ...plugin,
          code: 2,
          text: "FILE_AGE CRITICAL: /var/backups/db.dump is 190211 seconds old",
        },
      },
      { observation: { ...plugin, code: null, trouble: "not found" } },
    ],
  },
};
