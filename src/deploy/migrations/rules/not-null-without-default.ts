import { printable } from "../../../core/text.ts";
import { addedColumn, alterationsOfOld, nameOf, type Rule, typeName } from "../rule.ts";

export const notNullWithoutDefault: Rule = {
  id: "not-null-without-default",
  status: "fail",
  about:
    "`ADD COLUMN … NOT NULL` without a default: it fails where there are rows, and the old version's inserts fail",
  find: (statement, around) =>
    alterationsOfOld(statement, around).flatMap((alteration) => {
      const added = addedColumn(alteration);
      if (!added || /serial/.test(typeName(added.column))) return [];
      const kinds = added.constraints.map(({ contype }) => contype);
      const isRequired = kinds.includes("CONSTR_NOTNULL") || kinds.includes("CONSTR_PRIMARY");
      const isFilled = kinds.some(
        (kind) => kind === "CONSTR_DEFAULT" || kind === "CONSTR_IDENTITY" || kind === "CONSTR_GENERATED",
      );
      if (!isRequired || isFilled) return [];
      const name = `${nameOf(alteration.table)}.${printable(added.column.colname ?? "", 100)}`;
      return [
        {
          message: `adding ${name} as NOT NULL without a default fails as soon as there is a row, and so does every insert of the old version`,
          remedy:
            "give it a constant default, or add it without NOT NULL, fill it, and require it in a later release",
          offset: added.column.location,
        },
      ];
    }),
};
