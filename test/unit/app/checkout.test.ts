import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { type Checkout, type LedgerUse, openCheckout } from "../../../src/app/checkout.ts";
import { Secrets } from "../../../src/core/mask.ts";
import { never } from "../../support/ledger.ts";
import { gitEnv, repository } from "../../support/repository.ts";
import { tempFolder } from "../../support/temp.ts";

async function checkout(
  ledger: LedgerUse,
  variables: Readonly<Record<string, string>> = {},
  cwd: string = tempFolder(),
): Promise<Checkout> {
  const { origin } = repository({ origin: true });
  const world = { cwd, env: { ...gitEnv, ...variables }, secrets: new Secrets(), signal: never };
  const found = await openCheckout(world, { repo: origin, ledger });
  onTestFinished(found.remove);
  return found;
}

const said = ({ notices }: Checkout) => notices.map(({ message }) => message).join("\n");

describe("the ledger of what --repo names", () => {
  it("is the repository's own for those who read it, and none for those who have nothing to record", async () => {
    const [reading, other] = [await checkout("read"), await checkout("none")];
    expect([reading.env["RS_LEDGER"], other.env["RS_LEDGER"]]).toEqual([undefined, "off"]);
    expect(said(reading) + said(other)).not.toContain("Not recorded");
  });

  it("is off for those who record, which is said, or must be named", async () => {
    const noted = await checkout("noted");
    expect([noted.env["RS_LEDGER"], said(noted)]).toEqual(["off", expect.stringContaining("Not recorded: ")]);
    await expect(checkout("kept")).rejects.toThrow("there is no work tree to keep the ledger in");
  });

  it("is off for those who only plan, and must be named for what they plan: they are told", async () => {
    const { env, notices } = await checkout("planned");
    expect([env["RS_LEDGER"], notices.filter(({ level }) => level === "warning")]).toMatchObject([
      "off",
      [{ message: expect.stringContaining("In the way of the real run: with --repo there is no work tree") }],
    ]);
    expect(said(await checkout("planned", { RS_LEDGER: "git" }))).not.toContain("In the way");
  });

  it("is where RS_LEDGER says, a path from where the caller stands", async () => {
    const cwd = tempFolder();
    const { env } = await checkout("kept", { RS_LEDGER: "book.jsonl" }, cwd);
    expect(env["RS_LEDGER"]).toBe(join(cwd, "book.jsonl"));
    for (const elsewhere of ["git", "file:///var/book.jsonl"])
      expect((await checkout("kept", { RS_LEDGER: elsewhere })).env["RS_LEDGER"]).toBe(elsewhere);
  });

  it("is what RS_LEDGER_FILE holds, and never that file itself", async () => {
    const cwd = tempFolder();
    const file = join(cwd, "secret");
    writeFileSync(file, `postgres://ledger:${"word"}@db.internal/x\n`);
    const database = await checkout("kept", { RS_LEDGER_FILE: file }, cwd);
    expect([database.env["RS_LEDGER"], database.env["RS_LEDGER_FILE"]]).toEqual([undefined, file]);
    writeFileSync(file, "book.jsonl\n");
    const { env } = await checkout("kept", { RS_LEDGER_FILE: file }, cwd);
    expect(env["RS_LEDGER"]).toBe(join(cwd, "book.jsonl"));
  });
});

describe("a path in a job", () => {
  it.each([
    ["push", false],
    ["workflow_run", true],
    ["pull_request_target", true],
  ])("that %s has started means the clone's file: %s", async (event, isTheirs) => {
    const { origin } = repository({ origin: true });
    const cwd = tempFolder();
    const env = { ...gitEnv, GITHUB_ACTIONS: "true", GITHUB_EVENT_NAME: event, RS_CONFIG: "own.yaml" };
    const request = { repo: origin, ledger: "none", configRef: "main" } as const;
    const found = await openCheckout({ cwd, env, secrets: new Secrets(), signal: never }, request);
    onTestFinished(found.remove);
    const place = isTheirs ? found.folder : cwd;
    expect([found.policyAt("gate.yaml"), found.env["RS_CONFIG"]]).toEqual([
      join(place, "gate.yaml"),
      join(place, "own.yaml"),
    ]);
  });
});
