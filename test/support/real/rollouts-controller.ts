import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { Agent, request } from "node:https";
import { parse } from "yaml";
import { kubeconfig } from "./cluster.ts";

/**
 * A stand-in for the controller of Argo Rollouts, in one namespace: it makes real replica sets, and sets the status fields as
 * they are documented (phase, pauseConditions, controllerPause, currentStepIndex, stableRS, abort, promoteFull, …).
 */
export interface RolloutsController {
  stop(): Promise<void>;
}

// biome-ignore lint/suspicious/noExplicitAny: what the API says, of any kind
type Json = Record<string, any>;

export function startRolloutsController(namespace: string): RolloutsController {
  const api = openApi();
  let running = true;
  const loop = (async () => {
    while (running) {
      await reconcileAll(api, namespace).catch(quiet);
      await new Promise((resolve) => setTimeout(resolve, 120));
    }
    api.close();
  })();
  return {
    async stop() {
      running = false;
      await loop;
    },
  };
}

async function reconcileAll(api: Api, namespace: string): Promise<void> {
  const path = `/apis/argoproj.io/v1alpha1/namespaces/${namespace}/rollouts`;
  const rollouts = (await api.call("GET", path))["items"] as Json[];
  if (rollouts.length === 0) return;
  const sets = (await api.call("GET", `/apis/apps/v1/namespaces/${namespace}/replicasets`))[
    "items"
  ] as Json[];
  for (const rollout of rollouts) {
    if (rollout["metadata"].deletionTimestamp) continue;
    const own = sets.filter((set) =>
      set["metadata"].ownerReferences?.some((owner: Json) => owner["uid"] === rollout["metadata"].uid),
    );
    await reconcile({ api, namespace, rollout, sets: own }).catch(quiet);
  }
}

interface Ground {
  readonly api: Api;
  readonly namespace: string;
  readonly rollout: Json;
  readonly sets: Json[];
}

async function reconcile(ground: Ground): Promise<void> {
  const { rollout } = ground;
  const { spec, metadata } = rollout;
  const before: Json = rollout["status"] ?? {};
  const hash = createHash("sha256").update(JSON.stringify(spec.template)).digest("hex").slice(0, 10);
  const status: Json = structuredClone(before);
  const steps: Json[] = spec.strategy?.canary?.steps ?? [];
  if (before["currentPodHash"] !== hash) {
    Object.assign(status, { currentPodHash: hash, abort: false, promoteFull: false, controllerPause: false });
    status["pauseConditions"] = null;
    status["updatedAt"] = undefined;
    if (spec.strategy?.canary) {
      status["currentStepIndex"] = !status["stableRS"] || status["stableRS"] === hash ? steps.length : 0;
    }
  }
  status["observedGeneration"] = String(metadata.generation);
  const fresh = await ensureSet(ground, hash);
  const old = ground.sets.filter((set) => hashOf(set) !== hash);
  const wanted = spec.replicas ?? 1;
  const available = (set: Json | undefined) => set?.["status"]?.availableReplicas ?? 0;
  const scale = (set: Json | undefined, n: number) => scaleSet(ground, set, n);
  const stable = ground.sets.find((set) => hashOf(set) === status["stableRS"]);

  if (spec.paused !== true) {
    if (status["abort"] && status["stableRS"] && status["stableRS"] !== hash) {
      status["pauseConditions"] = null;
      status["controllerPause"] = false;
      await scale(stable, wanted);
      await scale(fresh, 0);
      if (spec.strategy?.canary) status["currentStepIndex"] = 0;
    } else if (!status["stableRS"] || status["stableRS"] === hash) {
      await scale(fresh, wanted);
      if (available(fresh) >= wanted) await settle();
    } else if (spec.strategy?.blueGreen) await blueGreen();
    else await canary();
  }

  async function settle(): Promise<void> {
    status["stableRS"] = hash;
    status["promoteFull"] = false;
    for (const set of old) await scale(set, 0);
    if (spec.strategy?.blueGreen) {
      status["blueGreen"] = { activeSelector: hash, previewSelector: hash };
      await select(ground, spec.strategy.blueGreen.activeService, hash);
    }
  }

  function isReleased(reason: string, duration: unknown): boolean {
    const pauses: Json[] = status["pauseConditions"] ?? [];
    const [pause] = pauses;
    if (pause === undefined && status["controllerPause"]) {
      status["controllerPause"] = false;
      return true;
    }
    if (pause === undefined) {
      status["pauseConditions"] = [{ reason, startTime: new Date().toISOString().replace(/\.\d+/, "") }];
      status["controllerPause"] = true;
      return false;
    }
    const seconds = duration === undefined ? Number.POSITIVE_INFINITY : Number.parseInt(String(duration), 10);
    if (Date.now() - Date.parse(pause["startTime"]) < seconds * 1000) return false;
    status["pauseConditions"] = null;
    status["controllerPause"] = false;
    return true;
  }

  async function canary(): Promise<void> {
    const index = status["currentStepIndex"] ?? 0;
    if (status["promoteFull"] || index >= steps.length) {
      Object.assign(status, {
        currentStepIndex: steps.length,
        pauseConditions: null,
        controllerPause: false,
      });
      await scale(fresh, wanted);
      if (available(fresh) >= wanted) await settle();
      return;
    }
    const step = steps[index] ?? {};
    if (step["setWeight"] !== undefined) {
      const n = Math.ceil((wanted * step["setWeight"]) / 100);
      await scale(fresh, n);
      if (available(fresh) >= n) {
        await scale(stable, wanted - n);
        status["currentStepIndex"] = index + 1;
      }
    } else if (step["pause"] && isReleased("CanaryPauseStep", step["pause"].duration)) {
      status["currentStepIndex"] = index + 1;
    }
  }

  async function blueGreen(): Promise<void> {
    const how = spec.strategy.blueGreen;
    await scale(fresh, wanted);
    if (how.previewService) await select(ground, how.previewService, hash);
    status["blueGreen"] = { ...status["blueGreen"], previewSelector: hash };
    if (available(fresh) < wanted) return;
    const waits = how.autoPromotionEnabled === false && !status["promoteFull"];
    if (waits && !isReleased("BlueGreenPause", how.autoPromotionSeconds)) return;
    Object.assign(status, { pauseConditions: null, controllerPause: false });
    await settle();
  }

  const sum = (key: string) => ground.sets.reduce((total, set) => total + (set["status"]?.[key] ?? 0), 0);
  status["replicas"] = sum("replicas");
  status["availableReplicas"] = sum("availableReplicas");
  status["readyReplicas"] = sum("readyReplicas");
  status["updatedReplicas"] = fresh?.["status"]?.replicas ?? 0;
  Object.assign(status, phase(rollout, status, hash, fresh));
  if (JSON.stringify(clean(status)) === JSON.stringify(clean(before))) return;
  const path = `/apis/argoproj.io/v1alpha1/namespaces/${ground.namespace}/rollouts/${metadata.name}/status`;
  await ground.api.call("PUT", path, { ...rollout, status: clean(status) });
}

/** As the controller words it. */
function phase(rollout: Json, status: Json, hash: string, fresh: Json | undefined): Json {
  const { spec, metadata } = rollout;
  const number = metadata.annotations?.["rollout.argoproj.io/revision"] ?? "?";
  const at = (word: string, message = "") => ({
    phase: word,
    message,
    conditions: condition(status, "", "ReplicaSet is progressing"),
  });
  if (status["abort"] && status["stableRS"] !== hash) {
    const message = `Rollout aborted update to revision ${number}`;
    const conditions = condition(status, "RolloutAborted", message);
    return { phase: "Degraded", message: `RolloutAborted: ${message}`, conditions };
  }
  const made = Date.parse(fresh?.["metadata"].creationTimestamp ?? "");
  const late = (spec.progressDeadlineSeconds ?? 600) * 1000;
  const wanted = fresh?.["spec"].replicas ?? 0;
  if ((fresh?.["status"]?.availableReplicas ?? 0) < wanted && Date.now() - made > late) {
    const message = `ReplicaSet "${fresh?.["metadata"].name}" has timed out progressing.`;
    const conditions = condition(status, "ProgressDeadlineExceeded", message);
    return { phase: "Degraded", message: `ProgressDeadlineExceeded: ${message}`, conditions };
  }
  if (spec.paused) return at("Paused", "manually paused");
  const [pause] = status["pauseConditions"] ?? [];
  if (pause) return at("Paused", pause.reason);
  if ((status["updatedReplicas"] ?? 0) < (spec.replicas ?? 1)) {
    return at("Progressing", "more replicas need to be updated");
  }
  if (status["availableReplicas"] < status["updatedReplicas"]) {
    return at("Progressing", "updated replicas are still becoming available");
  }
  if (status["stableRS"] !== hash) return at("Progressing", "waiting for all steps to complete");
  if (status["replicas"] > status["updatedReplicas"]) {
    return at("Progressing", "old replicas are pending termination");
  }
  return at("Healthy");
}

function condition(status: Json, reason: string, message: string): Json[] {
  const known = (status["conditions"] as Json[] | undefined)?.find(({ type }) => type === "Progressing");
  const word = reason || "NewReplicaSetAvailable";
  if (known?.["reason"] === word && known["message"] === message) return [known];
  const time = new Date().toISOString().replace(/\.\d+/, "");
  const fixed = { type: "Progressing", status: reason ? "False" : "True", lastTransitionTime: time };
  return [{ ...fixed, lastUpdateTime: time, reason: word, message }];
}

const label = "rollouts-pod-template-hash";
const hashOf = (set: Json): string => set["metadata"].labels?.[label] ?? "";

async function ensureSet({ api, namespace, rollout, sets }: Ground, hash: string): Promise<Json | undefined> {
  const known = sets.find((set) => hashOf(set) === hash);
  const { metadata, spec } = rollout;
  const annotation = "rollout.argoproj.io/revision";
  const newest = Math.max(0, ...sets.map((set) => Number(set["metadata"].annotations?.[annotation] ?? 0)));
  const mine = Number(known?.["metadata"].annotations?.[annotation] ?? 0);
  const revision = String(mine > 0 && mine === newest ? mine : newest + 1);
  const path = `/apis/apps/v1/namespaces/${namespace}/replicasets`;
  if (metadata.annotations?.[annotation] !== revision) {
    const own = `/apis/argoproj.io/v1alpha1/namespaces/${namespace}/rollouts/${metadata.name}`;
    await api.call("PATCH", own, { metadata: { annotations: { [annotation]: revision } } });
  }
  if (known) {
    if (String(mine) !== revision) {
      const change = { metadata: { annotations: { [annotation]: revision } } };
      await api.call("PATCH", `${path}/${known["metadata"].name}`, change);
    }
    return known;
  }
  const labels = { ...spec.template.metadata?.labels, [label]: hash };
  const { apiVersion, kind } = rollout;
  const owner = { apiVersion, kind, name: metadata.name, uid: metadata.uid, controller: true };
  return await api.call("POST", path, {
    apiVersion: "apps/v1",
    kind: "ReplicaSet",
    metadata: {
      name: `${metadata.name}-${hash}`,
      labels,
      annotations: { [annotation]: revision },
      ownerReferences: [{ ...owner, blockOwnerDeletion: true }],
    },
    spec: {
      replicas: 0,
      selector: { matchLabels: { ...spec.selector.matchLabels, [label]: hash } },
      template: { ...spec.template, metadata: { ...spec.template.metadata, labels } },
    },
  });
}

async function scaleSet({ api, namespace }: Ground, set: Json | undefined, n: number): Promise<void> {
  if (set === undefined || set["spec"].replicas === n) return;
  const path = `/apis/apps/v1/namespaces/${namespace}/replicasets/${set["metadata"].name}`;
  await api.call("PATCH", path, { spec: { replicas: n } });
}

async function select({ api, namespace }: Ground, service: string, hash: string): Promise<void> {
  const path = `/api/v1/namespaces/${namespace}/services/${service}`;
  const now = await api.call("GET", path);
  if (now["spec"].selector?.[label] === hash) return;
  await api.call("PATCH", path, { spec: { selector: { [label]: hash } } });
}

function clean(value: Json): Json {
  const entries = Object.entries(value).filter(
    ([, item]) => item !== undefined && item !== null && item !== "",
  );
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}

interface Api {
  call(method: string, path: string, body?: Json): Promise<Json>;
  close(): void;
}

/** By the test cluster's administrator. */
function openApi(): Api {
  const config = parse(readFileSync(kubeconfig.found ?? "", "utf8")) as Json;
  const { cluster } = config["clusters"][0];
  const { user } = config["users"][0];
  const bytes = (data: string | undefined, file: string | undefined) =>
    data ? Buffer.from(data, "base64") : file ? readFileSync(file) : undefined;
  const agent = new Agent({
    keepAlive: true,
    ca: bytes(cluster["certificate-authority-data"], cluster["certificate-authority"]),
    cert: bytes(user["client-certificate-data"], user["client-certificate"]),
    key: bytes(user["client-key-data"], user["client-key"]),
    rejectUnauthorized: cluster["insecure-skip-tls-verify"] !== true,
  });
  return {
    close: () => agent.destroy(),
    call: (method, path, body) =>
      new Promise((resolve, reject) => {
        const type = method === "PATCH" ? "application/merge-patch+json" : "application/json";
        const headers = {
          "content-type": type,
          ...(user["token"] ? { authorization: `Bearer ${user["token"]}` } : {}),
        };
        const sent = request(new URL(path, cluster["server"]), { method, agent, headers }, (answer) => {
          let text = "";
          answer.setEncoding("utf8").on("data", (part) => {
            text += part;
          });
          answer.on("end", () => {
            if ((answer.statusCode ?? 500) >= 300)
              reject(new Error(`${answer.statusCode} ${text.slice(0, 300)}`));
            else resolve(JSON.parse(text) as Json);
          });
        });
        sent.on("error", reject).end(body === undefined ? undefined : JSON.stringify(body));
      }),
  };
}

/** Another writer was quicker, or the namespace is going: the next round sees. Anything else is a mistake of ours. */
function quiet(error: Error): void {
  if (!/^(409|404|403) /.test(error.message)) process.stderr.write(`rollouts controller: ${error.message}\n`);
}
