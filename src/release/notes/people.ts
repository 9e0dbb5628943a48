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
  /** Whether they wrote a commit themselves. */
  author: boolean;
}

/** Counts who wrote what. One person may have several addresses under one name, and several names under one address. */
export class People {
  readonly #byKey = new Map<string, Known>();
  readonly #authors = new Map<string, Person>();

  /** A commit's author, and its co-authors. */
  add(author: Person, coAuthors: readonly Person[]): void {
    this.#count(author, true);
    if (!isBot(author)) this.#authors.set(keyOf(author), author);
    for (const person of coAuthors) this.#count(person, false);
  }

  /** Authors, who may be found in an earlier part of the history. */
  get authors(): readonly Person[] {
    return [...this.#authors.values()];
  }

  /** The busiest first. @param newcomers their e-mail addresses; null when nobody looked */
  list(newcomers: ReadonlySet<string> | null, mask: (text: string) => string): readonly Contributor[] {
    const found = new Map<Known, Contributor>();
    for (const [key, known] of this.#byKey) {
      const first = newcomers === null ? null : known.author && newcomers.has(key);
      const before = found.get(known);
      const all = before && before.first !== null && first !== null ? before.first && first : first;
      found.set(known, {
        name: shownName(known, mask),
        login: known.login,
        commits: known.commits,
        first: all,
      });
    }
    return [...found.values()].sort((a, b) => b.commits - a.commits || (a.name < b.name ? -1 : 1));
  }

  #count(person: Person, author: boolean): void {
    if (isBot(person)) return;
    const known = this.#find(person);
    known.commits += 1;
    known.author ||= author;
    known.login ??= loginOf(person.email);
    known.names.set(person.name, (known.names.get(person.name) ?? 0) + 1);
  }

  #find(person: Person): Known {
    const [byMail, byName] = [keyOf(person), `name ${person.name.trim().toLowerCase()}`];
    const known = this.#byKey.get(byMail) ??
      (person.name.trim() === "" ? undefined : this.#byKey.get(byName)) ?? {
        names: new Map(),
        login: null,
        commits: 0,
        author: false,
      };
    this.#byKey.set(byMail, known);
    if (person.name.trim() !== "" && !this.#byKey.has(byName)) this.#byKey.set(byName, known);
    return known;
  }
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
