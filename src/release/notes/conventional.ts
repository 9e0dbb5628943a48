/** `type(scope)!: description` */
export interface Conventional {
  /** In lower case, and in its usual spelling. */
  readonly type: string;
  readonly scope: string | null;
  readonly breaking: boolean;
  readonly description: string;
}

type Head = Omit<Conventional, "description">;

const types = new Map(
  Object.entries({
    feat: ["feature", "feats", "features"],
    fix: ["bugfix", "hotfix", "fixes", "bug"],
    perf: ["performance"],
    security: ["sec"],
    docs: ["doc", "documentation"],
    refactor: ["refact"],
    test: ["tests"],
    deps: ["dep"],
    revert: ["reverts"],
    ...Object.fromEntries(
      ["style", "build", "ci", "chore", "release", "types", "i18n", "config", "wip"].map((type) => [
        type,
        [],
      ]),
    ),
  }).flatMap(([type, others]) => [type, ...others].map((name) => [name, type] as const)),
);

const emoji = /^(?::[a-z0-9_+-]{2,40}:|\p{Extended_Pictographic}\ufe0f?)\s*/u;

/** A type in capitals and an emoji before it are read too. An unknown type counts when it breaks. */
export function readConventional(subject: string): Conventional | null {
  const text = /^[A-Za-z]/.test(subject) ? subject : subject.replace(emoji, "");
  const colon = endOfHead(text);
  if (colon <= 0) return null;
  const head = headOf(text.slice(0, colon));
  if (!head) return null;
  const description = text.slice(colon + 1).trim();
  return description === "" ? null : { ...head, description };
}

const longestHead = 130;

/** A scope may have a colon of its own. */
function endOfHead(text: string): number {
  const colon = text.indexOf(":");
  if (colon < 0 || colon > longestHead) return -1;
  const open = text.indexOf("(");
  if (open < 0 || open > colon || text.lastIndexOf(")", colon) > open) return colon;
  const close = text.indexOf(")", colon);
  return close < 0 ? -1 : text.indexOf(":", close);
}

/** The few heads of a project come again and again. */
const heads = new Map<string, Head | null>();
const mostHeads = 10_000;

function headOf(text: string): Head | null {
  let head = heads.get(text);
  if (head === undefined) {
    if (heads.size >= mostHeads) heads.clear();
    head = text.length <= longestHead ? readHead(text) : null;
    heads.set(text, head);
  }
  return head;
}

function readHead(text: string): Head | null {
  const match = /^([A-Za-z][A-Za-z-]{0,20})(!?)\s?(?:\(([^()]{0,100})\))?\s?(!?)$/.exec(text);
  if (!match) return null;
  const [, word = "", early = "", scope = "", late = ""] = match;
  const breaking = early !== "" || late !== "";
  const type = types.get(word.toLowerCase()) ?? (breaking ? word.toLowerCase() : undefined);
  return type === undefined ? null : { type, scope: scope.trim() || null, breaking };
}
