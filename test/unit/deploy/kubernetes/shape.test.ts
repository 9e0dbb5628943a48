import { describe, expect, it } from "vitest";
import {
  alike,
  conditionOf,
  listAt,
  numberAt,
  textAt,
  without,
} from "../../../../src/deploy/kubernetes/shape.ts";
import { live } from "./objects.ts";

describe("two values", () => {
  it("are alike when they say the same to the API", () => {
    expect(alike({ a: null, b: {}, c: { d: {} } }, {})).toBe(true);
    expect(alike({ a: [1, { b: null }] }, { a: [1, {}] })).toBe(true);
    expect(alike(null, undefined)).toBe(true);
  });

  it("are not alike when one has more, less or something else", () => {
    expect(alike({ a: [1] }, { a: [1, 2] })).toBe(false);
    expect(alike({ a: [1, 2] }, { a: [1] })).toBe(false);
    expect(alike({ a: "" }, {})).toBe(false);
    expect(alike({ a: 0 }, { a: false })).toBe(false);
    expect(alike({ a: [] }, {})).toBe(false);
    expect(alike({ a: ["x"] }, { a: { 0: "x" } })).toBe(false);
  });
});

describe("parts of an object", () => {
  it("are of the kind that was asked for, or nothing", () => {
    const object = live("v1", "Pod", "one", {
      status: { n: 1, t: "x", l: [1], conditions: [{ type: "Ready", status: "True" }] },
    });
    expect([numberAt(object, "status", "n"), numberAt(object, "status", "t")]).toEqual([1, undefined]);
    expect([textAt(object, "status", "t"), textAt(object, "status", "n")]).toEqual(["x", undefined]);
    expect([listAt(object, "status", "l"), listAt(object, "status", "n")]).toEqual([[1], []]);
    expect(conditionOf(object, "Ready")).toMatchObject({ status: "True", reason: "", lastUpdateTime: "" });
    expect(conditionOf(object, "Other")).toBeUndefined();
    expect(without({ a: 1, b: 2 }, "b", "c")).toEqual({ a: 1 });
  });
});
