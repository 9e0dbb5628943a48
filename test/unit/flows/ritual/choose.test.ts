import { describe, expect, it } from "vitest";
import { chosenSteps } from "../../../../src/flows/ritual/choose.ts";
import { ritualSteps, stepNames } from "../../../../src/flows/ritual.ts";

const tool = Object.fromEntries(stepNames.map((name) => [name, { name }])) as Parameters<
  typeof ritualSteps<{ name: string }>
>[0];
const own = (name: string, where: { before?: string; after?: string } = {}) => ({
  step: { name },
  place: "release-sentinel.yaml:3:5",
  ...where,
});
const names = (...steps: ReturnType<typeof own>[]) => ritualSteps(tool, steps).map(({ name }) => name);

describe("a step of the project's own", () => {
  it("comes before or after the one it names, or else before the archive", () => {
    expect(names(own("page"))).toEqual([...stepNames.slice(0, 4), "page", ...stepNames.slice(4)]);
    expect(names(own("page", { before: "changelog" }))[0]).toBe("page");
    expect(names(own("page", { after: "integrity" }))[0]).toBe("page");
    expect(names(own("page", { before: "complete" })).slice(-3)).toEqual(["broadcast", "page", "complete"]);
  });

  it("keeps the order in which several are configured", () => {
    const all = names(own("b", { after: "probe" }), own("a", { after: "probe" }), own("c", { after: "b" }));
    expect(all.slice(2, 6)).toEqual(["probe", "b", "c", "a"]);
  });

  it("is refused where there is no such place, and under a name that is taken", () => {
    expect(() => names(own("page", { after: "complete" }))).toThrow("nothing can be after complete");
    expect(() => names(own("page", { before: "integrity" }))).toThrow("nothing can be before integrity");
    expect(() => names(own("page", { after: "shapshot" }))).toThrow("there is no step shapshot to be after");
    expect(() => names(own("probe"))).toThrow("release-sentinel.yaml:3:5: there is a step probe already");
    expect(() => names(own("integrity"))).toThrow("there is a step integrity already");
  });
});

describe("the steps that are asked for", () => {
  it("are all of them, those from one on, or those that are named, in the ritual's order", () => {
    const ask = (only: readonly string[], from?: string) => [...chosenSteps(stepNames, { only, from })];
    expect(ask([])).toEqual([...stepNames]);
    expect(ask([], "broadcast")).toEqual(["broadcast", "complete"]);
    expect(ask(["probe", "changelog"])).toEqual(["changelog", "probe"]);
    expect(ask(["probe", "complete"], "archive")).toEqual(["complete"]);
    expect(ask(["integrity"])).toEqual([]);
    expect(ask([], "integrity")).toEqual([...stepNames]);
    expect(() => ask(["changelog"], "archive")).toThrow("--only and --from archive leave nothing to do");
  });
});
