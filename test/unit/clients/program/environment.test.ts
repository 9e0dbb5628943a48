import { describe, expect, it } from "vitest";
import { programEnvironment } from "../../../../src/clients/program/environment.ts";

describe("programEnvironment", () => {
  it("passes on what programs need to work, and nothing else", () => {
    const env = {
      PATH: "/bin",
      HOME: "/home/me",
      LC_ALL: "C",
      XDG_CONFIG_HOME: "/x",
      https_proxy: "http://proxy:1",
      KUBECONFIG: "/k",
      RS_DEPLOY_TOKEN: "never",
      GITHUB_TOKEN: "never",
      NODE_OPTIONS: "--require=x",
      LD_PRELOAD: "x.so",
    };
    expect(programEnvironment(env, {}, "linux")).toEqual({
      PATH: "/bin",
      HOME: "/home/me",
      LC_ALL: "C",
      XDG_CONFIG_HOME: "/x",
      https_proxy: "http://proxy:1",
      KUBECONFIG: "/k",
    });
  });

  it("lets the request add variables and replace ours", () => {
    expect(programEnvironment({ PATH: "/bin", LANG: "de" }, { LANG: "C", MINE: "1" }, "linux")).toEqual({
      PATH: "/bin",
      LANG: "C",
      MINE: "1",
    });
  });

  it("compares names with case, except on Windows", () => {
    expect(programEnvironment({ Path: "/bin", home: "/h" }, {}, "linux")).toEqual({});
    expect(
      programEnvironment({ Path: "C:\\x", SYSTEMROOT: "C:\\Windows" }, { PATH: "C:\\y" }, "win32"),
    ).toEqual({
      SYSTEMROOT: "C:\\Windows",
      PATH: "C:\\y",
    });
  });
});
