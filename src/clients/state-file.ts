import { readFileSync } from "node:fs";
import { writeWhole } from "./whole-file.ts";

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
      writeWhole(path, JSON.stringify(value));
    },
  };
}
