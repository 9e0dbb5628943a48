import { data, Evaluator, Lexer, Parser } from "@actions/expressions";

/** An expression of a workflow, evaluated by GitHub's own evaluator. */
export function evaluate(
  text: string,
  contexts: Readonly<Record<string, unknown>>,
): { readonly text: string; readonly truthy: boolean } {
  const expression = text.replace(/^\$\{\{(.*)\}\}$/s, "$1").trim();
  const { tokens } = new Lexer(expression).lex();
  const parsed = new Parser(tokens, Object.keys(contexts), []).parse();
  const value = new Evaluator(parsed, asData(contexts) as data.Dictionary).evaluate();
  const said = value.coerceString();
  return {
    text: said,
    truthy: value.kind === data.Kind.Boolean ? said === "true" : said !== "" && said !== "0",
  };
}

/** A value of a workflow with its expressions replaced by what they are. */
export function interpolate(text: string, contexts: Readonly<Record<string, unknown>>): string {
  return text.replace(/\$\{\{.*?\}\}/gs, (found) => evaluate(found, contexts).text);
}

function asData(value: unknown): data.ExpressionData {
  if (typeof value === "string") return new data.StringData(value);
  if (typeof value === "number") return new data.NumberData(value);
  if (typeof value === "boolean") return new data.BooleanData(value);
  if (typeof value !== "object" || value === null) return new data.Null();
  if (Array.isArray(value)) return new data.Array(...value.map(asData));
  return new data.Dictionary(...Object.entries(value).map(([key, item]) => ({ key, value: asData(item) })));
}
