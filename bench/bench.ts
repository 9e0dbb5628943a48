/** One line of the table. */
export interface Row {
  readonly what: string;
  readonly figure: number;
  /** Empty: a ratio. */
  readonly unit: "" | "ms" | "/s" | "MB";
  /** What the figure is held to; without it, it is only told. */
  readonly bound?: { readonly most: number } | { readonly least: number };
  /** The medians that the figure is made of, or why there is none. */
  readonly from: string;
}

/** What every benchmark works in. */
export interface World {
  /** An empty folder of its own; removed afterwards. */
  readonly folder: string;
  /** The whole environment of whatever is run: of the caller's only what programs start with, so that no CI is taken for ours. */
  readonly env: Readonly<Record<string, string>>;
  /** The command line for the built tool. */
  gate(...args: string[]): [string, ...string[]];
}

export interface Bench {
  /** What it is chosen by on the command line. */
  readonly name: string;
  readonly about: string;
  measure(world: World): Promise<readonly Row[]>;
}

export function ms(value: number): string {
  return Number.isNaN(value) ? "not known" : `${value.toFixed(0)} ms`;
}
