import { describe, expect, it } from "vitest";
import { KubectlFailure } from "../../../../src/clients/kubectl.ts";
import { refusedProofs } from "../../../../src/deploy/kubernetes/complaints.ts";
import type { KubeObject } from "../../../../src/deploy/kubernetes/object.ts";

function refused(stderr: string, kind = "Deployment", name = "web") {
  const [group, metadata] = [kind === "Job" ? "batch/v1" : "apps/v1", { name, namespace: "shop" }];
  const object: KubeObject = { apiVersion: group, kind, metadata };
  const complaint = KubectlFailure.from(stderr).complaints[0];
  if (complaint === undefined) throw new Error("nothing was said");
  return { object, where: "k8s/web.yaml:3", complaint };
}
const typed = (namespace: string | undefined, args: readonly string[]) =>
  ["kubectl --context prod", ...(namespace ? [`-n ${namespace}`] : []), ...args].join(" ");
const explained = (stderr: string, kind?: string) => refusedProofs([refused(stderr, kind)], typed)[0];

describe("what the server does not take", () => {
  it.each<[string, string, string | undefined, string, string | undefined]>([
    [
      "a missing namespace",
      'Error from server (NotFound): error when creating "STDIN": namespaces "shop" not found',
      undefined,
      "k8s/web.yaml:3: there is no namespace shop",
      "kubectl --context prod create namespace shop",
    ],
    [
      "a quota",
      'Error from server (Forbidden): error when creating "STDIN": pods "web" is forbidden: exceeded quota: small, requested: pods=1, used: pods=1, limited: pods=1',
      undefined,
      'k8s/web.yaml:3: Deployment shop/web exceeds a quota: pods "web" is forbidden: exceeded quota: small, requested: pods=1, used: pods=1, limited: pods=1',
      "kubectl --context prod -n shop describe quota",
    ],
    [
      "an immutable field",
      'The Deployment "web" is invalid: spec.selector: Invalid value: v1.LabelSelector{}: field is immutable',
      undefined,
      "k8s/web.yaml:3: Deployment shop/web cannot be changed so: spec.selector: field is immutable",
      "keep the field as it is, or make it anew, with its pods gone until then: kubectl --context prod -n shop delete Deployment.v1.apps/web",
    ],
    [
      "a Job that has run",
      'The Job "web" is invalid: spec.template: Invalid value: core.PodTemplateSpec{}: field is immutable',
      "Job",
      "k8s/web.yaml:3: Job shop/web cannot be changed so: spec.template: field is immutable",
      "name it after the version (migrate-1-4-2): a Job cannot be changed",
    ],
    [
      "a field of somebody else's",
      'error: Apply failed with 2 conflicts: conflicts with "scaler" using apps/v1:\n- .spec.replicas\n- .spec.paused\nPlease review the fields above--they currently have other managers.',
      undefined,
      "k8s/web.yaml:3: Deployment shop/web: .spec.replicas, .spec.paused belong to scaler, who says otherwise",
      "take these fields out of the manifest, or have that manager give them up",
    ],
    [
      "an unknown kind",
      'error: unable to recognize "STDIN": no matches for kind "Deployment" in version "apps/v1"',
      undefined,
      "k8s/web.yaml:3: the cluster knows no Deployment in apps/v1",
      "install its CRD first, or mend apiVersion and kind",
    ],
    [
      "an object that kubectl cannot annotate",
      'The ConfigMap "web" is invalid: metadata.annotations: Too long: must have at most 262144 bytes',
      undefined,
      "k8s/web.yaml:3: Deployment shop/web is too large for a client-side apply",
      "apply it with --server-side",
    ],
    [
      "an unknown field",
      'error: error validating "STDIN": error validating data: ValidationError(Deployment.spec): unknown field "replica" in io.k8s.api.apps.v1.DeploymentSpec; if you choose to ignore these errors, turn validation off with --validate=false',
      undefined,
      'k8s/web.yaml:3: Deployment shop/web is not valid: ValidationError(Deployment.spec): unknown field "replica" in io.k8s.api.apps.v1.DeploymentSpec',
      undefined,
    ],
  ])("is explained: %s", (_what, stderr, kind, message, remedy) => {
    const proof = explained(stderr, kind);
    expect(proof).toEqual({ state: "conflict", message, ...(remedy && { remedy }) });
  });

  it.each([
    "}}}: field is immutable",
    // Cut off.
    "",
  ])("is said without what the server has in memory%s", (end) => {
    const dump = 'core.PodTemplateSpec{ObjectMeta:v1.ObjectMeta{Name:"", Labels:map[string]string{"a":"b"';
    const stderr = `The Job "web" is invalid: spec.template: Invalid value: ${dump}${end}`;
    expect(explained(stderr, "Job")?.message).toBe(
      "k8s/web.yaml:3: Job shop/web cannot be changed so: spec.template: field is immutable",
    );
  });

  it("is said once where it is the same for many", () => {
    const stderr = 'Error from server (NotFound): namespaces "shop" not found';
    const proofs = refusedProofs(
      ["a", "b", "c"].map((name) => refused(stderr, "Deployment", name)),
      typed,
    );
    expect(proofs.map(({ message }) => message)).toEqual([
      "k8s/web.yaml:3: there is no namespace shop (and so for 2 more)",
    ]);
  });
});
