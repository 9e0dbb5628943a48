import { describe, expect, it } from "vitest";
import { testToken } from "../../support/github.ts";
import { clone, expectEnd, folderOf, isThere, kinds, outcomeOf, ritualWorld, tag, toldBy } from "./world.ts";

const planned = `Ritual of ${tag} is planned; nothing was changed and nothing was sent`;

describe("a dry run of a ritual", () => {
  it("needs no secrets, shows what would be written and sent, and does nothing", async () => {
    const world = await ritualWorld({ told: false });
    const ran = await world.ritual(["--dry-run"]);
    expectEnd(ran, 0, planned, `── changelog → file CHANGELOG-${tag}.md`, "── metrics → file metrics.json");
    expect(isThere(folderOf(world.repo.path))).toBe(false);
    expect(kinds(world)).toEqual([]);
    expect(world.slack.received).toEqual([]);
    expect(world.repo.git("status", "--porcelain")).toBe("");
  });

  it("shows what would be said to whom, without the address", async () => {
    const world = await ritualWorld();
    const ran = await world.ritual(["--dry-run", "--json"]);
    expectEnd(ran, 0);
    const { outcome, payloads } = outcomeOf(ran);
    expect(outcome).toBe("planned");
    const told = payloads.find(({ step }) => step === "broadcast");
    expect(told?.to).toContain("SLACK_WEBHOOK_URL");
    expect(told?.body).toContain(tag);
    expect(ran.all).not.toContain(testToken("hook"));
    expect(toldBy(world)).toEqual([]);
  });

  it("sees on a fresh machine what a store has, and brings nothing here", async () => {
    const world = await ritualWorld({
      handler: (_, response) => void response.writeHead(403).end("no_service"),
    });
    expectEnd(await world.ritual(), 2, "HALTED at broadcast");
    const cwd = clone(world);
    const ran = await world.ritual(["--dry-run", "--json"], { cwd });
    expectEnd(ran, 0);
    const { steps, leftToDo, payloads } = outcomeOf(ran);
    expect(leftToDo).toEqual(["broadcast", "complete"]);
    expect(steps.find(({ name }) => name === "changelog")?.outcome).toBe("was-done");
    expect(payloads.find(({ to }) => to.startsWith("file VERIFICATION"))?.body).toContain(
      "| Result | planned |",
    );
    expect(isThere(folderOf(cwd))).toBe(false);
  });

  it("renders everything although a secret is missing that the configuration asks for, and says so", async () => {
    const world = await ritualWorld({
      told: false,
      settings: "  broadcast: {channels: [{type: slack, urlFrom: TEAM_WEBHOOK}]}\n",
    });
    const ran = await world.ritual(["--dry-run", "--json"]);
    expectEnd(ran, 1);
    const { message, payloads } = outcomeOf(ran);
    expect(message).toContain("TEAM_WEBHOOK");
    expect(payloads.map(({ step }) => step)).toEqual(
      expect.arrayContaining(["changelog", "metrics", "archive", "broadcast", "complete"]),
    );
    const secrets = await world.run(["ritual", "secrets"]);
    expectEnd(secrets, 1, "TEAM_WEBHOOK is missing, and the configuration asks for it");
  });
});

describe("ritual secrets", () => {
  it("says what is here and what is not, and shows none", async () => {
    const world = await ritualWorld();
    const ran = await world.run(["ritual", "secrets", "--json"]);
    expectEnd(ran, 0);
    const { secrets } = JSON.parse(ran.stdout) as { secrets: { name: string; present: string }[] };
    expect(secrets.find(({ name }) => name === "SLACK_WEBHOOK_URL")).toMatchObject({
      present: "set",
      needed: false,
    });
    expect(secrets.find(({ name }) => name === "GRAFANA_API_KEY")).toMatchObject({ present: "missing" });
    expect(ran.all).not.toContain(testToken("hook"));
  });

  it("names the variable that is used in the place of the usual one", async () => {
    const world = await ritualWorld({ told: false });
    const env = { RS_ALERT_WEBHOOK: `${world.slack.url}/services/${testToken("hook")}` };
    const { secrets } = JSON.parse((await world.run(["ritual", "secrets", "--json"], { env })).stdout) as {
      secrets: { name: string; present: string }[];
    };
    const told = secrets.filter(({ name }) => /WEBHOOK/.test(name));
    expect(told).toMatchObject([
      { name: "RS_ALERT_WEBHOOK", present: "set" },
      { name: "DISCORD_WEBHOOK_URL", present: "missing" },
    ]);
  });
});
