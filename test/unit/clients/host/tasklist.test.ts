import { describe, expect, it } from "vitest";
import { parseTasklist } from "../../../../src/clients/host/tasklist.ts";

describe("tasklist", () => {
  it("gives image names and numbers", () => {
    const text =
      '"System Idle Process","0","Services","0","8 K"\r\n"node.exe","4242","Console","1","45,120 K"\r\n"odd, name.exe","7","Console","1","1 K"\r\n';
    expect(parseTasklist(text)).toEqual([
      { pid: 0, name: "System Idle Process", argv0: "", executable: "" },
      { pid: 4242, name: "node.exe", argv0: "", executable: "" },
      { pid: 7, name: "odd, name.exe", argv0: "", executable: "" },
    ]);
  });

  it("makes nothing of its complaints", () => {
    expect(parseTasklist("INFO: No tasks are running which match the specified criteria.\r\n")).toEqual([]);
  });
});
