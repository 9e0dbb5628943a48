import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { PassThrough, Readable } from "node:stream";
import { describe, expect, it } from "vitest";
import { readManifestFiles } from "../../../../src/clients/kubectl/manifest-files.ts";
import { forever as signal } from "../../../support/kubectl.ts";
import { tempFolder } from "../../../support/temp.ts";

function read(paths: readonly string[], cwd = "/", stdin: Readable = Readable.from([])) {
  return readManifestFiles(paths, { cwd, stdin, signal });
}

describe("files of manifests", () => {
  it("are read in the order given, those of a folder by name and without its folders", async () => {
    const folder = tempFolder();
    mkdirSync(join(folder, "k8s", "deeper"), { recursive: true });
    for (const name of ["k8s/b.yml", "k8s/a.yaml", "k8s/c.json", "k8s/README.md", "k8s/deeper/d.yaml", "z"]) {
      writeFileSync(join(folder, name), `# ${name}`);
    }
    const texts = await read([join(folder, "z"), join(folder, "k8s")], folder);
    expect(texts.map(({ label }) => label)).toEqual(["z", "k8s/a.yaml", "k8s/b.yml", "k8s/c.json"]);
    expect(texts[0]?.text).toBe("# z");
  });

  it("may come from standard input", async () => {
    const texts = await read(["-"], "/", Readable.from([Buffer.from("a: "), Buffer.from("ä")]));
    expect(texts).toEqual([{ label: "standard input", text: "a: ä" }]);
  });

  it("are called by their whole path when they lie elsewhere", async () => {
    const [folder, elsewhere] = [tempFolder(), tempFolder()];
    writeFileSync(join(folder, "a.yaml"), "");
    const [text] = await read([join(folder, "a.yaml")], elsewhere);
    expect(text?.label).toBe(join(folder, "a.yaml"));
  });

  it("are named when they are not there, empty of manifests, or no text", async () => {
    const folder = tempFolder();
    mkdirSync(join(folder, "empty"));
    writeFileSync(join(folder, "binary.yaml"), Buffer.from([0xff, 0xfe, 0x00]));
    await expect(read([join(folder, "gone.yaml")])).rejects.toThrow(
      `there is no manifest ${folder}/gone.yaml`,
    );
    await expect(read([join(folder, "empty")])).rejects.toThrow("holds no .yaml, .yml or .json file");
    await expect(read([join(folder, "binary.yaml")], folder)).rejects.toThrow(
      "binary.yaml is not valid UTF-8",
    );
  });

  it("are not waited for when the work is given up", async () => {
    const controller = new AbortController();
    const work = readManifestFiles(["-"], { cwd: "/", stdin: new PassThrough(), signal: controller.signal });
    controller.abort(new Error("stop"));
    await expect(work).rejects.toThrow("stop");
  });
});
