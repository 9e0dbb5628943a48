import type { Rule } from "../rule.ts";

export const opaque: Rule = {
  id: "opaque",
  status: "notice",
  about: "`DO` and `CALL`: what they do is seen by the rehearsal alone",
  find({ node }) {
    const what = node.DoStmt ? "a DO block" : node.CallStmt ? "a procedure" : undefined;
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
