import { printable } from "../../../core/text.ts";
import type { Statement } from "../parse.ts";
import { type Around, inside, type Rule, words } from "../rule.ts";

export const opaque: Rule = {
  id: "opaque",
  status: "notice",
  about: "`DO`, `CALL`, and functions that the same file makes: what they do is seen by the rehearsal alone",
  find(statement, around) {
    const what = hidden(statement, around);
    return what === undefined
      ? []
      : [
          {
            message: `what ${what} does is not read here: only the rehearsal shows what it rewrites and locks`,
            remedy: "write out its statements where that is possible",
          },
        ];
  },
};

function hidden(statement: Statement, around: Around): string | undefined {
  const { node } = statement;
  if (node.DoStmt) return "a DO block";
  if (node.CallStmt) return "a procedure";
  const made = around
    .before(statement)
    .flatMap((one) => nameOfFunction(one.node.CreateFunctionStmt?.funcname));
  const called = node.SelectStmt ? [...inside(node, "FuncCall")] : [];
  const own = called.find(({ funcname }) => made.includes(nameOfFunction(funcname)));
  return own && `the function ${nameOfFunction(own.funcname)}`;
}

function nameOfFunction(name: Parameters<typeof words>[0]): string {
  return printable(words(name).at(-1) ?? "", 100);
}
