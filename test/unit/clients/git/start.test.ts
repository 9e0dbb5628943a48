import { spawn } from "node:child_process";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { tempFolder } from "../../../support/temp.ts";

const script = `
  import { createGitCommand } from ${JSON.stringify(join(import.meta.dirname, "../../../../src/clients/git/command.ts"))};
  import { ChildProcess } from "node:child_process";
  // Of a child without an id this sends the signal to anybody: in a container to its own group.
  ChildProcess.prototype.kill = () => console.log("killed");
  const controller = new AbortController();
  const asked = createGitCommand(process.argv[1], process.env)(["--version"], { signal: controller.signal });
  controller.abort(new Error("not needed any more"));
  await asked.catch((error) => console.log(error.message));
`;

describe("a git that cannot be started", () => {
  it("ends nobody else when it is given up", async () => {
    // A process group of its own: what is ended by mistake is not the test.
    const child = spawn(
      process.execPath,
      ["--input-type=module", "-e", script, join(tempFolder(), "is not there")],
      { detached: true, stdio: ["ignore", "pipe", "inherit"] },
    );
    let said = "";
    child.stdout.on("data", (chunk: Buffer) => (said += chunk.toString()));
    const [code, signal] = await new Promise<[number | null, string | null]>((resolve) =>
      child.on("close", (...ended) => resolve(ended)),
    );
    expect({ code, signal, said }).toEqual({ code: 0, signal: null, said: "not needed any more\n" });
  });
});
