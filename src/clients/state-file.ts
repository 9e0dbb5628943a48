import { randomUUID } from "node:crypto";
import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from "node:fs";
import { dirname } from "node:path";

/** JSON that outlives the process: always whole, whatever happens while it is written. */
export interface StateFile {
  readonly path: string;
  /** Undefined where there is none. @throws what reading or parsing throws */
  read(): unknown;
  /** @throws what writing throws; what was there before is there still then */
  write(value: unknown): void;
}

export function createStateFile(path: string): StateFile {
  return {
    path,
    read() {
      let text: string;
      try {
        text = readFileSync(path, "utf8");
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
        throw error;
      }
      return JSON.parse(text);
    },
    write(value) {
      mkdirSync(dirname(path), { recursive: true });
      const temporary = `${path}.${randomUUID()}.tmp`;
      try {
        const file = openSync(temporary, "wx", 0o600);
        try {
          writeSync(file, JSON.stringify(value));
          fsyncSync(file);
        } finally {
          closeSync(file);
        }
        renameSync(temporary, path);
      } catch (error) {
        rmSync(temporary, { force: true });
        throw error;
      }
    },
  };
}
