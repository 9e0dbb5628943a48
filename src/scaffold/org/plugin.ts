/** An example of a check: plain JavaScript, because Node.js runs no TypeScript out of node_modules; it needs nothing installed. */
export const checkFile = `// A check of our own. observe looks at the world through Readers; judge answers from what was seen, and from nothing else.

/** Has the repository every file that each of ours must have? */
export default {
  id: "required-files",
  question: "Has the repository every file that it must have?",
  kind: "policy", // its failure is BLOCKED; of a "health" check: CRITICAL
  reach: "local", // it needs no network, so it runs first
  defaults: { files: ["README.md"] },
  schema: (z) => z.strictObject({ files: z.array(z.string().min(1)).optional().describe("Paths from the top.") }),

  /** Plain JSON, without secrets: a past run can be judged again. */
  async observe({ readers, options, signal }) {
    const missing = [];
    for (const path of options.files) {
      if ((await readers.git.fileAt("HEAD", path, 1_000_000, signal)) === null) missing.push(path);
    }
    return { missing };
  },

  judge({ missing }, { options }) {
    if (missing.length === 0) return { status: "ok", message: \`Required files OK: \${options.files.join(", ")}\` };
    return missing.map((path) => ({
      status: "fail",
      subject: path,
      message: \`Required file is missing: \${path}\`,
      remedy: \`write \${path}, and commit it\`,
    }));
  },
};
`;

export const testFile = `import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import requiredFiles from "../checks/required-files.mjs";

const target = { environment: "prod", version: "v1.2.3", purpose: "release", at: "2026-11-21T10:00:00Z" };
const options = { files: ["README.md", "LICENSE"] };

test("a file that is missing fails, by its name", () => {
  const answer = requiredFiles.judge({ missing: ["LICENSE"] }, { options, target });
  assert.deepEqual(answer.map(({ status, subject }) => [status, subject]), [["fail", "LICENSE"]]);
});

test("a repository with every file passes", () => {
  assert.equal(requiredFiles.judge({ missing: [] }, { options, target }).status, "ok");
});

// RELEASE_SENTINEL: how it is called here, if not by its name.
test("the policy is right", () => {
  const tool = process.env.RELEASE_SENTINEL ?? "release-sentinel";
  const ran = spawnSync(\`\${tool} config validate\`, { cwd: new URL("..", import.meta.url), encoding: "utf8", shell: true });
  assert.equal(ran.status, 0, \`\${ran.stdout}\${ran.stderr}\`);
});
`;
