import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { commands } from "../../../src/cli/commands.ts";
import { root } from "../../support/cli.ts";

/** The only commands without `--repo`, and why. Every other one reads a repository or its configuration, and leaves both alone. */
const without: Readonly<Record<string, "changes a place" | "changes the checkout" | "is about none">> = {
  apply: "changes a place",
  rollback: "changes a place",
  pin: "changes a place",
  "preview deploy": "changes a place",
  "preview cleanup": "changes a place",
  "preview sweep": "changes a place",
  init: "changes the checkout",
  "attest keygen": "is about none",
  completion: "is about none",
};

const flagsOf = ({ options }: (typeof commands)[number]) => options().map(({ long }) => long);

describe("the rule for --repo", () => {
  it("every command takes it that reads a repository and changes neither that nor a place", () => {
    const found = commands.filter((command) => !flagsOf(command).includes("--repo")).map(({ name }) => name);
    expect(found.sort()).toEqual(Object.keys(without).sort());
  });

  it("--ref goes with it, once", () => {
    for (const command of commands) {
      const flags = flagsOf(command).filter((flag) => flag === "--repo" || flag === "--ref");
      expect(flags, command.name).toEqual(command.name in without ? [] : ["--repo", "--ref"]);
    }
  });

  it("is said where people read about it", () => {
    const page = readFileSync(join(root, "docs/how-to/container.md"), "utf8");
    const [, listed = ""] = /^It works outside a container .* every command but (.*)\.$/m.exec(page) ?? [];
    const names = [...listed.matchAll(/`([^`]+)`/g)].map(([, name = ""]) => name);
    const shortened = Object.keys(without).map((name) => (name.startsWith("preview ") ? "preview" : name));
    expect(names.sort()).toEqual([...new Set(shortened)].sort());
  });
});
