import type { PreviewNamespace } from "../../../../src/deploy/preview/mark.ts";
import type { PreviewNamespaces } from "../../../../src/deploy/preview/namespaces.ts";

/** Namespaces as a cluster would have them; `log` is what was done to them. */
export function cluster(...spaces: Partial<PreviewNamespace>[]) {
  const there = new Map(
    spaces.map((one, i) => {
      const whole = {
        name: "pr-12",
        uid: `u${i}`,
        resourceVersion: "1",
        pr: 12,
        repository: null,
        expiresAt: 0,
        goingSince: null,
        remains: [],
        ...one,
      };
      return [whole.name, whole as PreviewNamespace];
    }),
  );
  const log: string[] = [];
  const stuck = new Set<string>();
  const namespaces: PreviewNamespaces = {
    now: async () => Date.now(),
    find: async (name) => there.get(name) ?? null,
    list: async () => [...there.values()],
    async make(name, mark) {
      log.push(`make ${name}`);
      const made = {
        name,
        uid: "new",
        resourceVersion: "1",
        pr: mark.pr,
        repository: mark.repository,
        expiresAt: mark.expiresAt.getTime(),
        goingSince: null,
        remains: [],
      };
      there.set(name, made);
      return made;
    },
    async renew(seen) {
      log.push(`renew ${seen.name}`);
      return seen;
    },
    async remove(seen, mayGo) {
      const now = there.get(seen.name) ?? seen;
      if (now.resourceVersion !== seen.resourceVersion && !mayGo(now)) return now;
      log.push(`remove ${seen.name}`);
      return null;
    },
    async gone(seen) {
      const left = seen
        .filter(({ name }) => stuck.has(name))
        .map((one) => ({ ...one, remains: ["example.com/hold"] }));
      for (const { name } of seen) if (!stuck.has(name)) there.delete(name);
      return left;
    },
  };
  /** Written to by somebody else. */
  const change = (name: string, more: Partial<PreviewNamespace>) =>
    there.set(name, { ...(there.get(name) as PreviewNamespace), ...more, resourceVersion: "2" });
  return { namespaces, log, stuck, there, change };
}
