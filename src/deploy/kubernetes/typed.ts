import type { Kubectl } from "../../clients/kubectl.ts";

/** A command for a person to type: context and namespace are named. */
export type Typed = (namespace: string | undefined, args: readonly string[]) => string;

export function typedIn(kubectl: Kubectl): Typed {
  return (namespace, args) => (namespace === undefined ? kubectl : kubectl.bound({ namespace })).typed(args);
}
