import { generateKeyPairSync } from "node:crypto";

/** Made of parts at run time: as one text they would be found in this very file. */
const join = (...parts: readonly string[]) => parts.join("");

const pem = (type: "pkcs1" | "pkcs8") =>
  generateKeyPairSync("rsa", { modulusLength: 1024 })
    .privateKey.export({ type, format: "pem" })
    .toString()
    .trim();

export interface Sample {
  readonly what: string;
  readonly rule: string;
  /** The credential itself. */
  readonly secret: string;
  /** A line, or lines, of a file that holds it. */
  readonly text: string;
  /** Where it matters. */
  readonly path?: string;
}

const sample = (
  what: string,
  rule: string,
  secret: string,
  text = `value = "${secret}"`,
  path?: string,
): Sample => ({
  what,
  rule,
  secret,
  text,
  ...(path ? { path } : {}),
});

const digits = "0123456789";
const mixed = "aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC2eF4hJ6kL8n";

const npm = join("np", "m_", mixed.slice(0, 36));
const aws = mixed.slice(0, 40);
const url = join("https://deploy:", "kK83-hunter", "@git.internal.io/app");
const postgres = join("postgres", "://app:", "s3cr3t-9xK", "@db.internal:5432/app");
const pkcs8 = pem("pkcs8");
const pkcs1 = pem("pkcs1");

/** One of each common kind. */
export const samples: readonly Sample[] = [
  sample("AWS access key", "aws", join("AK", "IA", "QZ7T4RXB2MNW5LKD")),
  sample("AWS secret access key", "aws", aws, join("aws_secret", `_access_key = ${aws}`)),
  sample("GitHub token", "github", join("gh", "p_", mixed.slice(0, 36))),
  sample("GitHub token", "github", join("github", "_pat_", mixed.repeat(3).slice(0, 82))),
  sample("GitLab personal access token", "gitlab", join("gl", "pat-", mixed.slice(0, 20))),
  sample("private key", "privatekey", pkcs8, pkcs8),
  sample("private key", "privatekey", pkcs1, JSON.stringify({ key: pkcs1 })),
  sample("Slack token", "slack", join("xo", "xb-", digits, "-", digits, "-", mixed.slice(0, 24))),
  sample(
    "Slack incoming webhook",
    "slack",
    join("https://hooks.", "slack.com/services/", "T0AB1CD2E/B0FG3HI4J/", mixed.slice(0, 24)),
  ),
  sample("npm access token", "npm", npm),
  sample(
    "npm auth token",
    "npm",
    digits,
    join("//registry.internal.io/:_auth", `Token=${digits}`),
    "app/.npmrc",
  ),
  sample("user and password in a URL", "basicauth", url),
  sample("PostgreSQL connection string with a password", "database-connection-string", postgres),
];
