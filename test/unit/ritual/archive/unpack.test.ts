import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { expect, it } from "vitest";
import { tarOf } from "../../../../src/ritual/archive/unpack.ts";
import { tempFolder } from "../../../support/temp.ts";

it("an archive that is not read to its end, for time is up, says that", async () => {
  const path = join(tempFolder(), "archive.tar.gz");
  writeFileSync(path, gzipSync(Buffer.alloc(1 << 20)));
  const reason = new Error("time is up");
  await expect(tarOf(path, 1 << 20, AbortSignal.abort(reason))).rejects.toBe(reason);
});
