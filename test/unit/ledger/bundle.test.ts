import { describe, expect, it } from "vitest";
import { makeLine } from "../../../src/clients/ledger/line.ts";
import { collect } from "../../../src/ledger/bundle/collect.ts";
import { type BundleOptions, makeBundle } from "../../../src/ledger/bundle/make.ts";
import { verifyBundle } from "../../../src/ledger/bundle/verify.ts";
import type { Signer } from "../../../src/ledger/checkpoint.ts";
import { canonical } from "../../../src/ledger/plain.ts";
import { readEntry } from "../../../src/ledger/query.ts";
import { blocksOf } from "../../support/ledger.ts";
import fc from "../../support/property.ts";
import { history } from "./history.ts";
import { pair } from "./keys.ts";

const key = pair();
const other = pair();

function entry(kind: string, version: string, data: object = {}, about: object = {}) {
  return {
    schema: "release-sentinel/ledger/v1",
    kind,
    actor: { name: "Test Author <author@example.com>", source: "ci" },
    run: { ci: "GitHub Actions", url: "https://ci.example.com/run/7" },
    host: "machine",
    tool: "0.1.0",
    command: "check",
    environment: "prod",
    version,
    commit: "0123456789012345678901234567890123456789",
    data,
    ...about,
  };
}

const verdict = {
  verdict: "SAFE",
  releasable: true,
  branch: "main",
  policyDigest: "sha256:12",
  policySource: "release-sentinel.yaml",
  reasons: [],
  findings: [
    { check: "git.clean", status: "ok", message: "Git working tree is clean", observation: { changed: [] } },
    {
      check: "host.disk",
      status: "waived",
      message: "Disk WARNING: 80.1% | <b>",
      observation: null,
      waiver: { owner: "platform team", reason: "disk is replaced", until: "2026-12-01" },
    },
  ],
};

const story = [
  entry("verdict", "v1.3.0", { verdict }),
  entry("verdict", "v1.4.0", { verdict }),
  entry("note", "v1.3.0", { text: "secret plans of somebody else" }),
  entry("release", "v1.4.0", {
    outcome: "done",
    steps: [{ id: "tag.push", outcome: "did", message: "Git tag v1.4.0 created and pushed" }],
    approvals: [{ by: "a release captain", decision: "approved", at: "2026-11-21T09:00:00Z", comment: "go" }],
  }),
  entry("verdict", "v1.5.0", { verdict }),
];

async function bundle(
  options: Partial<BundleOptions> & { signer?: Signer | undefined } = {},
  signer?: Signer,
) {
  const { lines, heads } = history(story, signer);
  const collected = await collect(blocksOf(lines), "v1.4.0", new Set());
  const file = makeBundle({
    version: "v1.4.0",
    collected,
    attachments: [{ name: "sbom.json", bytes: 12, sha256: "ab".repeat(32) }],
    attestations: [],
    madeBy: { name: "Test Author", source: "git" },
    tool: "0.1.0",
    madeAt: "2026-11-21T12:00:00.000Z",
    ...options,
  });
  return { file, heads };
}

const trusting = { keys: [key.trusted], anchors: [] };

describe("an evidence bundle", () => {
  it("tells people what was checked, what was done, and by whom", async () => {
    const { file } = await bundle({}, key.signer);
    for (const words of [
      "# Evidence for v1",
      "SAFE",
      "git.clean",
      "Git working tree is clean",
      "tag.push",
      "a release captain",
      "platform team",
      "disk is replaced",
      "sbom.json",
      "<https://ci.example.com/run/7>",
    ])
      expect(file).toContain(words);
    expect(file.slice(0, file.indexOf("```jsonl"))).not.toContain("<b>");
  });

  it("is proven by the public key alone", async () => {
    const { file } = await bundle({ signer: key.signer }, key.signer);
    expect(verifyBundle(file, trusting)).toMatchObject({
      genuine: true,
      version: "v1.4.0",
      problems: [],
      notices: [],
      signedBy: [key.trusted.keyId],
    });
    expect(verifyBundle(file, trusting).entries.map(({ entry }) => entry.kind)).toEqual([
      "verdict",
      "release",
    ]);
  });

  it("holds nothing of what was recorded about other releases", async () => {
    expect((await bundle({}, key.signer)).file).not.toContain("secret plans");
  });

  it("needs a key that vouches for its attachments, where there are any and keys are given", async () => {
    const { file, heads } = await bundle({}, key.signer);
    expect(verifyBundle(file, trusting).problems.join()).toContain("no given key vouches");
    const byHash = verifyBundle(file, { keys: [], anchors: [{ sha256: heads[7]?.sha256 ?? "", from: "x" }] });
    expect(byHash).toMatchObject({
      genuine: true,
      notices: [expect.stringContaining("no given key vouches")],
    });
    expect(verifyBundle((await bundle({ attachments: [] }, key.signer)).file, trusting).genuine).toBe(true);
  });

  it("is not genuine for another key, nor without one", async () => {
    const { file } = await bundle({}, key.signer);
    expect(verifyBundle(file, { keys: [other.trusted], anchors: [] }).genuine).toBe(false);
    expect(verifyBundle(file, { keys: [], anchors: [] }).problems.join()).toContain(
      "entries 3, 7 are covered by no",
    );
  });

  it("of a ledger without a key is proven by a hash that was published", async () => {
    const { file, heads } = await bundle();
    const remembered = (i: number) => ({
      keys: [],
      anchors: [{ sha256: heads[i]?.sha256 ?? "", from: "--anchor" }],
    });
    expect(verifyBundle(file, remembered(3))).toMatchObject({ genuine: true });
    // Entry 4 comes after what was remembered.
    expect(verifyBundle(file, remembered(2)).problems.join()).toContain("entry 4 is covered by no");
    expect(verifyBundle(file, remembered(4)).problems.join()).toContain(
      "no line of the bundle has this hash",
    );
  });

  it("is not genuine when its readable part says something else", async () => {
    const { file } = await bundle({ signer: key.signer }, key.signer);
    const lie = file.replace("**SAFE**, releasable", "**SAFE**, very much releasable");
    expect(lie).not.toBe(file);
    expect(verifyBundle(lie, trusting).problems).toEqual([
      "its readable part does not say what its entries say",
    ]);
  });

  it("is not genuine when an attachment's hash was changed, and the readable part with it", async () => {
    const { file } = await bundle({ signer: key.signer }, key.signer);
    const lie = file.replaceAll("ab".repeat(32), "ac".repeat(32));
    expect(verifyBundle(lie, trusting).problems.join()).toContain("no given key vouches");
  });

  it("refuses what is no bundle, in words", () => {
    for (const text of [
      "",
      "# Evidence",
      "```jsonl release-sentinel-evidence\n```\n",
      "\n```jsonl release-sentinel-evidence\n{}\n```\n",
    ])
      expect(verifyBundle(text, trusting)).toMatchObject({
        genuine: false,
        problems: [expect.stringContaining("no evidence bundle")],
      });
  });

  it("cannot be made from a signed ledger by somebody without the key", async () => {
    const { lines, heads } = history(story, key.signer);
    const collected = await collect(blocksOf(lines), "v1.4.0", new Set());
    const made = (changed: readonly string[]) => {
      const entries = changed.flatMap((line) => readEntry(Buffer.from(line)) ?? []);
      const rest = { attachments: [], attestations: [], madeBy: null, tool: "0", madeAt: "x" };
      return verifyBundle(
        makeBundle({ version: "v1.4.0", collected: { ...collected, lines: changed, entries }, ...rest }),
        trusting,
      );
    };
    expect(made(collected.lines).genuine).toBe(true);
    // An entry of its own in front of somebody else's checkpoint.
    const forged = makeLine(
      `"entry":${canonical(entry("release", "v1.4.0", { outcome: "better" }))}`,
      heads[5] ?? null,
      "2026-11-21T10:00:03.000Z",
      () => "",
    );
    const [last] = collected.lines.slice(-1);
    expect(made([forged.line.trimEnd(), last ?? ""]).problems.join()).toContain(
      "entry 8 is not chained to entry 7",
    );
    // An entry whose checkpoint was left out: another piece's does not cover it.
    const bare = collected.lines.filter((_, i) => i === 0 || i >= collected.lines.length - 2);
    expect(made(bare).problems.join()).toContain("entry 3 is covered by no checkpoint");
  });

  it("whatever byte is changed, is not genuine", async () => {
    const { file } = await bundle({ signer: key.signer }, key.signer);
    const bytes = Buffer.from(file);
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 127 }), (i, bits) => {
        const harmed = Buffer.from(bytes);
        harmed[i] = (harmed[i] ?? 0) ^ bits;
        expect(verifyBundle(harmed.toString("utf8"), trusting).genuine).toBe(false);
      }),
      { numRuns: 500 },
    );
  });

  it("cannot be made of a ledger that has nothing about the version, or is damaged there", async () => {
    const { lines } = history(story);
    await expect(collect(blocksOf(lines), "v9.9.9", new Set())).rejects.toMatchObject({
      code: "ledger-unreadable",
    });
    const harmed = lines.with(1, (lines[1] ?? "").replace("SAFE", "SAFF"));
    await expect(collect(blocksOf(harmed), "v1.4.0", new Set())).rejects.toThrow("entry 2 of the ledger");
  });

  it("leaves out long stretches between entries, and each piece proves itself", async () => {
    const quiet = Array.from({ length: 2500 }, () => entry("note", "v0.0.1"));
    const { lines } = history(
      [entry("verdict", "v1.4.0", { verdict }), ...quiet, entry("release", "v1.4.0")],
      key.signer,
    );
    const collected = await collect(blocksOf(lines), "v1.4.0", new Set());
    expect(collected.lines).toHaveLength(4);
    const options = {
      version: "v1.4.0",
      collected,
      attachments: [],
      attestations: [],
      madeBy: null,
      tool: "0",
      madeAt: "x",
    };
    expect(verifyBundle(makeBundle(options), trusting)).toMatchObject({ genuine: true });
  });
});
