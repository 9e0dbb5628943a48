import { readFileSync } from "node:fs";
import { checksPage } from "./checks-page.ts";
import { cliPage } from "./cli-page.ts";
import { configSchema } from "./config-schema.ts";
import { configurationPage } from "./configuration-page.ts";
import { errorsPage } from "./errors-page.ts";

const root = new URL("../../", import.meta.url);

/** Path from the repository's top → how its text is made. */
const pages: Readonly<Record<string, () => string>> = {
  "docs/checks.md": checksPage,
  "docs/cli.md": cliPage,
  "docs/configuration.md": configurationPage,
  "docs/errors.md": errorsPage,
  "schema/config.schema.json": () => `${JSON.stringify(configSchema(), null, 2)}\n`,
};

export interface StalePage {
  /** From the repository's top. */
  readonly path: string;
  readonly file: URL;
  /** What it should hold. */
  readonly text: string;
}

/** Every generated file that is not what the sources make. */
export function stalePages(): readonly StalePage[] {
  return Object.entries(pages)
    .map(([path, make]) => ({ path, file: new URL(path, root), text: make() }))
    .filter(({ file, text }) => textOf(file) !== text);
}

function textOf(file: URL): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}
