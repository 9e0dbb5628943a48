import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Bench, ms, type Row } from "./bench.ts";
import { alternate, type Command, medianWallMs, type Run } from "./measure.ts";

const rounds = 7;
const manyRounds = 3;
const manyObjects = 300;
const policy = "checks: { git.repository: true }\n";

/** A deploy beside what people type without us; on a disposable cluster, RS_TEST_KUBECONFIG. */
export const deploys: Bench = {
  name: "deploy",
  about: "a deploy to a real cluster, beside kubectl",
  async measure({ folder, env, gate }) {
    const kubeconfig = process.env["RS_TEST_KUBECONFIG"];
    if (!kubeconfig) {
      const from = "there is no cluster to deploy to: RS_TEST_KUBECONFIG=FILE";
      return [
        {
          what: "time over kubectl apply + rollout status",
          figure: Number.NaN,
          unit: "ms",
          bound: { most: 1500 },
          from,
        },
      ];
    }
    const around = { ...env, KUBECONFIG: kubeconfig, KUBECACHEDIR: join(folder, "cache") };
    const spaces: string[] = [];
    /** A project and a namespace of its own, whose manifest is another one each time. */
    const project = (name: string, template: string, run: (space: string) => string): Command => {
      const cwd = join(folder, name);
      mkdirSync(cwd, { recursive: true });
      const space = `rs-bench-${randomBytes(4).toString("hex")}`;
      spaces.push(space);
      execFileSync("kubectl", ["create", "namespace", space], { env: around, stdio: "ignore" });
      writeFileSync(join(cwd, "template"), template);
      writeFileSync(join(cwd, "n"), "0");
      writeFileSync(join(cwd, ".gitignore"), "*\n");
      writeFileSync(join(cwd, "release-sentinel.yaml"), policy);
      const git = (...args: string[]) => execFileSync("git", args, { cwd, env: around, stdio: "ignore" });
      git("init", "-q");
      const identity = ["-c", "user.name=bench", "-c", "user.email=bench@example.com"];
      git(...identity, "commit", "-q", "--allow-empty", "-m", "feat: all of it");
      const next = "n=$(($(cat n) + 1)); echo $n >n; sed s/VERSION/$n/g template >all.yaml";
      return { cwd, env: around, argv: ["sh", "-ec", `${next}; ${run(space)}`] };
    };
    const ours = (space: string) => {
      const argv = gate(
        "apply",
        "--env",
        "dev",
        "--driver",
        "kubernetes",
        "--namespace",
        space,
        "--manifest",
        "all.yaml",
      );
      return `exec ${argv.join(" ")} --version v1.0.$n`;
    };
    try {
      const one = alternate(
        {
          own: project("own", web, ours),
          kubectl: project(
            "kubectl",
            web,
            (space) =>
              `kubectl -n ${space} apply -f all.yaml && kubectl -n ${space} rollout status deployment/web`,
          ),
        },
        rounds,
      );
      const many = alternate(
        {
          own: project("own-many", settings, ours),
          kubectl: project(
            "kubectl-many",
            settings,
            (space) =>
              `kubectl -n ${space} apply --dry-run=server -f all.yaml; kubectl -n ${space} diff -f all.yaml || true; kubectl -n ${space} apply -f all.yaml`,
          ),
        },
        manyRounds,
      );
      return [over(one.own, one.kubectl), ratio(many.own, many.kubectl)];
    } finally {
      for (const space of spaces)
        execFileSync("kubectl", ["delete", "namespace", space, "--wait=false"], {
          env: around,
          stdio: "ignore",
        });
    }
  },
};

function over(ours: readonly Run[], theirs: readonly Run[]): Row {
  const [own, other] = [medianWallMs(ours), medianWallMs(theirs)];
  return {
    what: "time over kubectl apply + rollout status",
    figure: own - other,
    unit: "ms",
    bound: { most: 1500 },
    from: `${ms(own)} beside ${ms(other)}`,
  };
}

function ratio(ours: readonly Run[], theirs: readonly Run[]): Row {
  const [own, other] = [medianWallMs(ours), medianWallMs(theirs)];
  return {
    what: `${manyObjects} objects, as a part of kubectl's dry run, diff and apply`,
    figure: own / other,
    unit: "",
    bound: { most: 1.3 },
    from: `${ms(own)} beside ${ms(other)}`,
  };
}

const web = `apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec:
  replicas: 2
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec: { containers: [{ name: app, image: "shop:1.0.VERSION" }] }
`;

const settings = Array.from(
  { length: manyObjects },
  (_, i) =>
    `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: setting-${i} }\ndata: { version: "VERSION" }\n`,
).join("---\n");
