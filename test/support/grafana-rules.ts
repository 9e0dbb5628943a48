type Json = Record<string, unknown>;

export function isJson(text: string): boolean {
  try {
    return Object(JSON.parse(text)) !== null;
  } catch {
    return false;
  }
}

/** What is wrong with a snapshot as it is posted: Grafana would take it, and show something else, or for ever. */
export function snapshotProblems(body: Json): string[] {
  const wrong: string[] = [];
  const dashboard = Object(body["dashboard"]) as Json;
  const { from, to } = Object(dashboard["time"]) as Json;
  if (!(Number.isInteger(body["expires"]) && Number(body["expires"]) > 0))
    wrong.push("a snapshot that never expires");
  if (body["external"] === true) wrong.push("a snapshot for everybody on another server");
  if (!/^[a-z0-9]{16,40}$/i.test(String(body["key"] ?? ""))) wrong.push("a key that could be guessed");
  if (body["key"] === body["deleteKey"]) wrong.push("whoever may look may delete");
  for (const time of [from, to]) {
    if (Number.isNaN(Date.parse(String(time)))) wrong.push(`a time that moves: ${String(time)}`);
  }
  if (dashboard["refresh"]) wrong.push("a snapshot that refreshes");
  if (!Array.isArray(dashboard["panels"])) wrong.push("no panels");
  for (const panel of (dashboard["panels"] ?? []) as Json[]) wrong.push(...panelProblems(panel));
  for (const variable of (Object(dashboard["templating"]) as { list?: Json[] }).list ?? []) {
    if (variable["query"]) wrong.push(`variable ${String(variable["name"])} would be asked again`);
  }
  return wrong;
}

function panelProblems(panel: Json): string[] {
  const targets = (panel["targets"] ?? []) as Json[];
  const inner = ((panel["panels"] ?? []) as Json[]).flatMap(panelProblems);
  return [
    ...inner,
    ...targets.flatMap((target) => {
      const of = `panel ${String(panel["id"])}`;
      const { uid } = Object(target["datasource"]) as Json;
      const frames = target["snapshot"];
      if (target["queryType"] !== "snapshot" || uid !== "grafana") return [`${of} would be asked again`];
      if (!Array.isArray(frames)) return [`${of} holds no frames`];
      return frames.flatMap((frame) => frameProblems(of, Object(frame) as Json));
    }),
  ];
}

function frameProblems(of: string, frame: Json): string[] {
  const { fields } = Object(frame["schema"]) as { fields?: unknown[] };
  const { values } = Object(frame["data"]) as { values?: unknown[][] };
  if (!Array.isArray(fields) || !Array.isArray(values)) return [`${of}: a frame without fields or values`];
  if (fields.length !== values.length) return [`${of}: ${fields.length} fields, ${values.length} columns`];
  const [rows = 0] = values.map((column) => column.length);
  return values.every((column) => column.length === rows) ? [] : [`${of}: columns of different lengths`];
}
