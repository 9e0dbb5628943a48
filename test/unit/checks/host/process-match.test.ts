import { describe, expect, it } from "vitest";
import { isProcess } from "../../../../src/checks/host/process-match.ts";
import type { RunningProcess } from "../../../../src/clients/readers.ts";

const one = (parts: Partial<RunningProcess>): RunningProcess => ({
  pid: 1,
  name: "",
  argv0: "",
  executable: "",
  ...parts,
});
const is = (parts: Partial<RunningProcess>, wanted: string, platform: NodeJS.Platform = "linux") =>
  isProcess(one(parts), wanted, platform);

describe("isProcess", () => {
  const service = { name: "MainThread", argv0: "/usr/bin/node", executable: "/opt/node-24/bin/nodejs" };

  it("knows a process by its kernel name, what it was started as, and its executable", () => {
    const names = ["MainThread", "node", "/usr/bin/node", "nodejs", "/opt/node-24/bin/nodejs"];
    for (const name of names) expect(is(service, name)).toBe(true);
  });

  it("wants the name exactly", () => {
    for (const name of ["nod", "ode", "Node", "node ", "bin/node", "mainthread", "", "/usr/bin", "nodejs "]) {
      expect(is(service, name)).toBe(false);
    }
  });

  it("knows login shells", () => {
    expect(is({ name: "bash", argv0: "-bash" }, "bash")).toBe(true);
    expect(is({ name: "x", argv0: "-bash" }, "bash")).toBe(true);
  });

  it("knows programs that write a title over their command line", () => {
    const worker = { name: "nginx", argv0: "nginx: master process /usr/sbin/apache2" };
    expect(is(worker, "nginx")).toBe(true);
    expect(is(worker, "apache2")).toBe(false);
    expect(is({ name: "postgres", argv0: "postgres: 15/main: checkpointer " }, "postgres")).toBe(true);
  });

  it("does not take empty fields for a name", () => {
    expect(is({ name: "kworker/0:1" }, "")).toBe(false);
    expect(is({ name: "kworker/0:1" }, "kworker/0:1")).toBe(true);
  });
});

describe("isProcess and kernel names that stop at 15 characters", () => {
  it("knows a longer name by its beginning", () => {
    expect(is({ name: "prometheus-node" }, "prometheus-node-exporter")).toBe(true);
    expect(is({ name: "prometheus-node", argv0: "python3" }, "prometheus-node-exporter")).toBe(true);
  });

  it("does not take one program for another that begins alike", () => {
    const exporter = { name: "prometheus-node", argv0: "/usr/bin/prometheus-node-exporter" };
    expect(is(exporter, "prometheus-node-exporter")).toBe(true);
    expect(is(exporter, "prometheus-node-other")).toBe(false);
    expect(is(exporter, "prometheus-node")).toBe(false);
    expect(
      is({ name: "prometheus-node", executable: "/x/prometheus-node-exporter" }, "prometheus-node-b"),
    ).toBe(false);
  });

  it("takes a name of exactly 15 characters as it is", () => {
    expect(is({ name: "prometheus-node" }, "prometheus-node")).toBe(true);
    expect(is({ name: "prometheus-node", argv0: "prometheus-node" }, "prometheus-node")).toBe(true);
  });

  it("does not cut shorter names off", () => {
    expect(is({ name: "prometheus" }, "prometheus-node-exporter")).toBe(false);
    expect(is({ name: "prometheus-nod" }, "prometheus-node")).toBe(false);
  });

  it("counts bytes, not characters", () => {
    const wanted = "überwachungsdienst";
    const name = Buffer.from(wanted).subarray(0, 15).toString("utf8");
    expect(is({ name }, wanted)).toBe(true);
    const split = "dienst-fuer-uüä";
    expect(is({ name: Buffer.from(split).subarray(0, 15).toString("utf8") }, split)).toBe(true);
  });
});

describe("isProcess on Windows", () => {
  const service = { name: "Nginx.EXE" };
  it("does not care for case and .exe", () => {
    for (const name of ["nginx", "nginx.exe", "NGINX"]) expect(is(service, name, "win32")).toBe(true);
    expect(is({ name: "nginx" }, "nginx.exe", "win32")).toBe(true);
  });
  it("wants the rest exactly", () => {
    expect(is(service, "ngin", "win32")).toBe(false);
    expect(is(service, "", "win32")).toBe(false);
    expect(is(service, "nginx", "linux")).toBe(false);
  });
});
