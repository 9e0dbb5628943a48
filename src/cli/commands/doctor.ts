import { examine } from "../../app/doctor.ts";
import type { Context } from "../context.ts";
import type { GateOptions } from "../options.ts";
import { writeOut } from "../terminal.ts";

const marks = { ok: "ok     ", missing: "missing", wrong: "WRONG  " } as const;

export async function run(context: Context, options: GateOptions): Promise<number> {
  const { sentinel, env, cwd, signal } = context;
  // First: in a pull request it is what keeps the judged tree's programs away.
  const around = sentinel.surroundings(options);
  await around.catch(() => {});
  const { readers } = sentinel.clients;
  const found = await examine({
    readers,
    secrets: sentinel.secrets,
    around: () => around,
    signal,
    env,
    cwd,
  });
  signal.throwIfAborted();
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
