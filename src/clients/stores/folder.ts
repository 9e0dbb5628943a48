import { randomUUID } from "node:crypto";
import { accessSync, constants, lstatSync, readdirSync, rmSync, statSync } from "node:fs";
import { link, open, rename, rm, stat, unlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Proof } from "../../core/step.ts";
import { printable } from "../../core/text.ts";
import { makeFolder } from "../make-folder.ts";
import { contentOf, fileOf, partsOf, systemTrouble } from "./local.ts";
import { judged, type NewFile, type Store, type StoredFile, storeName } from "./store.ts";

const draft = /^\.(.+)\.[0-9a-f-]{36}\.draft$/;
/** After this a draft is what a killed run left behind. */
const staleMs = 24 * 3_600_000;

/** A folder of this machine, or one that is mounted. @param path absolute */
export function createFolderStore(path: string): Store {
  const name = `folder ${printable(path, 300)}`;
  const remedy = `see to ${printable(path, 300)}, and run the same command again`;
  const asked = async <T>(what: string, work: () => Promise<T>): Promise<T> =>
    work().catch((error) => systemTrouble(error, `${what} in ${name}`, remedy));
  const at = (file: string) => join(path, storeName(file));

  async function look(file: string, signal: AbortSignal): Promise<StoredFile | null> {
    try {
      return { name: file, ...(await contentOf(at(file), signal)) };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
      throw error;
    }
  }

  async function store(file: NewFile, signal: AbortSignal): Promise<"stored" | "there"> {
    const there = await look(file.name, signal);
    if (there) return judged(name, file, there, "there");
    makeFolder(path);
    sweep(path);
    const mine = join(path, `.${file.name}.${randomUUID()}.draft`);
    try {
      await fileOf(mine, partsOf(file.path, signal));
      await appear(mine, at(file.name));
    } finally {
      await rm(mine, { force: true });
    }
    await syncFolder(path);
    const found = await look(file.name, signal);
    return judged(name, file, found, "stored");
  }

  return {
    name,
    stat: (file, signal) => asked(`${file} cannot be read`, () => look(file, signal)),
    put: async (file, signal) => asked(`${storeName(file.name)} cannot be stored`, () => store(file, signal)),
    get: async (file, to, maxBytes, signal) =>
      asked(`${storeName(file)} cannot be fetched`, async () => {
        if (!statSync(at(file), { throwIfNoEntry: false })) return null;
        return { name: file, ...(await fileOf(to, partsOf(at(file), signal), maxBytes)) };
      }),
    list: () =>
      asked("files cannot be listed", async () => {
        if (!statSync(path, { throwIfNoEntry: false })) return [];
        const entries = readdirSync(path, { withFileTypes: true });
        return entries
          .filter((one) => one.isFile() && !one.name.startsWith("."))
          .map((one) => one.name)
          .sort();
      }),
    remove: async (file) =>
      asked(`${storeName(file)} cannot be removed`, () => rm(at(file), { force: true })),
    prove: async () => [provedAt(path, name)],
  };
}

/** A name that is given to a whole file, and to no second one. */
async function appear(from: string, to: string): Promise<void> {
  try {
    await link(from, to);
    await unlink(from);
  } catch (error) {
    const { code = "" } = error as NodeJS.ErrnoException;
    // Somebody was quicker: what is there is looked at afterwards.
    if (code === "EEXIST") return;
    if (!["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EMLINK"].includes(code)) throw error;
    // A file system without links (FAT, some network shares): as near as it comes.
    if (!(await stat(to).catch(() => null))) await rename(from, to);
  }
}

async function syncFolder(path: string): Promise<void> {
  if (process.platform === "win32") return;
  const folder = await open(path, "r");
  await folder.sync().finally(() => folder.close());
}

/** Removes what killed runs have left. */
function sweep(path: string): void {
  for (const name of readdirSync(path)) {
    if (!draft.test(name)) continue;
    const info = lstatSync(join(path, name), { throwIfNoEntry: false });
    if (info && Date.now() - info.mtimeMs > staleMs) rmSync(join(path, name), { force: true });
  }
}

/** The folder, or the first one above it that is there, can be written. */
function provedAt(path: string, name: string): Proof {
  for (let at = path; ; at = dirname(at)) {
    const info = statSync(at, { throwIfNoEntry: false });
    if (!info && dirname(at) !== at) continue;
    const remedy = `give this user a folder to write to, or name another one in ritual.archive.stores`;
    if (!info?.isDirectory())
      return { state: "conflict", message: `${name}: ${printable(at, 300)} is no folder`, remedy };
    try {
      accessSync(at, constants.W_OK | constants.X_OK);
      return { state: "ok", message: `${name} can be written` };
    } catch {
      return { state: "conflict", message: `${name}: ${printable(at, 300)} may not be written`, remedy };
    }
  }
}
