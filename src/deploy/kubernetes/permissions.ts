import { type Kubectl, KubectlFailure } from "../../clients/kubectl.ts";
import type { Proof } from "../../core/step.ts";
import { printable } from "../../core/text.ts";
import { listOf, streamOf } from "./list.ts";
import { at, type KubeObject } from "./object.ts";
import { conflict, notice } from "./proof.ts";
import type { Typed } from "./typed.ts";

/** Something that will have to be done: one verb on one resource. */
export interface Need {
  readonly verb: string;
  readonly group: string;
  /** `deployments`, `pods/log`. */
  readonly resource: string;
  /** Undefined: a resource of the whole cluster. */
  readonly namespace: string | undefined;
  /** Any object of the kind when it is not said. */
  readonly name?: string;
  /** Without it the deploy goes on, and sees less. */
  readonly optional?: true;
}

interface Rule {
  readonly verbs?: readonly string[];
  readonly apiGroups?: readonly string[];
  readonly resources?: readonly string[];
  readonly resourceNames?: readonly string[];
}

interface Rules {
  readonly rules: readonly Rule[];
  readonly incomplete: boolean;
}

/**
 * Which of it is not allowed. One question a namespace, all of them in one run of kubectl; where an authorizer cannot list its
 * rules (clouds' own), each thing that is still open is asked for by itself, in one more run. @throws KubectlFailure
 */
export async function refusedOf(
  kubectl: Kubectl,
  wanted: readonly Need[],
  signal: AbortSignal,
): Promise<Need[]> {
  const needs = unique(wanted);
  const namespaces = [...new Set(needs.flatMap(({ namespace }) => namespace ?? []))];
  // What a RoleBinding allows does not reach beyond its namespace, and rules do not say where they come from.
  const clusterWide = needs.filter(({ namespace }) => namespace === undefined);
  const reviews = [...namespaces.map(rulesReview), ...clusterWide.map(accessReview)];
  const answers = await create(kubectl, reviews, signal);
  const rules = new Map(namespaces.map((namespace, index) => [namespace, rulesOf(answers[index])]));
  const refused = clusterWide.filter((_, index) => !allowedBy(answers[namespaces.length + index]));
  const open: Need[] = [];
  for (const need of needs) {
    if (need.namespace === undefined) continue;
    const known = rules.get(need.namespace) ?? { rules: [], incomplete: true };
    if (known.rules.some((rule) => covers(rule, need))) continue;
    (known.incomplete ? open : refused).push(need);
  }
  const asked = await create(kubectl, open.map(accessReview), signal);
  return [...refused, ...open.filter((_, index) => !allowedBy(asked[index]))];
}

async function create(
  kubectl: Kubectl,
  reviews: readonly KubeObject[],
  signal: AbortSignal,
): Promise<readonly KubeObject[]> {
  if (reviews.length === 0) return [];
  const args = ["create", "--validate=false", "-o", "json", "-f", "-"];
  const answers = streamOf(await kubectl.text(args, { signal, input: listOf(reviews) }));
  if (answers.length === reviews.length) return answers;
  throw new KubectlFailure([
    { reason: "other", message: "the API server answered fewer questions than were asked" },
  ]);
}

function review(kind: string, spec: object): KubeObject {
  // Such objects have no name: they are questions.
  return { apiVersion: "authorization.k8s.io/v1", kind, metadata: {} as KubeObject["metadata"], spec };
}

function rulesReview(namespace: string): KubeObject {
  return review("SelfSubjectRulesReview", { namespace });
}

function accessReview({ verb, group, resource, namespace, name }: Need): KubeObject {
  const [plural, subresource] = resource.split("/");
  const resourceAttributes = { verb, group, resource: plural, subresource, namespace, name };
  return review("SelfSubjectAccessReview", { resourceAttributes });
}

function allowedBy(answer: KubeObject | undefined): boolean {
  return at(answer, "status", "allowed") === true;
}

function rulesOf(answer: KubeObject | undefined): Rules {
  const rules = at(answer, "status", "resourceRules");
  return {
    rules: Array.isArray(rules) ? (rules as Rule[]) : [],
    incomplete: at(answer, "status", "incomplete") !== false || !Array.isArray(rules),
  };
}

function covers(rule: Rule, { verb, group, resource, name }: Need): boolean {
  const subresource = resource.split("/")[1];
  const resources = ["*", resource, ...(subresource === undefined ? [] : [`*/${subresource}`])];
  const names = rule.resourceNames ?? [];
  return (
    hasOne(rule.verbs, ["*", verb]) &&
    hasOne(rule.apiGroups, ["*", group]) &&
    hasOne(rule.resources, resources) &&
    (names.length === 0 || (name !== undefined && verb !== "create" && names.includes(name)))
  );
}

function hasOne(given: readonly string[] | undefined, wanted: readonly string[]): boolean {
  return (given ?? []).some((word) => wanted.includes(word));
}

function unique(needs: readonly Need[]): Need[] {
  return [...new Map(needs.map((need) => [JSON.stringify(need), need])).values()];
}

/** What follows from what is refused: a conflict for what is needed, a notice for what would only have helped. */
export function permissionProofs(refused: readonly Need[], typed: Typed): Proof[] {
  const hard = refused.filter(({ optional }) => !optional);
  const soft = refused.filter(({ optional }) => optional);
  return [...refusals(hard, typed), ...blindness(soft)];
}

/** One conflict a namespace: what is missing, and a role that would mend it. */
function refusals(refused: readonly Need[], typed: Typed): Proof[] {
  const spaces = new Map<string | undefined, Need[]>();
  for (const need of refused) spaces.set(need.namespace, [...(spaces.get(need.namespace) ?? []), need]);
  return [...spaces].map(([namespace, needs]) => {
    const where = namespace === undefined ? "in the cluster" : `in namespace ${printable(namespace, 100)}`;
    return conflict(`not allowed ${where}: ${spoken(needs)}`, roleFor(namespace, needs, typed));
  });
}

function blindness(refused: readonly Need[]): Proof[] {
  if (refused.length === 0) return [];
  return [notice(`not allowed, so that less can be said of what goes wrong: ${spoken(refused)}`)];
}

/** `create, delete deployments.apps; get secrets`. */
function spoken(needs: readonly Need[]): string {
  return byResource(needs)
    .map(([resource, verbs]) => printable(`${verbs.join(", ")} ${resource}`, 200))
    .join("; ");
}

function roleFor(namespace: string | undefined, needs: readonly Need[], typed: Typed): string {
  const verbs = [...new Set(needs.map(({ verb }) => verb))].join(",");
  const resources = byResource(needs).map(([resource]) => resource);
  const what = namespace === undefined ? "clusterrole" : "role";
  const rules = [`--verb=${verbs}`, `--resource=${resources.join(",")}`];
  const command = typed(namespace, ["create", what, "release-sentinel", ...rules]);
  return `ask for it: \`${printable(command, 600)}\`, and bind it to this user`;
}

function byResource(needs: readonly Need[]): [string, string[]][] {
  const resources = new Map<string, Set<string>>();
  for (const { verb, group, resource } of needs) {
    const [plural = "", subresource] = resource.split("/");
    const name = `${plural}${group === "" ? "" : `.${group}`}${subresource === undefined ? "" : `/${subresource}`}`;
    resources.set(name, (resources.get(name) ?? new Set()).add(verb));
  }
  return [...resources].map(([name, verbs]) => [name, [...verbs].sort()]);
}
