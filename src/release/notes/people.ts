import type { Person } from "../../clients/git/history.ts";
import type { Contributor } from "./model.ts";
import { oneLine } from "./text.ts";

const bot =
  /\[bot\]|^(?:dependabot|renovate|greenkeeper|github-actions|semantic-release-bot|web-flow|snyk-bot)\b/i;

/** Whether a program writes under this name. */
export function isBot({ name, email }: Person): boolean {
  return bot.test(name) || /\[bot\]@|^(?:noreply@github\.com|bot@)/i.test(email);
}

interface Known {
  readonly names: Map<string, number>;
  login: string | null;
  commits: number;
  /** One of the addresses under which they wrote a commit themselves; null for co-authors. */
  author: Person | null;
  /** The newest of those. */
  commit: string | null;
}

/** Counts who wrote what. One person may have several addresses under one name, and several names under one address. */
export class People {
  /** The log has one object for each author, who is thought about once. */
  readonly #seen = new Map<Person, Known | null>();
  readonly #byKey = new Map<string, Known>();
  readonly #all = new Set<Known>();

  /** A commit's author, and its co-authors; the newest commit first. */
  add(author: Person, coAuthors: readonly Person[], hash: string): void {
    const known = this.#count(author);
    if (known !== null && known.author === null) Object.assign(known, { author, commit: hash });
    for (const person of coAuthors) this.#count(person);
  }

  /** Authors, who may be found in an earlier part of the history. */
  get authors(): readonly Person[] {
    return [...this.#all].flatMap(({ author }) => (author ? [author] : []));
  }

  /** The busiest first. @param newcomers their e-mail addresses; null when nobody looked */
  list(newcomers: ReadonlySet<string> | null, mask: (text: string) => string): readonly Contributor[] {
    const people = [...this.#all].map((known) => ({
      name: shownName(known, mask),
      login: known.login,
      commits: known.commits,
      commit: known.commit,
      first: newcomers && known.author !== null && newcomers.has(keyOf(known.author)),
    }));
    return people.sort((a, b) => b.commits - a.commits || (a.name < b.name ? -1 : 1));
  }

  #count(person: Person): Known | null {
    let known = this.#seen.get(person);
    if (known === undefined) {
      known = isBot(person) ? null : this.#find(person);
      this.#seen.set(person, known);
    }
    if (known) {
      known.commits += 1;
      known.names.set(person.name, (known.names.get(person.name) ?? 0) + 1);
    }
    return known;
  }

  #find(person: Person): Known {
    const keys = keysOf(person);
    const known = keys.map((key) => this.#byKey.get(key)).find((found) => found !== undefined) ?? {
      names: new Map<string, number>(),
      login: null,
      commits: 0,
      author: null,
      commit: null,
    };
    known.login ??= loginOf(person.email);
    for (const key of keys) if (!this.#byKey.has(key)) this.#byKey.set(key, known);
    this.#all.add(known);
    return known;
  }
}

/** An address and a name: somebody with a new one of either is not somebody else. */
export function keysOf(person: Person): readonly string[] {
  const name = person.name.trim().toLowerCase();
  return name === "" ? [keyOf(person)] : [keyOf(person), `name ${name}`];
}

export function keyOf({ email }: Pick<Person, "email">): string {
  return email.trim().toLowerCase();
}

/** Of the addresses that forges give: `12345+login@…`, `12345-login@…`, `login@…`. */
const forgeAddress =
  /^(?:\d+[+-])?([A-Za-z\d][A-Za-z\d_.-]{0,100})@(?:users\.noreply\.(?:github|gitlab)\.|noreply\.codeberg\.org$)/;

function loginOf(email: string): string | null {
  return forgeAddress.exec(email)?.[1] ?? null;
}

/** The name they use most; never an address. */
function shownName({ names, login }: Known, mask: (text: string) => string): string {
  const [[name = ""] = []] = [...names].sort(([, a], [, b]) => b - a);
  const text = oneLine(mask(name), 100).replace(/([^\s@<>]+)@[^\s@<>]+\.[^\s@<>]+/g, "$1");
  return text || login || "somebody without a name";
}
