import { describe, expect, it } from "vitest";
import { cloneRefusal } from "../../../../src/clients/git/clone-refusal.ts";

const answer = (stderr: string) => ({ code: 128, stdout: Buffer.alloc(0), stderr });
const end = "fatal: Could not read from remote repository.\n\nPlease make sure you have the correct access";

describe("a clone over ssh that fails", () => {
  it("says that ssh wants a user with a name", () => {
    const refused = cloneRefusal(answer(`No user exists for uid 4711\n${end}`), "ssh://git.test/shop");
    expect(refused).toMatchObject({
      kind: "unready",
      message:
        "ssh cannot ask for ssh://git.test/shop: it wants a user with a name: No user exists for uid 4711",
    });
    expect(refused.remedy).toContain("GIT_TOKEN");
  });

  it("says what ssh says, and not only that git could not read", () => {
    const said = "ssh: connect to host git.test port 22: Connection refused";
    expect(cloneRefusal(answer(`${said}\r\n${end}`), "ssh://git.test/shop").message).toBe(
      `ssh://git.test/shop could not be cloned: ${said}`,
    );
  });

  it("takes a disk that is full for no trouble of the server", () => {
    const said = "error: couldn't write '/tmp/x/.git/HEAD.lock'\nfatal: unable to write new index file";
    const { kind, message, remedy } = cloneRefusal(answer(said), "https://git.test/shop.git");
    expect([kind, message]).toEqual([
      "unready",
      expect.stringContaining("could not be written to the temporary folder"),
    ]);
    expect(remedy).toContain("make room there");
  });

  it("gives a command that can be typed, whatever the repository is called", () => {
    const { remedy } = cloneRefusal(answer("fatal: the remote end hung up"), "/srv/a b; c");
    expect(remedy).toBe("see what stands between: git ls-remote '/srv/a b; c'");
  });
});
