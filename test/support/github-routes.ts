import { type Json, least } from "./github-description.ts";
import { trackingRoutes } from "./github-pulls.ts";
import type { GitHubState, SeedRuleset, StoredRelease } from "./github-state.ts";

export interface Routed {
  readonly status: number;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Incoming {
  readonly parameters: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly json: Json;
  readonly raw: Buffer;
  /** All that was promised has arrived. */
  readonly whole: boolean;
  readonly contentType: string;
  /** Where this API answers, and where it takes uploads. */
  readonly origin: string;
  readonly uploads: string;
  /** Where it keeps assets: another origin. */
  readonly storage: string;
}

export interface RouteOptions {
  readonly login: string;
  readonly push: boolean;
  readonly installation: boolean;
  readonly private: boolean;
  readonly archived: boolean;
  readonly burned: readonly string[];
  readonly rulesets: readonly SeedRuleset[];
  readonly immutable: boolean;
  /** Settings and rulesets that the token may not read. */
  readonly blind: boolean;
}

type Route = (incoming: Incoming) => Routed;

const docs = "https://docs.github.example/rest";
export const refuse = (status: number, message: string, errors?: readonly Json[]): Routed => ({
  status,
  body: { message, documentation_url: docs, status: String(status), ...(errors ? { errors } : {}) },
});
const notFound = () => refuse(404, "Not Found");
const invalid = (...errors: readonly Json[]) => refuse(422, "Validation Failed", errors);
const noContent: Routed = { status: 204, body: null };

/** GitHub's answers, one function an operation, by its id. */
export function routes(state: GitHubState, options: RouteOptions): Readonly<Record<string, Route>> {
  const one = (incoming: Incoming) =>
    state.releases.find(
      ({ id, draft }) => id === Number(incoming.parameters["release_id"]) && (!draft || options.push),
    );
  const found = (release: StoredRelease | undefined, { origin, uploads }: Incoming, status = 200): Routed =>
    release ? { status, body: state.releaseJson(release, origin, uploads) } : notFound();
  const reading: Record<string, Route> = {
    "repos/get": () => ({ status: 200, body: repositoryJson(state, options) }),
    "repos/list-releases": (incoming) => {
      const all = state.listed().filter(({ draft }) => !draft || options.push);
      return paged(all, incoming, (release) => state.releaseJson(release, incoming.origin, incoming.uploads));
    },
    "repos/get-release": (incoming) => found(one(incoming), incoming),
    "repos/get-release-by-tag": (incoming) => {
      const { tag } = incoming.parameters;
      return found(
        state.listed().find((release) => !release.draft && release.tag === tag),
        incoming,
      );
    },
    "repos/get-latest-release": (incoming) =>
      found(
        state.releases.find(({ id }) => id === state.latest),
        incoming,
      ),
    "repos/list-release-assets": (incoming) => {
      const release = one(incoming);
      return release ? paged(release.assets, incoming, (asset) => state.assetJson(asset)) : notFound();
    },
    "repos/get-release-asset": ({ parameters, storage }) => {
      const id = Number(parameters["asset_id"]);
      const stored = state.contents.has(id);
      // GitHub hands out an address of its storage that needs no token, and takes none.
      return stored ? { status: 302, body: null, headers: { Location: `${storage}/${id}` } } : notFound();
    },
    "git/list-matching-refs": ({ origin }) => {
      if (state.options.noRefs) return notFound();
      const url = `${origin}/ref`;
      const object = { type: "commit", sha: "0".repeat(40), url };
      return { status: 200, body: [{ ref: "refs/heads/main", node_id: "x", url, object }] };
    },
    "git/get-ref": ({ parameters, origin }) => {
      if (state.options.noRefs) return notFound();
      const ref = parameters["ref"] ?? "";
      const object = ref.startsWith("tags/") ? state.tag(ref.slice(5)) : null;
      if (!object) return notFound();
      const url = `${origin}/ref`;
      return { status: 200, body: { ref: `refs/${ref}`, node_id: "x", url, object: { ...object, url } } };
    },
    "git/get-tag": ({ parameters, origin }) => {
      const sha = parameters["tag_sha"] ?? "";
      const tag = state.tagObject(sha);
      if (!tag) return notFound();
      const object = { sha: tag.sha, type: tag.type, url: `${origin}/object` };
      return { status: 200, body: { ...least("git-tag"), sha, tag: tag.tag, message: tag.message, object } };
    },
    "git/get-commit": ({ parameters }) => {
      const sha = parameters["commit_sha"] ?? "";
      const date = state.commitDate(sha);
      if (!date) return notFound();
      const person = { name: "Test Author", email: "author@example.com", date };
      return { status: 200, body: { ...least("git-commit"), sha, committer: person, author: person } };
    },
    "repos/get-repo-rulesets": (incoming) => {
      if (options.blind) return notFound();
      const target = incoming.query.get("targets");
      const all = target && target !== "tag" ? [] : options.rulesets.map((ruleset, i) => ({ ruleset, i }));
      return paged(all, incoming, ({ ruleset, i }) => summary(ruleset, i, state.options.repository));
    },
    "repos/get-repo-ruleset": ({ parameters }) => {
      const i = Number(parameters["ruleset_id"]) - 1;
      const ruleset = options.rulesets[i];
      if (!ruleset) return notFound();
      const { include = ["~ALL"], exclude = [], rules, bypass } = ruleset;
      return {
        status: 200,
        body: {
          ...summary(ruleset, i, state.options.repository),
          conditions: { ref_name: { include, exclude } },
          rules,
          ...(bypass === undefined ? {} : { current_user_can_bypass: bypass }),
        },
      };
    },
    "repos/check-immutable-releases": () => {
      if (options.blind) return refuse(403, "Resource not accessible by integration");
      return options.immutable
        ? { status: 200, body: { enabled: true, enforced_by_owner: false } }
        : notFound();
    },
    "apps/list-repos-accessible-to-installation": () =>
      options.installation
        ? { status: 200, body: { total_count: 0, repositories: [] } }
        : refuse(
            403,
            "You must authenticate with an installation access token in order to list repositories for an installation.",
          ),
  };
  const { repository, pulls = [], issues = [], authors = {} } = state.options;
  const tracking = trackingRoutes({ repository, pulls, issues, authors });
  return { ...reading, ...tracking, ...writingRoutes(state, options, { one, found }) };
}

function writingRoutes(
  state: GitHubState,
  options: RouteOptions,
  {
    one,
    found,
  }: {
    one: (incoming: Incoming) => StoredRelease | undefined;
    found: (release: StoredRelease | undefined, incoming: Incoming, status?: number) => Routed;
  },
): Record<string, Route> {
  const allowed =
    (route: Route): Route =>
    (incoming) => {
      if (options.archived) return refuse(403, "Repository was archived so is read-only.");
      return options.push ? route(incoming) : refuse(403, "Resource not accessible by integration");
    };
  const publishing = (release: StoredRelease, json: Json): Routed | null => {
    const tag = String(json["tag_name"] ?? release.tag);
    const custom = { resource: "Release", code: "custom", field: "tag_name" };
    if (options.burned.includes(tag)) {
      return invalid(
        { resource: "Release", code: "already_exists", field: "tag_name" },
        { ...custom, message: "tag_name was used by an immutable release" },
      );
    }
    const other = state.releases.some(
      ({ id, draft, tag: its }) => id !== release.id && !draft && its === tag,
    );
    return other ? invalid({ resource: "Release", code: "already_exists", field: "tag_name" }) : null;
  };
  const change = (release: StoredRelease, json: Json): void => {
    const text = (key: string, old: string) => (typeof json[key] === "string" ? json[key] : old);
    release.tag = text("tag_name", release.tag);
    release.target = text("target_commitish", release.target);
    release.name = text("name", release.name);
    release.body = text("body", release.body);
    if (typeof json["prerelease"] === "boolean") release.prerelease = json["prerelease"];
  };
  return {
    "repos/create-release": allowed((incoming) => {
      const { json } = incoming;
      if (String(json["body"] ?? "").length > 125_000) {
        return invalid({
          resource: "Release",
          code: "custom",
          message: "body is too long (maximum is 125000 characters)",
        });
      }
      const release = state.add({ tag: String(json["tag_name"]), draft: true, author: options.login });
      change(release, json);
      if (json["draft"] !== true) {
        const trouble = publishing(release, json);
        if (trouble) {
          state.releases.splice(state.releases.indexOf(release), 1);
          return trouble;
        }
        state.publish(release, json["make_latest"]);
      }
      return found(release, incoming, 201);
    }),
    "repos/update-release": allowed((incoming) => {
      const release = one(incoming);
      if (!release) return notFound();
      const trouble =
        release.draft && incoming.json["draft"] === false ? publishing(release, incoming.json) : null;
      if (trouble) return trouble;
      change(release, incoming.json);
      if (release.draft && incoming.json["draft"] === false)
        state.publish(release, incoming.json["make_latest"]);
      else if (incoming.json["make_latest"] === "true") state.latest = release.id;
      return found(release, incoming);
    }),
    "repos/delete-release": allowed((incoming) => {
      const release = one(incoming);
      if (!release) return notFound();
      const { id, tag, draft, author } = release;
      state.deleted.push({ id, tag, draft, author });
      state.releases.splice(state.releases.indexOf(release), 1);
      return noContent;
    }),
    "repos/upload-release-asset": allowed((incoming) => uploaded(state, one(incoming), incoming)),
    "repos/delete-release-asset": allowed(({ parameters }) => {
      const id = Number(parameters["asset_id"]);
      const release = state.releases.find(({ assets }) => assets.some((asset) => asset.id === id));
      const asset = release?.assets.find((one) => one.id === id);
      if (!release || !asset) return notFound();
      if (release.immutable) return refuse(422, "Cannot delete assets of an immutable release.");
      state.deletedAssets.push({ name: asset.name, state: asset.state, draft: release.draft });
      release.assets.splice(release.assets.indexOf(asset), 1);
      return noContent;
    }),
  };
}

function uploaded(state: GitHubState, release: StoredRelease | undefined, incoming: Incoming): Routed {
  if (!release) return notFound();
  if (release.immutable) return refuse(422, "Cannot upload assets to an immutable release.");
  const name = (incoming.query.get("name") ?? "").replace(/[^\w.+@~-]+/g, ".");
  if (release.assets.some((asset) => asset.name === name)) {
    return invalid({ resource: "ReleaseAsset", code: "already_exists", field: "name" });
  }
  if (!incoming.whole) {
    state.attach(release, name, incoming.contentType, Buffer.alloc(0), "starter");
    return refuse(400, "Bad Content-Length");
  }
  if (incoming.raw.length === 0) return refuse(400, "Bad Content-Length: 0");
  return {
    status: 201,
    body: state.assetJson(state.attach(release, name, incoming.contentType, incoming.raw)),
  };
}

function repositoryJson(state: GitHubState, options: RouteOptions): Json {
  const name = state.options.repository;
  return {
    ...least("full-repository"),
    full_name: name,
    name: name.split("/")[1],
    private: options.private,
    archived: options.archived,
    permissions: {
      admin: false,
      maintain: false,
      push: options.push && !options.installation,
      triage: false,
      pull: !options.installation,
    },
  };
}

function summary({ name, source, enforcement = "active" }: SeedRuleset, i: number, repository: string): Json {
  return {
    id: i + 1,
    name,
    target: "tag",
    source_type: "Repository",
    source: source ?? repository,
    enforcement,
  };
}

export function paged<T>(all: readonly T[], { query, origin }: Incoming, json: (item: T) => unknown): Routed {
  const size = Math.min(100, Number(query.get("per_page") ?? 30));
  const page = Number(query.get("page") ?? 1);
  const last = Math.max(1, Math.ceil(all.length / size));
  const to = (n: number, rel: string) => `<${origin}/?per_page=${size}&page=${n}>; rel="${rel}"`;
  const links = [
    ...(page > 1 ? [to(page - 1, "prev"), to(1, "first")] : []),
    ...(page < last ? [to(page + 1, "next"), to(last, "last")] : []),
  ];
  const body = all.slice((page - 1) * size, page * size).map(json);
  return { status: 200, body, ...(links.length > 0 ? { headers: { Link: links.join(", ") } } : {}) };
}
