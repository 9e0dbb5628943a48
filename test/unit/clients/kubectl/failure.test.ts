import { describe, expect, it } from "vitest";
import { KubectlFailure, warningsFrom } from "../../../../src/clients/kubectl.ts";

/** As kubectl 1.20 to 1.33 write it. */
const said: readonly (readonly [string, string, boolean, string])[] = [
  ['Error from server (NotFound): configmaps "x" not found', "NotFound", false, 'configmaps "x" not found'],
  [
    'Error from server (NotFound): error when creating "STDIN": namespaces "nope" not found',
    "NotFound",
    false,
    'namespaces "nope" not found',
  ],
  [
    'Error from server (Forbidden): error when retrieving current configuration of:\nResource: "apps/v1, Resource=deployments", GroupVersionKind: "apps/v1, Kind=Deployment"\nName: "w", Namespace: "shop"\nfrom server for: "STDIN": deployments.apps "w" is forbidden: User "ci" cannot get resource "deployments" in API group "apps" in the namespace "shop"',
    "Forbidden",
    false,
    'deployments.apps "w" is forbidden: User "ci" cannot get resource "deployments" in API group "apps" in the namespace "shop"',
  ],
  [
    "The connection to the server 127.0.0.1:1 was refused - did you specify the right host or port?",
    "unreachable",
    true,
    "The connection to the server 127.0.0.1:1 was refused",
  ],
  [
    "Unable to connect to the server: dial tcp: lookup api.shop.test: no such host",
    "unreachable",
    true,
    "Unable to connect to the server: dial tcp: lookup api.shop.test: no such host",
  ],
  [
    "Unable to connect to the server: net/http: request canceled (Client.Timeout exceeded while awaiting headers)",
    "timeout",
    true,
    "Unable to connect to the server: net/http: request canceled (Client.Timeout exceeded while awaiting headers)",
  ],
  [
    "Unable to connect to the server: x509: certificate signed by unknown authority",
    "certificate",
    false,
    "Unable to connect to the server: x509: certificate signed by unknown authority",
  ],
  [
    "error: You must be logged in to the server (Unauthorized)",
    "Unauthorized",
    false,
    "You must be logged in to the server (Unauthorized)",
  ],
  [
    "Unable to connect to the server: getting credentials: exec: executable aws not found",
    "credentials",
    false,
    "Unable to connect to the server: getting credentials: exec: executable aws not found",
  ],
  [
    "Error in configuration: context was not found for specified context: nope",
    "context",
    false,
    "Error in configuration: context was not found for specified context: nope",
  ],
  ['error: context "nope" does not exist', "context", false, 'context "nope" does not exist'],
  [
    "error: current-context must exist in order to minify",
    "context",
    false,
    "current-context must exist in order to minify",
  ],
  [
    'error: resource mapping not found for name: "a" namespace: "" from "STDIN": no matches for kind "Nose" in version "x/v1"\nensure CRDs are installed first',
    "NoKind",
    false,
    'resource mapping not found for name: "a" namespace: "" from "STDIN": no matches for kind "Nose" in version "x/v1" ensure CRDs are installed first',
  ],
  [
    'error: Apply failed with 1 conflict: conflict with "kubectl-client-side-apply" using apps/v1: .spec.replicas\nPlease review the fields above--they currently have other managers.',
    "FieldConflict",
    false,
    'Apply failed with 1 conflict: conflict with "kubectl-client-side-apply" using apps/v1: .spec.replicas Please review the fields above--they currently have other managers.',
  ],
  [
    "Error from server: etcdserver: request timed out",
    "ServerTimeout",
    true,
    "etcdserver: request timed out",
  ],
  [
    "Error from server (TooManyRequests): the server has received too many requests",
    "TooManyRequests",
    true,
    "the server has received too many requests",
  ],
  ["", "other", false, "kubectl failed and said nothing"],
];

describe("what kubectl says when it fails", () => {
  const cases = said.map(([stderr, reason, transient, message]) => ({ stderr, reason, transient, message }));
  it.each(cases)("is read: $reason, $message", ({ stderr, reason, transient, message }) => {
    expect(KubectlFailure.from(stderr)).toMatchObject({ reason, transient, message });
  });

  it("is one line for one object, however many fields are wrong", () => {
    const stderr = 'The Deployment "w" is invalid: \n* spec.x: Required value\n* spec.y: Invalid value: 1\n';
    const failure = KubectlFailure.from(stderr);
    expect(failure.complaints).toHaveLength(1);
    expect(failure.message).toBe(
      'The Deployment "w" is invalid: spec.x: Required value; spec.y: Invalid value: 1',
    );
  });

  it("keeps every complaint in its order, and counts those that the message does not have", () => {
    const failure = KubectlFailure.from(
      'Error from server (Forbidden): a is forbidden\nError from server (Forbidden): b is forbidden\nError from server (Conflict): error when applying patch: c "STDIN": the object has been modified\n',
    );
    expect(failure.message).toBe("a is forbidden (and 2 more errors)");
    expect(failure.complaints.map(({ reason }) => reason)).toEqual(["Forbidden", "Forbidden", "Conflict"]);
  });

  it("is worth another try only if every part of it is", () => {
    const refused = "Error from server (Forbidden): a is forbidden";
    const busy = "Error from server (ServiceUnavailable): later";
    expect(KubectlFailure.from(`${busy}\n${busy}`).transient).toBe(true);
    expect(KubectlFailure.from(`${busy}\n${refused}`).transient).toBe(false);
  });

  it("passes over what klog repeats and what warns", () => {
    const stderr = `E1121 17:29:51.952444   29704 memcache.go:265] "Unhandled Error" err="refused"
WARNING: version difference between client (1.32) and server (1.20) exceeds the supported minor version skew of +/-1
Warning: policy/v1beta1 PodDisruptionBudget is deprecated in v1.21+
The connection to the server 127.0.0.1:1 was refused - did you specify the right host or port?`;
    expect(KubectlFailure.from(stderr).complaints).toHaveLength(1);
    expect(warningsFrom(stderr)).toEqual(["policy/v1beta1 PodDisruptionBudget is deprecated in v1.21+"]);
  });

  it("leaves out the piece of an object that decoders quote", () => {
    const value = ["gehe", "im-", "gehe", "im!"].join("");
    const failure = KubectlFailure.from(
      `Error from server (BadRequest): error when creating "STDIN": Secret in version "v1" cannot be handled as a Secret: v1.Secret.Data: base64Codec: invalid input, error found in #10 byte of ...|im!"},"kind":"|..., bigger context ...|{"data":{"a":"${value}"},"kind":"Secret"}\n|...`,
    );
    expect(failure.message).toBe(
      'Secret in version "v1" cannot be handled as a Secret: v1.Secret.Data: base64Codec: invalid input',
    );
  });

  it("brings no terminal escapes along", () => {
    expect(KubectlFailure.from("error: \u001b[31mred\u202e").message).toBe("\\x1b[31mred\\u202e");
  });
});
