/** How a variable is written into a query: the formats of Grafana's `${name:format}`. */
export interface Written {
  readonly name: string;
  readonly values: readonly string[];
  readonly texts: readonly string[];
  readonly isMulti: boolean;
}

const promqlTypes = /prometheus|^loki$|victoriametrics|mimir|cortex/;
const sqlTypes = /mysql|postgres|mssql|clickhouse|snowflake|redshift|athena|bigquery/;

/** Data sources that fill in `$__interval` and its kin themselves. */
export function fillsInIntervals(datasourceType: string): boolean {
  return promqlTypes.test(datasourceType);
}

/** What a data source writes variables as, when the query does not say it. */
export function usualFormat(datasourceType: string): string {
  if (promqlTypes.test(datasourceType)) return "prometheus";
  if (sqlTypes.test(datasourceType)) return "sql";
  if (datasourceType === "influxdb") return "regex";
  return datasourceType.includes("elasticsearch") ? "lucene" : "glob";
}

export function formatted(format: string, { name, values, texts, isMulti }: Written): string {
  const [kind, ...rest] = format.split(":");
  const first = values[0] ?? "";
  const join = (separator: string, change: (value: string) => string = (value) => value) =>
    values.map(change).join(separator);
  switch (kind) {
    case "prometheus": {
      if (!isMulti) return values.length > 1 ? `(${join("|", promqlRegex)})` : promqlText(first);
      return values.length === 1 ? promqlRegex(first) : `(${join("|", promqlRegex)})`;
    }
    case "sql":
      return isMulti ? join(",", sqlText) : first;
    case "regex":
      return values.length === 1 ? regexText(first) : `(${join("|", regexText)})`;
    case "lucene":
      return values.length === 1
        ? luceneText(first)
        : `(${join(" OR ", (value) => `"${luceneText(value)}"`)})`;
    case "pipe":
      return join("|");
    case "csv":
    case "raw":
      return join(",");
    case "join":
      return join(rest[0] ?? ",");
    case "distributed":
      return values.map((value, i) => (i === 0 ? value : `${name}=${value}`)).join(",");
    case "html":
      return join(", ", htmlText);
    case "json":
      return JSON.stringify(values.length === 1 ? first : values);
    case "percentencode":
      return values.length === 1 ? encodeURIComponent(first) : encodeURIComponent(`{${join(",")}}`);
    case "uriencode":
      return encodeURI(values.length === 1 ? first : `{${join(",")}}`);
    case "queryparam":
      return join("&", (value) => `var-${encodeURIComponent(name)}=${encodeURIComponent(value)}`);
    case "singlequote":
      return join(",", (value) => `'${value.replaceAll("'", "\\'")}'`);
    case "doublequote":
      return join(",", (value) => `"${value.replaceAll('"', '\\"')}"`);
    case "sqlstring":
      return join(",", sqlText);
    case "text":
      return texts.join(" + ");
    default:
      return values.length === 1 ? first : `{${join(",")}}`;
  }
}

/** Inside double quotes of PromQL, where a backslash is written twice. */
function promqlText(value: string): string {
  return value.replaceAll("\\", "\\\\").replaceAll('"', '\\"');
}

function promqlRegex(value: string): string {
  return value
    .replaceAll("\\", "\\\\\\\\")
    .replace(/[$^*{}[\]'+?.()|]/g, "\\\\$&")
    .replaceAll('"', '\\"');
}

function regexText(value: string): string {
  return value.replace(/[\\^$*+?.()|[\]{}/]/g, "\\$&");
}

function luceneText(value: string): string {
  return value.replace(/([!*+\-=<>\s&|()[\]{}^~?:\\/"])/g, "\\$1");
}

function sqlText(value: string): string {
  return `'${value.replaceAll("'", "''")}'`;
}

function htmlText(value: string): string {
  return value
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}
