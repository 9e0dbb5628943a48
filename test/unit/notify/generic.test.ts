import { createHmac } from "node:crypto";
import { describe, expect, it } from "vitest";
import { generic } from "../../../src/notify/generic.ts";
import { alert, hostile, many } from "./receivers.ts";

const delivery = { url: "https://hooks.example/x", id: "b7e1", at: new Date("2026-11-21T10:00:00.500Z") };

/** As a receiver with the Standard Webhooks library verifies it. */
function expectSigned(request: ReturnType<typeof generic.request>, key: Buffer): void {
  const {
    "webhook-id": id,
    "webhook-timestamp": timestamp,
    "webhook-signature": signature,
  } = request.headers;
  const mac = createHmac("sha256", key).update(`${id}.${timestamp}.${request.body}`).digest("base64");
  expect(signature).toBe(`v1,${mac}`);
}

describe("an alert for a generic webhook", () => {
  it("is a CloudEvent in structured JSON", () => {
    const { url, headers, body } = generic.request(alert, delivery);
    expect(url).toBe(delivery.url);
    expect(headers).toEqual({
      "Content-Type": "application/cloudevents+json; charset=utf-8",
      "webhook-id": "b7e1",
      "webhook-timestamp": "1795255200",
    });
    expect(JSON.parse(body)).toEqual({
      specversion: "1.0",
      id: "b7e1",
      source: "release-sentinel",
      type: "release-sentinel.alert.v1",
      subject: "prod/v1.4.2",
      time: "2026-11-21T10:00:00.500Z",
      datacontenttype: "application/json",
      data: alert,
    });
  });

  it("holds nothing but what an alert may hold", () => {
    const body = generic.request({ ...alert, extra: "x" } as typeof alert, delivery).body;
    expect(JSON.parse(body).data).toEqual(alert);
  });

  it("is signed with a key that Standard Webhooks wrote, or with any other", () => {
    const key = Buffer.from("0123456789abcdef".repeat(2));
    expectSigned(generic.request(alert, { ...delivery, secret: `whsec_${key.toString("base64")}` }), key);
    const plain = ["cor", "rect horse"].join("");
    expectSigned(generic.request(alert, { ...delivery, secret: plain }), Buffer.from(plain));
  });

  it("holds one line of each reason, and not thousands of them", () => {
    const { data } = JSON.parse(
      generic.request({ ...alert, reasons: [hostile, ...many], version: null }, delivery).body,
    );
    expect(data.reasons).toHaveLength(101);
    expect(data.reasons[100]).toBe("… and 401 more");
    expect(data.reasons[0]).not.toMatch(/[\u0000-\u001f\u202e]/);
    expect(data.version).toBeNull();
  });

  it("takes any 2xx for yes", () => {
    const answer = { body: "", headers: {}, bodyCut: false, url: "", redirects: 0, tookMs: 1 };
    expect([200, 202, 204].map((status) => generic.accepted({ ...answer, status }))).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    expect(generic.accepted({ ...answer, status: 401 })).toBe("answered 401");
  });
});
