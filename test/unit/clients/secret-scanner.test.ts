import { rules } from "@secretlint/secretlint-rule-preset-recommend";
import { describe, expect, it } from "vitest";
import { secretKinds } from "../../../src/clients/secret-kinds.ts";
import { createSecretScanner } from "../../../src/clients/secret-scanner.ts";
import { samples } from "./secret-samples.ts";

const scanner = createSecretScanner();
const scan = (content: string, path = "src/settings.ts") => scanner.scan({ path, content });
const [awsKey, , githubToken] = samples as [(typeof samples)[0], unknown, (typeof samples)[0]];

describe("a secret in a file", () => {
  it.each(samples)("is found and named: $what ($rule)", async ({ what, rule, text, path }) => {
    expect(await scan(`// first\n\n${text}\n`, path)).toEqual([{ line: 3, rule, what }]);
  });

  it.each(samples)("is in no part of the answer: $what ($rule)", async ({ secret, text, path }) => {
    const answer = JSON.stringify(await scan(text, path));
    for (const piece of secret.match(/[^\s-]{6,}/g) ?? []) expect(answer).not.toContain(piece);
  });

  it("is found on its line whatever ends the lines", async () => {
    expect(await scan(`a\r\nb\r\n${awsKey.text}\r\n`)).toMatchObject([{ line: 3 }]);
    expect(await scan(`\ufeff${awsKey.text}`)).toMatchObject([{ line: 1 }]);
  });

  it("is told once a line and kind, in the order of lines", async () => {
    const text = `${githubToken.text} ${githubToken.text}\n${awsKey.text}\n${githubToken.text} ${awsKey.text}`;
    const found = await scan(text);
    expect(found.map(({ line, rule }) => `${line} ${rule}`)).toEqual([
      "1 github",
      "2 aws",
      "3 github",
      "3 aws",
    ]);
  });

  it("that is a service account's key is told as such", async () => {
    const key = samples.find((one) => one.rule === "privatekey");
    const text = JSON.stringify({ type: "service_account", private_key_id: "1f", private_key: key?.secret });
    expect((await scan(text, "account.json")).map(({ what }) => what)).toContain(
      "Google Cloud service account key",
    );
  });

  it.each(["// secretlint-disable", "/* secretlint-disable */", "# secretlint-disable-next-line"])(
    "is not silenced by %s",
    async (comment) => {
      expect(await scan(`${comment}\n${awsKey.text} // secretlint-disable-line\n`)).toHaveLength(1);
    },
  );
});

describe("what is no secret", () => {
  it.each([
    ["an AWS account's number", "aws_account_id = 1234-5678-9012"],
    ["the key of AWS's own documentation", `id = AKIA${"IOSFODNN7EXAMPLE"}`],
    ["a password from a variable", "url = https://deploy:${TOKEN}@git.internal.io/app"],
    ["a token from a variable", "//registry.internal.io/:_authToken=${NPM_TOKEN}"],
    ["a public key", "-----BEGIN PUBLIC KEY-----\nMIIB\n-----END PUBLIC KEY-----"],
    ["nothing", ""],
  ])("%s is not reported", async (_name, text) => {
    expect(await scan(text, ".npmrc")).toEqual([]);
  });
});

describe("the scanner", () => {
  it("has a name for every kind of secret the rules find in text", () => {
    const ids = rules.flatMap((rule) => Object.keys("messages" in rule ? (rule.messages as object) : {}));
    const unneeded = ["AWSAccountID", "PrivateKeyP12", "IGNORE_MESSAGE"];
    expect(Object.keys(secretKinds).sort()).toEqual(ids.filter((id) => !unneeded.includes(id)).sort());
  });

  it("lets timers run between files", async () => {
    let ticks = 0;
    const timer = setInterval(() => ticks++, 1);
    const content = "const a = 1;\n".repeat(5000);
    for (let i = 0; i < 40; i++) await scan(content);
    clearInterval(timer);
    expect(ticks).toBeGreaterThan(0);
  });

  it("leaves no performance marks behind", async () => {
    await scan("a");
    const before = performance.getEntriesByType("mark").length;
    await scan("b");
    expect(performance.getEntriesByType("mark").length).toBe(before);
  });
});
