import { describe, expect, it } from "vitest";
import { tokenDoor } from "../../../../src/clients/git/credentials.ts";
import { batchSsh, unattended, userEnvironment } from "../../../../src/clients/git/writer-environment.ts";

const value = ["tkn", "0123456789"].join("_");
const github = { value, host: "https://github.com" };

describe("the token", () => {
  it.each([
    ["https://github.com/o/r.git", github.host],
    ["https://me@github.com/o/r", github.host],
    ["https://github.com:443/o/r", github.host],
    ["https://ghe.example.com:8443/o/r", "https://ghe.example.com:8443/"],
    ["http://127.0.0.1:3000/o/r", "http://127.0.0.1:3000"],
    ["http://localhost:3000/o/r", "http://localhost:3000"],
  ])("may go to %s", (url, host) => {
    const door = tokenDoor([url], { value, host });
    expect(door).not.toBeNull();
    expect(door?.settings.join(" ")).not.toContain(value);
  });

  it.each([
    ["https://github.com.example.com/o/r", github.host],
    ["https://example.com/github.com/o/r", github.host],
    ["https://github.com@example.com/o/r", github.host],
    ["http://github.com/o/r", github.host],
    ["http://github.com/o/r", "http://github.com"],
    ["https://github.com:8443/o/r", github.host],
    ["ssh://git@github.com/o/r", github.host],
    ["git@github.com:o/r", github.host],
    ["/srv/git/o.git", github.host],
    ["https://github.com/o/r", "github.com"],
    [["https://me", "own@github.com/o/r"].join(":"), github.host],
  ])("may not go to %s when it is for %s", (url, host) => {
    expect(tokenDoor([url], { value, host })).toBeNull();
  });

  it("is not used when it could not be handed over, or is none", () => {
    expect(tokenDoor(["https://github.com/o/r"], { ...github, value: `${value}\nhost=evil` })).toBeNull();
    expect(tokenDoor(["https://github.com/o/r"], { ...github, value: "" })).toBeNull();
    expect(tokenDoor(["https://github.com/o/r"], null)).toBeNull();
  });
});

describe("the environment of the user's git", () => {
  it("keeps what was set on purpose, and what a hook would see", () => {
    const env = userEnvironment({ GIT_ASKPASS: "/ci/ask", HOME: "/home/me", GITHUB_ACTIONS: "true" });
    expect(env).toMatchObject({
      ...{ GIT_ASKPASS: "/ci/ask", HOME: "/home/me", GITHUB_ACTIONS: "true" },
      ...{ GIT_TERMINAL_PROMPT: "0", GIT_EDITOR: "true", LC_ALL: "C", GCM_INTERACTIVE: "never" },
    });
    expect(env).not.toHaveProperty("GIT_OPTIONAL_LOCKS");
  });

  it("leaves out a window's askpass, not one that needs no window or is forced", () => {
    const ask = { SSH_ASKPASS: "/ask" };
    expect(userEnvironment({ ...ask, DISPLAY: ":0" })).not.toHaveProperty("SSH_ASKPASS");
    expect(userEnvironment({ ...ask, WAYLAND_DISPLAY: "w" })).toMatchObject({ SSH_ASKPASS_REQUIRE: "never" });
    expect(userEnvironment(ask)).toMatchObject(ask);
    const forced = { ...ask, DISPLAY: ":0", SSH_ASKPASS_REQUIRE: "force" };
    expect(userEnvironment(forced)).toMatchObject(forced);
  });

  it("has no screen where something is signed", () => {
    expect(unattended({ GPG_TTY: "/dev/pts/1", DISPLAY: ":0", WAYLAND_DISPLAY: "w", A: "b" })).toEqual({
      A: "b",
    });
  });

  it("keeps ssh from asking, unless the user has said how ssh is run", () => {
    const none = { last: () => undefined, isTrue: () => false };
    const set = (key: string, value: string) => ({
      ...none,
      last: (asked: string) => (asked === key ? value : undefined),
    });
    expect(batchSsh({}, none)).toEqual({ GIT_SSH_COMMAND: "ssh -o BatchMode=yes" });
    expect(batchSsh({}, set("core.sshcommand", "ssh -i key"))).toEqual({});
    expect(batchSsh({}, set("ssh.variant", "plink"))).toEqual({});
    expect(batchSsh({ GIT_SSH_COMMAND: "mine" }, none)).toEqual({});
    expect(batchSsh({ GIT_SSH: "/usr/bin/mine" }, none)).toEqual({});
  });
});
