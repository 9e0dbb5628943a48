import type { Kubectl } from "../../clients/kubectl.ts";
import { shellWord } from "../../core/text.ts";
import type { KubeObject } from "../kubernetes/object.ts";

export type Verb = "promote" | "abort" | "retry" | "undo" | "get";

/** What a person would type to steer a Rollout. */
export type Commands = (rollout: KubeObject, verb: Verb) => string;

/** Words of the kubectl plugin. */
const plugin: Readonly<Record<Verb, string>> = {
  promote: "promote",
  abort: "abort",
  retry: "retry rollout",
  undo: "undo",
  get: "get rollout",
};

/** The same orders, written into the status; kubectl 1.24 and later. */
const orders: Readonly<Partial<Record<Verb, object>>> = {
  promote: { pauseConditions: null },
  abort: { abort: true },
  retry: { abort: false },
};

/**
 * Commands for people, with the plugin for kubectl or without it.
 * @param door kubectl as it is bound by now
 */
export function createCommands(door: () => Kubectl, hasPlugin: boolean): Commands {
  return ({ metadata: { name, namespace } }, verb) => {
    const kubectl = namespace === undefined ? door() : door().bound({ namespace });
    if (hasPlugin) {
      // kubectl takes no flags before the name of a plugin.
      const space = namespace === undefined ? "" : ` -n ${shellWord(namespace)}`;
      const context = kubectl.context === undefined ? "" : ` --context ${shellWord(kubectl.context)}`;
      return `kubectl argo rollouts ${plugin[verb]} ${shellWord(name)}${space}${context}`;
    }
    const status = orders[verb];
    if (status !== undefined) {
      const patch = ["--subresource=status", "--type=merge", "-p", JSON.stringify({ status })];
      return kubectl.typed(["patch", "rollouts.argoproj.io", name, ...patch]);
    }
    if (verb === "get") return kubectl.typed(["describe", "rollouts.argoproj.io", name]);
    return `apply the manifest of the version that runs: ${kubectl.typed(["apply", "-f", "MANIFEST"])}`;
  };
}
