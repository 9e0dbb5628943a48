import { describe, expect, it } from "vitest";
import { parsePs } from "../../../../src/clients/host/ps.ts";

describe("ps on macOS", () => {
  it("gives the accounting name and the whole path, spaces and all", () => {
    const names =
      "    1 Ss   launchd\n  312 S    Google Chrome He\n  400 Ss+  zsh\n  500 Z    (gone)\n  600 R    ps\n";
    const commands =
      "    1 /sbin/launchd\n  312 /Applications/Google Chrome.app/Contents/MacOS/Google Chrome Helper\n  400 -zsh\n  500 (gone)\n";
    expect(parsePs(names, commands, "darwin")).toEqual([
      { pid: 1, name: "launchd", argv0: "/sbin/launchd", executable: "/sbin/launchd" },
      {
        pid: 312,
        name: "Google Chrome He",
        argv0: "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome Helper",
        executable: "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome Helper",
      },
      { pid: 400, name: "zsh", argv0: "-zsh", executable: "" },
    ]);
  });
});

describe("ps elsewhere", () => {
  it("gives the kernel's name and the first word of the command line", () => {
    const names = "    1 Ss   systemd\n   20 S    tmux: server\n   30 Zs   sh <defunct>\n";
    const commands = "    1 /sbin/init splash\n   20 tmux new -s x\n   30 [sh] <defunct>\n";
    expect(parsePs(names, commands, "linux")).toEqual([
      { pid: 1, name: "systemd", argv0: "/sbin/init", executable: "/sbin/init" },
      { pid: 20, name: "tmux: server", argv0: "tmux", executable: "" },
    ]);
  });

  it("lists nothing for an empty answer", () => expect(parsePs("", "\n", "linux")).toEqual([]));
});
