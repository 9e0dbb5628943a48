import { describe, expect, it } from "vitest";
import type { GrafanaReader } from "../../../../src/clients/grafana/types.ts";
import { createSources } from "../../../../src/ritual/dashboard/sources.ts";

describe("a data source", () => {
  it.each(["constructor", "toString", "__proto__"])("may be called %s", async (uid) => {
    const sources = createSources({} as GrafanaReader, new AbortController().signal);
    expect(await sources.find({ uid, type: "prometheus" }, (words) => words)).toEqual({
      source: { uid, type: "prometheus", shown: "prometheus" },
    });
  });
});
