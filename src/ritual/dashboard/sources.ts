import { GrafanaFailure } from "../../clients/grafana/failure.ts";
import { object, text } from "../../clients/grafana/json.ts";
import type { GrafanaDataSource, GrafanaReader } from "../../clients/grafana/types.ts";
import { printable } from "../../core/text.ts";

export interface Source {
  readonly uid: string;
  /** Empty where it is not known. */
  readonly type: string;
  /** For people. */
  readonly shown: string;
}

/** Grafana's own, which are no data sources of their own. */
export type SpecialSource = "mixed" | "dashboard" | "grafana" | "expression";

export type FoundSource =
  | { readonly source: Source }
  | { readonly special: SpecialSource }
  | { readonly trouble: string };

export interface Sources {
  /** What a panel or a query names as its data source; `fill` fills in variables. */
  find(reference: unknown, fill: (text: string) => string): Promise<FoundSource>;
}

const specials = new Map<string, SpecialSource>(
  Object.entries({
    "-- Mixed --": "mixed",
    "-- Dashboard --": "dashboard",
    "-- Grafana --": "grafana",
    grafana: "grafana",
    __expr__: "expression",
    "-100": "expression",
  }),
);

/** The list of data sources is read only when a name has to be looked up in it, and once. */
export function createSources(grafana: GrafanaReader, signal: AbortSignal): Sources {
  let reading: Promise<readonly GrafanaDataSource[] | GrafanaFailure> | undefined;
  const list = () => {
    reading ??= grafana.dataSources(signal).catch((error: unknown) => {
      if (error instanceof GrafanaFailure) return error;
      throw error;
    });
    return reading;
  };

  async function looked(name: string | null, type: string): Promise<FoundSource> {
    const known = await list();
    if (known instanceof GrafanaFailure) {
      if (name !== null && name !== "default") return { source: { uid: name, type, shown: name } };
      return {
        trouble: `its data source is the default one, and which that is cannot be read: ${known.message}`,
      };
    }
    const found =
      name === null || name === "default"
        ? (known.find(({ isDefault, type: of }) => isDefault && (type === "" || of === type)) ??
          known.find((one) => (type === "" ? one.isDefault : one.type === type)))
        : (known.find(({ uid }) => uid === name) ?? known.find((one) => one.name === name));
    if (found) return { source: { uid: found.uid, type: found.type, shown: found.name } };
    const what = name === null ? "default data source" : `data source ${printable(name, 80)}`;
    return { trouble: `there is no ${what}, or the token may not see it` };
  }

  return {
    async find(reference, fill) {
      const named = object(reference);
      const type = text(named?.["type"]) ?? "";
      const written = named ? text(named["uid"]) : text(reference);
      const uid = written === undefined ? null : fill(written);
      const special = specials.get(uid ?? "") ?? (uid === null ? specials.get(type) : undefined);
      if (special) return { special };
      // A uid that is written out needs no list; one out of a variable may be a name.
      if (named && uid !== null && uid === written && type !== "") {
        return { source: { uid, type, shown: type } };
      }
      return looked(uid, type);
    },
  };
}
