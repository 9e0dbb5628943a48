import { spawnSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { delimiter, dirname, join, relative, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { parseAllDocuments } from "yaml";
import { anchor } from "../scripts/generate/markdown.ts";
import { stalePages } from "../scripts/generate/pages.ts";
import { sections } from "../src/app/sections.ts";
import { catalogue } from "../src/checks/index.ts";
import { parse } from "../src/cli/program.ts";
import { readConfig } from "../src/config/configuration.ts";
import { workTreeFiles } from "../src/config/files.ts";
import { at } from "../src/config/problem.ts";
import { bin, cleanEnv, root } from "./support/cli.ts";
import { gitEnv, repository, type TestRepository } from "./support/repository.ts";
import { tempFolder } from "./support/temp.ts";

/** A fenced block, with the comment before it that says what happens with it. */
interface Block {
  readonly language: string;
  readonly text: string;
  /** `config: release-sentinel.yaml` → ["config", "release-sentinel.yaml"]. */
  readonly mark: readonly [kind: string, value: string] | undefined;
  readonly line: number;
}

const inDocs = readdirSync(join(root, "docs"), { recursive: true, encoding: "utf8" }).map((name) =>
  join("docs", name),
);
const atTop = readdirSync(root).filter((name) => name.endsWith(".md"));
const pages = [...atTop, ...inDocs.filter((name) => name.endsWith(".md"))].sort();
const texts = new Map(pages.map((page) => [page, readFileSync(join(root, page), "utf8")]));
const marks = ["config", "file", "run"];

function textOf(page: string): string {
  return texts.get(page) ?? "";
}

function blocks(text: string): Block[] {
  const found = [...text.matchAll(/(?:^<!-- (\w+): (.+) -->\n)?^```(\w*)\n([\s\S]*?)^```$/gm)];
  return found.map(({ 1: kind, 2: value = "", 3: language = "", 4: body = "", index }) => ({
    language,
    text: body,
    mark: kind === undefined ? undefined : [kind, value],
    line: text.slice(0, index).split("\n").length,
  }));
}

function prose(text: string): string {
  return text.replace(/^```[\s\S]*?^```$/gm, "").replace(/`[^`\n]*`/g, "");
}

/** The names that links can lead to; a heading that comes twice gets a number. */
function anchors(text: string): Set<string> {
  const seen = new Map<string, number>();
  const headings = [...text.replace(/^```[\s\S]*?^```$/gm, "").matchAll(/^#+ (.+)$/gm)].map(
    ([, heading = ""]) => anchor(heading.replaceAll("`", "")),
  );
  return new Set(
    headings.map((name) => {
      const times = seen.get(name) ?? 0;
      seen.set(name, times + 1);
      return times === 0 ? name : `${name}-${times}`;
    }),
  );
}

describe("the documentation", () => {
  it("is what the sources make, where it is generated", () => {
    expect(
      stalePages().map(({ path }) => path),
      "npm run generate",
    ).toEqual([]);
  });

  it("has links that lead somewhere", () => {
    const broken = pages.flatMap((page) =>
      [...prose(textOf(page)).matchAll(/\]\(([^)\s]+)\)/g)]
        .map(([, target = ""]) => target)
        .filter((target) => !/^[a-z]+:/.test(target))
        .filter((target) => {
          const [path = "", name] = target.split("#");
          const file = path === "" ? page : relative(root, resolve(root, dirname(page), path));
          if (!existsSync(join(root, file))) return true;
          return name !== undefined && !anchors(textOf(file)).has(name);
        })
        .map((target) => `${page}: ${target}`),
    );
    expect(broken).toEqual([]);
  });

  it("names no host but examples, and no path of anybody's machine", () => {
    const known = /^(([\w-]+\.)*example\.com|127\.0\.0\.1|www\.conventionalcommits\.org|[\w.-]+\.svc)$/;
    const wrong = pages.flatMap((page) => {
      const hosts = [...textOf(page).matchAll(/\bhttps?:\/\/([\w.-]+)/g)]
        .map(([, host = ""]) => host)
        .filter((host) => !known.test(host));
      const places = [
        ...textOf(page).matchAll(
          /(?<![\w.])\/(work|root|home|Users)\/[\w/.-]*|\b(registry\.|ghcr\.|quay\.)[\w.-]+/g,
        ),
      ].map(([place]) => place);
      return [...hosts, ...places].map((found) => `${page}: ${found}`);
    });
    expect(wrong).toEqual([]);
  });

  it("marks its blocks with words that mean something, and leaves no YAML untested", () => {
    const wrong = pages.flatMap((page) =>
      blocks(textOf(page))
        .filter(({ language, mark }) => (mark ? !marks.includes(mark[0]) : language === "yaml"))
        .map(({ line }) => `${page}:${line}`),
    );
    expect(wrong).toEqual([]);
  });

  it("shows only command lines that are understood", () => {
    const commands = pages.flatMap((page) =>
      blocks(textOf(page)).flatMap(({ text }) =>
        [...text.matchAll(/(?:release-sentinel|dist\/bin\.cjs|preflight --) (-{0,2}[a-z].*)$/gm)].map(
          ([, args = ""]) => ({ page, args }),
        ),
      ),
    );
    const asked = commands
      .map(({ page, args }) => ({ page, words: shellWords(args) }))
      .filter(
        ({ words }) =>
          /^(--\S+|check|env|preflight|config|doctor|completion|release|notes|version|attest|ledger|replay|apply|rollback|pin|watch|migrate|preview|init|ritual)$/.test(
            words[0] ?? "",
          ) && !words.some((word) => /^[[<]/.test(word)),
      );
    expect(asked.length).toBeGreaterThan(20);
    for (const { page, words } of asked)
      expect(() => parse(words), `${page}: ${words.join(" ")}`).not.toThrow();
  });

  it("has an example for every check, and every check on the page", () => {
    const headings = [...textOf("docs/checks.md").matchAll(/^## (.+)$/gm)].map(([, heading]) => heading);
    expect(headings).toEqual(catalogue.map(({ id }) => id));
  });

  it.each(pages.filter((page) => blocks(textOf(page)).some(({ mark }) => mark)))(
    "%s does what it says",
    async (page) => {
      const scratch = scratchRepository();
      for (const block of blocks(textOf(page))) await play(block, scratch, page);
    },
  );
});

/** Words as a shell would make them of one line, up to what another program or a file gets. */
function shellWords(line: string): string[] {
  const [own = ""] = line.split(/\s[|>#&]|\s2>|\)"/);
  return [...own.matchAll(/(?:"([^"]*)"|'([^']*)'|[^\s"'])+/g)].map(([word]) =>
    word.replace(/^(["'])(.*)\1$/, "$2"),
  );
}

/** A repository in which a page's blocks are written and run, with the library installed. */
function scratchRepository(): TestRepository {
  const scratch = repository({ origin: true });
  mkdirSync(join(scratch.path, "node_modules"));
  symlinkSync(root, join(scratch.path, "node_modules", "release-sentinel"));
  scratch.commit("chore: ignore what is installed", { ".gitignore": "node_modules/\n" });
  return scratch;
}

async function play(
  { mark, language, text, line }: Block,
  scratch: TestRepository,
  page: string,
): Promise<void> {
  if (!mark) return;
  const [kind, value] = mark;
  const place = `${page}:${line}`;
  if (kind === "run") return run(text, value, scratch, place);
  scratch.write(value, text);
  if (language === "yaml") {
    for (const document of parseAllDocuments(text)) expect(document.errors, place).toEqual([]);
  }
  if (kind === "config") expect(await problems(scratch.path, value, text), place).toEqual([]);
}

/** What is wrong with a configuration. The files that it names are there, whatever is in them. */
async function problems(folder: string, path: string, text: string): Promise<string[]> {
  for (const [, uses = ""] of text.matchAll(/uses: (\.\/\S+)/g)) {
    if (!existsSync(join(folder, uses))) throw new Error(`${uses} is named, but no block before holds it`);
  }
  const around = { catalogue, sections, files: workTreeFiles, start: folder, cwd: folder, path };
  const found = await readConfig(around);
  return found.problems.map(({ place, message, remedy }) => `${at(place)}: ${message} → ${remedy}`);
}

function run(text: string, value: string, scratch: TestRepository, place: string): void {
  const exit = Number(/^exit (\d+)/.exec(value)?.[1]);
  const terminal = value.endsWith(", terminal");
  if (scratch.git("status", "--porcelain") !== "") scratch.commit("chore: as the page says");
  const isConsole = /^\$ /m.test(text);
  const script = isConsole
    ? [...text.matchAll(/^\$ (.+)$/gm)]
        .map(([, command = ""]) => (terminal ? asOnTerminal(command) : command))
        .join("\n")
    : text;
  const shims = shimFolder();
  const PATH = [shims, process.env["PATH"]].join(delimiter);
  const env = {
    ...cleanEnv({ PATH, TMPDIR: shims }),
    GIT_AUTHOR_NAME: gitEnv["GIT_AUTHOR_NAME"],
    GIT_AUTHOR_EMAIL: gitEnv["GIT_AUTHOR_EMAIL"],
    GIT_COMMITTER_NAME: gitEnv["GIT_COMMITTER_NAME"],
    GIT_COMMITTER_EMAIL: gitEnv["GIT_COMMITTER_EMAIL"],
  };
  const ran = spawnSync("sh", ["-c", `exec 2>&1\n${script}`], { cwd: scratch.path, env, encoding: "utf8" });
  expect({ exit: ran.status, output: ran.stdout }, place).toMatchObject({ exit });
  if (isConsole) expectShown(text, ran.stdout, place);
}

/** A terminal gets the report that `--format pretty` writes, and no log lines. */
function asOnTerminal(command: string): string {
  return command.startsWith("release-sentinel ") ? `${command} --format pretty 2>/dev/null` : command;
}

/** Every line that is shown must come, in this order; `…` stands for any lines. */
function expectShown(text: string, output: string, place: string): void {
  const shown = text
    .split("\n")
    .filter((line) => line.trim() !== "" && line !== "…" && !line.startsWith("$ "));
  const actual = output.split("\n").map(steady);
  let from = 0;
  for (const line of shown) {
    const found = actual.indexOf(steady(line), from);
    expect(found, `${place} shows what did not come:\n${line}\n\nIt was:\n${output}`).toBeGreaterThanOrEqual(
      0,
    );
    from = found + 1;
  }
}

/** A line without what differs from run to run: commits, times, versions of tools. */
function steady(line: string): string {
  return (
    line
      .trim()
      .replace(/\b[0-9a-f]{7,40}\b/g, "COMMIT")
      .replace(/\b\d+(\.\d+)? (ms|s|min)\b/g, "DURATION")
      .replace(/(?<![\w.])\d+\.\d+\.\d+\b/g, "VERSION")
      // How long a slow check took stands at the end of its line.
      .replace(/ {2,}DURATION$/, "")
  );
}

function shimFolder(): string {
  const folder = tempFolder("rs-docs-");
  const node = `"${process.execPath}"`;
  const tested = `"${process.env["RS_TEST_NODE"] ?? process.execPath}"`;
  for (const [name, command] of [
    ["release-sentinel", `${tested} "${bin}"`],
    ["node", node],
  ] as const) {
    writeFileSync(join(folder, name), `#!/bin/sh\nexec ${command} "$@"\n`);
    chmodSync(join(folder, name), 0o755);
  }
  return folder;
}
