// biome-ignore lint/style/noRestrictedImports: it gets its seed here
import fc from "fast-check";

const asked = process.env["RS_TEST_SEED"] ?? "1";

/** Of everything that tests make by chance: the same commit has the same cases. RS_TEST_SEED is another number, or `random`. */
export const seed: number = asked === "random" ? Date.now() % 2 ** 31 : Number(asked);
if (asked === "" || !Number.isInteger(seed)) throw new Error("RS_TEST_SEED is a whole number, or random");

fc.configureGlobal({ seed });

export default fc;
