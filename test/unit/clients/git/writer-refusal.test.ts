import { describe, expect, it } from "vitest";
import { refusalOf } from "../../../../src/clients/git/writer-refusal.ts";
import { Secrets } from "../../../../src/core/mask.ts";

const asked = { remote: "origin", tag: "v1.4.2", hooked: false, urls: ["https://example.com/o/r.git"] };

function refused(stderr: string, stdout = "", urls: readonly string[] = asked.urls) {
  const answer = { code: 1, stdout: Buffer.from(stdout), stderr };
  return refusalOf(answer, { ...asked, urls }, "git push to origin", new Secrets());
}

const rejected = (why: string) =>
  `To https://example.com/o/r.git\n!\trefs/tags/v1.4.2:refs/tags/v1.4.2\t[remote rejected] (${why})\nDone\n`;
const failed = "error: failed to push some refs to 'https://example.com/o/r.git'\n";

describe("what a server's answer means", () => {
  it("is gone through once, however long a line is", () => {
    // From each of its characters anew, this would take minutes.
    const { message } = refused(`remote: ${"a".repeat(200_000)} https://u:p@example.com/x\n`, rejected("no"));
    expect(message.length).toBeLessThan(1000);
  });

  it.each([
    [
      "a rule of GitHub's",
      `remote: error: GH013: Repository rule violations found for refs/tags/v1.4.2.        \nremote: Review all repository rules at https://example.com/rules        \nremote: \nremote: - Cannot create ref due to creations being restricted.        \nremote: \n${failed}`,
      rejected("push declined due to repository rule violations"),
      "protected",
      "Cannot create ref due to creations being restricted",
    ],
    [
      "a protected tag on GitLab",
      `remote: GitLab: You are not allowed to create this tag as it is protected.\n${failed}`,
      rejected("pre-receive hook declined"),
      "protected",
      "GitLab: You are not allowed to create this tag",
    ],
    [
      "workflow files",
      failed,
      rejected(
        "refusing to allow a GitHub App to create or update workflow `.github/workflows/ci.yml` without `workflows` permission",
      ),
      "workflow",
      "ci.yml",
    ],
    [
      "no write access on GitHub",
      "remote: Permission to o/r.git denied to github-actions[bot].\nfatal: unable to access 'https://example.com/o/r.git/': The requested URL returned error: 403\n",
      "",
      "permission",
      "Permission to o/r.git denied",
    ],
    [
      "no push on GitLab, under its ruler",
      "remote: \nremote: ====================\nremote: \nremote: ERROR: You are not allowed to push code to this project.\nremote: \nremote: ====================\nfatal: Could not read from remote repository.\n",
      "",
      "permission",
      "ERROR: You are not allowed to push code to this project.",
    ],
    [
      "a wrong password",
      "remote: Invalid username or password.\nfatal: Authentication failed for 'https://example.com/o/r.git/'\n",
      "",
      "authentication",
      "Invalid username or password",
    ],
    [
      "a repository that may not be seen",
      "remote: Repository not found.\nfatal: repository 'https://example.com/o/r.git/' not found\n",
      "",
      "missing",
      "Repository not found",
    ],
    [
      "a certificate nobody trusts",
      "fatal: unable to access 'https://example.com/o/r.git/': SSL certificate problem: self-signed certificate\n",
      "",
      "unreachable",
      "self-signed certificate",
    ],
    [
      "a name that cannot be resolved",
      "fatal: unable to access 'https://example.com/o/r.git/': Could not resolve host: example.com\n",
      "",
      "unreachable",
      "Could not resolve host",
    ],
    [
      "a connection lost on the way",
      `error: RPC failed; HTTP 502 curl 22 The requested URL returned error: 502\nsend-pack: unexpected disconnect while reading sideband packet\nfatal: the remote end hung up unexpectedly\n${failed}`,
      "",
      "unreachable",
      "HTTP 502",
    ],
    [
      "a cut-off history",
      failed,
      rejected("shallow update not allowed"),
      "other",
      "shallow update not allowed",
    ],
    [
      "several places, one of which has the tag",
      failed,
      `To /a\n!\trefs/tags/v1.4.2:refs/tags/v1.4.2\t[rejected] (already exists)\nDone\n${rejected("pre-receive hook declined")}`,
      "hook",
      "pre-receive hook declined",
    ],
    [
      "a branch here that has the tag's full name",
      `${"error: src refspec refs/tags/v1.4.2 matches more than one\n".repeat(2)}${failed}`,
      "",
      "ambiguous",
      "another branch or tag here has the full name of v1.4.2: src refspec refs/tags/v1.4.2 matches more than one",
    ],
    [
      "such a branch of the remote",
      `error: dst refspec refs/tags/v1.4.2 matches more than one\n${failed}`,
      "",
      "ambiguous",
      "another branch or tag of origin has the full name of v1.4.2",
    ],
    ["a full disk", failed, rejected("unpacker error"), "other", "could not store"],
    [
      "two pushes at one moment",
      failed,
      rejected("cannot lock ref 'refs/tags/v1.4.2': reference already exists"),
      "exists",
      "v1.4.2 is on origin already",
    ],
    ["a lock on the server", failed, rejected("failed to update ref"), "other", "could not write v1.4.2"],
    ["git's own end", "BUG: something\n", "", "other", "git push to origin failed: BUG: something"],
    ["nothing said", "", "", "other", "git push to origin failed: git exited with 1"],
  ])("tells %s", (_, stderr, stdout, kind, said) => {
    const refusal = refused(stderr, stdout);
    expect(refusal.kind).toBe(kind);
    expect(refusal.message).toContain(said);
    expect(refusal.message).not.toMatch(/\n|remote:/);
    expect(refusal.remedy).not.toBe("");
  });

  it("says once what git says twice", () => {
    const line = "error: src refspec refs/tags/v1.4.2 matches more than one\n";
    expect(refused(line + line).message.match(/src refspec/g)).toHaveLength(1);
  });

  it("names the way to sign in that fits the address", () => {
    const denied =
      "git@example.com: Permission denied (publickey).\nfatal: Could not read from remote repository.\n";
    expect(refused(denied, "", ["git@example.com:o/r.git"])).toMatchObject({
      kind: "authentication",
      remedy: expect.stringContaining("ssh-add"),
    });
    const none = "fatal: could not read Username for 'https://example.com': terminal prompts disabled\n";
    expect(refused(none).remedy).toContain("GITHUB_TOKEN");
  });

  it("shows no password of an address, no escapes, and not all of a long text", () => {
    const password = ["pass", "word", "1"].join("-");
    const url = `https://me:${password}@example.com/o/r.git/`;
    const { message } = refused(`fatal: \x1b[2Junable to access '${url}': ${"x".repeat(9000)}\n`);
    expect(message).not.toContain(password);
    expect(message).toContain("https://***@example.com");
    expect(message).toContain("\\x1b[2J");
    expect(message.length).toBeLessThan(600);
  });
});
