import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { createEnv } from "../../../src/clients/env.ts";
import { Secrets } from "../../../src/core/mask.ts";
import { showUrl } from "../../../src/core/text.ts";
import { tempFolder } from "../../support/temp.ts";

const value = ["piped", "4f9a", "value"].join("-");

function reader(path: string) {
  const secrets = new Secrets();
  return { env: createEnv({ THE_TOKEN_FILE: path }, secrets), secrets };
}

/** A named pipe, and what writes to it in a process of its own, which runs by now: nobody waits for a start. */
async function pipe(script?: string): Promise<string> {
  const path = join(tempFolder(), "pipe");
  execFileSync("mkfifo", [path]);
  if (script !== undefined) {
    const child = spawn("sh", ["-c", `echo; ${script}`], {
      env: { ...process.env, PIPE: path, VALUE: value },
      stdio: ["ignore", "pipe", "ignore"],
    });
    onTestFinished(() => void child.kill("SIGKILL"));
    await once(child.stdout, "data");
  }
  return path;
}

describe("a secret's file", () => {
  it("is read without its last line break, again each time", () => {
    const path = join(tempFolder(), "token");
    writeFileSync(path, `${value}\r\n`);
    const { env, secrets } = reader(path);
    expect(env.secret("THE_TOKEN")).toBe(value);
    expect(secrets.mask(`a ${value}`)).toBe("a ***");
    writeFileSync(path, "another-value\n");
    expect(env.secret("THE_TOKEN")).toBe("another-value");
  });

  it("may be a pipe: it is read once for all who share a registry, as two do with --repo", async () => {
    const path = await pipe('printf "%s\\n" "$VALUE" >"$PIPE"');
    const { env, secrets } = reader(path);
    expect(env.secret("THE_TOKEN")).toBe(value);
    expect(createEnv({ THE_TOKEN_FILE: path }, secrets).secret("THE_TOKEN")).toBe(value);
  });

  it("may be a pipe: it is read once, and remembered", async () => {
    const { env, secrets } = reader(await pipe('printf "%s\\n" "$VALUE" >"$PIPE"'));
    expect(env.secret("THE_TOKEN")).toBe(value);
    expect(env.secret("THE_TOKEN")).toBe(value);
    expect(secrets.values).toContain(value);
  });
  it("may be a pipe whose writer comes late, and writes in pieces", async () => {
    const script = 'sleep 0.1; exec >"$PIPE"; printf piped-; sleep 0.1; printf 4f9a-value';
    const { env } = reader(await pipe(script));
    expect(env.secret("THE_TOKEN")).toBe(value);
  });
  it.each([
    ["a pipe that nobody writes to", undefined],
    ["a pipe that is never closed", 'exec >"$PIPE"; printf half; sleep 60'],
  ])("that is %s is an error in a moment, the second time at once", async (_name, script) => {
    const path = await pipe(script);
    const { env } = reader(path);
    const message = `THE_TOKEN_FILE: cannot read ${path} (it was not written to its end in time)`;
    expect(() => env.secret("THE_TOKEN")).toThrow(message);
    execFileSync("rm", [path]);
    expect(() => env.secret("THE_TOKEN")).toThrow(message);
  });
  it.runIf(existsSync("/dev/zero"))(
    "that is an endless device is too large; an empty one holds nothing",
    () => {
      expect(() => reader("/dev/zero").env.secret("THE_TOKEN")).toThrow("(it is larger than 64 KiB)");
      expect(reader("/dev/null").env.secret("THE_TOKEN")).toBeUndefined();
    },
  );
  it("that is a folder, too large or not there says so", () => {
    const folder = tempFolder();
    mkdirSync(join(folder, "sub"));
    writeFileSync(join(folder, "large"), "x".repeat(64 * 1024 + 1));
    writeFileSync(join(folder, "just-fits"), "x".repeat(64 * 1024));
    expect(() => reader(join(folder, "sub")).env.secret("THE_TOKEN")).toThrow("(EISDIR)");
    expect(() => reader(join(folder, "large")).env.secret("THE_TOKEN")).toThrow("larger than 64 KiB");
    expect(reader(join(folder, "just-fits")).env.secret("THE_TOKEN")).toHaveLength(64 * 1024);
    expect(() => reader(join(folder, "nothing")).env.secret("THE_TOKEN")).toThrow("(ENOENT)");
  });
});

describe("a URL that is a secret", () => {
  const token = ["s3cr", "tok3n"].join("-");
  it.each([
    ["as it is written", (url: string) => url],
    ["with a query", (url: string) => `${url}?thread_id=55`],
    ["with white space around it", (url: string) => ` ${url} `],
    ["with its host in capitals", (url: string) => url.replace("hooks", "HOOKS")],
    ["with a user and a password", (url: string) => url.replace("://", "://user:word-of-mouth@")],
    ["with a slash at its end", (url: string) => `${url}/`],
  ])("is masked in whatever form it is shown: %s", (_name, written) => {
    const secrets = new Secrets();
    const value = written(`https://hooks.example.com/services/${token}`);
    const env = createEnv({ RW_ENDPOINT: value }, secrets);
    expect(env.secret("RW_ENDPOINT")).toBe(value);
    const url = new URL(value);
    url.searchParams.set("wait", "true");
    for (const form of [url.href, url.href.toLowerCase(), `${value.trim().split("?")[0]}/metrics/job/x`]) {
      expect(secrets.mask(showUrl(form))).not.toContain(token);
      expect(secrets.mask(form)).not.toContain(token);
    }
    expect(secrets.mask("https://hooks.example.com/")).toBe("https://hooks.example.com/");
  });

  it("is masked by its long parts wherever they stand alone", () => {
    const secrets = new Secrets();
    const long = "x".repeat(8) + "y".repeat(12);
    createEnv({ SLACK_WEBHOOK_URL: `https://hooks.example.com/a/${long}/b?c=d` }, secrets);
    expect(secrets.mask(`no such hook: ${long}`)).toBe("no such hook: ***");
  });
});
