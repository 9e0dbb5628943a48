import { describe, expect, it } from "vitest";
import { inProcess } from "../../support/main.ts";
import { repository } from "../../support/repository.ts";
import { schemaOf } from "../../support/schema.ts";

const { problems, undescribed } = schemaOf("init");

async function answerOf(cwd: string, ...args: readonly string[]) {
  const { code, stdout } = await inProcess(["init", "--json", ...args], { cwd });
  const answer = JSON.parse(stdout);
  expect(answer.exitCode).toBe(code);
  return answer;
}

function shop() {
  const repo = repository({ origin: true });
  repo.commit("feat: shop", {
    "package.json": '{ "workspaces": ["packages/*"] }\n',
    "package-lock.json": "{}\n",
    "packages/cart/package.json": "{}\n",
    "k8s/deployment.yaml": "apiVersion: apps/v1\nkind: Deployment\nmetadata: { name: shop }\n",
    Dockerfile: "FROM scratch\n",
    "compose.yaml": "services: {}\n",
    ".github/workflows/ship.yml": "name: ship\non: push\n",
  });
  repo.git("tag", "v1.0.0");
  return repo.path;
}

describe("the schema of init's answer", () => {
  it("describes every end, and every field of it", async () => {
    const sha = "1".repeat(40);
    const release = ["--template", "release", "--action", `acme/tools@${sha}#v0.1.0`];
    const path = shop();
    const answers = [
      await answerOf(path, "--check"),
      await answerOf(path, "--dry-run", ...release),
      await answerOf(path, "--yes", ...release),
      await answerOf(path, "--check"),
      await answerOf(repository({ empty: true }).path, "--yes"),
      await answerOf(repository().path, "--yes", "--template", "org"),
    ];
    expect(answers.map(({ exitCode }) => exitCode)).toEqual([1, 0, 0, 0, 0, 1]);
    for (const answer of answers) expect([problems(answer), undescribed(answer)]).toEqual([[], []]);
  });

  it.each<[string, object]>([
    ["another code", { exitCode: 3 }],
    ["facts that are none", { facts: {} }],
    ["a file that is none", { files: [{}] }],
    ["a missing field", { notes: undefined }],
  ])("refuses %s", async (_, change) => {
    const answer = await answerOf(shop(), "--dry-run");
    expect(problems({ ...answer, ...change })).not.toEqual([]);
  });
});
