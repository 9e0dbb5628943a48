import { examine } from "../../app/doctor.ts";
import { bounded } from "../bounded.ts";
import type { Context } from "../context.ts";
import type { GateOptions } from "../options.ts";
import { writeOut } from "../terminal.ts";

const marks = { ok: "ok     ", missing: "missing", wrong: "WRONG  " } as const;

export async function run(context: Context, options: GateOptions): Promise<number> {
  const { sentinel, env, cwd } = context;
  const { readers } = sentinel.clients;
  const { secrets } = sentinel;
  const found = await bounded(context, options, "there is no diagnosis", (signal) =>
    examine({ readers, secrets, around: () => sentinel.surroundings(options), signal, env, cwd }),
  );
  const shown =
    options.json || options.format === "json"
      ? `${JSON.stringify(sentinel.secrets.maskDeep(found), null, 2)}\n`
      : found
          .map(
            ({ subject, state, message, remedy }) =>
              `${marks[state]}  ${subject.padEnd(12)} ${message}\n${remedy ? `${" ".repeat(22)}→ ${remedy}\n` : ""}`,
          )
          .join("");
  await writeOut(context.terminal.stdout, sentinel.secrets.mask(shown));
  const wrong = found.filter(({ state }) => state === "wrong");
  return wrong.length === 0 ? 0 : wrong.some(({ policy }) => policy) ? 1 : 2;
}
