import { nearest, printable } from "../core/text.ts";
import type { LoadedConfig } from "./load.ts";
import { entriesFor, environmentNames } from "./normalise.ts";
import type { Problem } from "./problem.ts";
import { valueAt } from "./value-at.ts";

/** What one environment checks. */
interface Plan {
  readonly environment: string;
  readonly entries: ReturnType<typeof entriesFor>;
}

/** What a schema cannot say. Each rule is a name and a question to the plans of all environments. */
interface Rule {
  readonly name: string;
  find(plans: readonly Plan[]): readonly { path: readonly PropertyKey[]; message: string; remedy: string }[];
}

/** The entries of every environment, and of the file alone. */
function everyPlan(config: LoadedConfig): readonly Plan[] {
  const names = environmentNames(config.data);
  // Where the file says nothing of environments, all of them check the same.
  const different = config.data.environments ? names : names.slice(0, 1);
  return different.map((environment) => ({
    environment,
    entries: entriesFor(config.data, environment),
  }));
}

const rules: readonly Rule[] = [
  {
    name: "something is checked",
    find: (plans) =>
      plans
        .filter(({ entries }) => entries.size === 0)
        .slice(0, 1)
        .map(({ environment }) => ({
          path: ["checks"],
          message: `no check is configured for ${environment}: a gate that checks nothing is never SAFE`,
          remedy: "add checks, or extends: default",
        })),
  },
  {
    name: "needs name checks that exist",
    find: (plans) =>
      plans.flatMap(({ entries }) =>
        [...entries].flatMap(([name, { needs = [] }]) =>
          needs
            .filter((need) => !entries.has(need))
            .map((need) => {
              const meant = nearest(need, [...entries.keys()]);
              return {
                path: ["checks", name, "needs"],
                message: `checks.${name} needs "${printable(need, 80)}", which is not checked`,
                remedy: meant ? `did you mean "${meant}"?` : "add that check, or remove it from needs",
              };
            }),
        ),
      ),
  },
  {
    name: "no check waits for itself",
    find: (plans) =>
      plans.flatMap(({ entries }) => {
        const cycle = findCycle(new Map([...entries].map(([name, { needs = [] }]) => [name, needs])));
        return cycle
          ? [
              {
                path: ["checks", cycle[0] ?? "", "needs"],
                message: `checks wait for each other: ${cycle.join(" → ")}`,
                remedy: "remove one of these needs",
              },
            ]
          : [];
      }),
  },
  {
    name: "shadow notes belong to shadow mode",
    find: (plans) =>
      plans.flatMap(({ entries }) =>
        [...entries]
          .filter(([, { mode, until }]) => mode !== "shadow" && until !== undefined)
          .map(([name]) => ({
            path: ["checks", name, "until"],
            message: `checks.${name}.until has no effect without mode: shadow`,
            remedy: "add mode: shadow, or remove it",
          })),
      ),
  },
];

function findCycle(graph: ReadonlyMap<string, readonly string[]>): string[] | undefined {
  const done = new Set<string>();
  const visit = (name: string, trail: readonly string[]): string[] | undefined => {
    if (trail.includes(name)) return [...trail.slice(trail.indexOf(name)), name];
    if (done.has(name)) return undefined;
    for (const need of graph.get(name) ?? []) {
      const cycle = visit(need, [...trail, name]);
      if (cycle) return cycle;
    }
    done.add(name);
    return undefined;
  };
  for (const name of graph.keys()) {
    const cycle = visit(name, []);
    if (cycle) return cycle;
  }
  return undefined;
}

/** Every broken rule, with the place of what breaks it; said once. */
export function brokenRules(config: LoadedConfig): readonly Problem[] {
  const plans = everyPlan(config);
  const found = rules.flatMap((rule) => rule.find(plans));
  const unique = [...new Map(found.map((problem) => [problem.message, problem])).values()];
  return unique.map(({ path, message, remedy }) => {
    const document =
      config.documents.findLast(({ data }) => valueAt(data, path) !== undefined)?.document ??
      config.documents.at(-1)?.document;
    return { place: document?.place(path) ?? { file: config.label, line: 1, column: 1 }, message, remedy };
  });
}
