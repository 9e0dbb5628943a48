import { registerHooks } from "node:module";
import * as library from "../../app/index.ts";

const url = "release-sentinel:library";
const place = "release-sentinel.library";

/** A plugin's `import "release-sentinel"` where the whole tool is one file, with no package around it. */
export function lendLibrary(): void {
  Object.defineProperty(globalThis, Symbol.for(place), { value: library });
  const names = Object.keys(library).filter((name) => /^[A-Za-z]\w*$/.test(name) && name !== "default");
  const source = [
    `const library = globalThis[Symbol.for(${JSON.stringify(place)})];`,
    ...names.map((name) => `export const ${name} = library.${name};`),
  ].join("\n");
  registerHooks({
    resolve: (specifier, context, next) =>
      specifier === "release-sentinel"
        ? { url, format: "module", shortCircuit: true }
        : next(specifier, context),
    load: (address, context, next) =>
      address === url ? { format: "module", source, shortCircuit: true } : next(address, context),
  });
}
