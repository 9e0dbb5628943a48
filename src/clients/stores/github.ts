import { rm } from "node:fs/promises";
import { StepFailure } from "../../core/step.ts";
import { printable } from "../../core/text.ts";
import { GitHubError } from "../github/errors.ts";
import type { GitHub, GitHubAsset, GitHubRelease } from "../github/types.ts";
import { counter, makeFile, systemTrouble, tooLarge } from "./local.ts";
import { judged, type NewFile, type Store, type StoredFile, storeName } from "./store.ts";

/** The assets of a tag's published release. They stay as long as the release does: nothing is removed from it. */
export function createGitHubStore(github: GitHub, tag: string): Store {
  const name = `GitHub release ${printable(tag, 100)} of ${printable(github.repositoryName, 200)}`;

  async function found(signal: AbortSignal): Promise<GitHubRelease> {
    const release = await github.releaseByTag(tag, signal);
    if (release) return release;
    throw new StepFailure(
      `${name} is not there, or not published`,
      `publish it: release-sentinel release --env E --version ${printable(tag, 100)}`,
    );
  }

  async function assetOf(file: string, signal: AbortSignal): Promise<GitHubAsset | null> {
    const { id } = await found(signal);
    const assets = await github.assets(id, signal);
    return assets.find((asset) => asset.name === file && asset.state === "uploaded") ?? null;
  }

  async function contentOf(asset: GitHubAsset, signal: AbortSignal): Promise<StoredFile> {
    const told = /^sha256:([0-9a-f]{64})$/.exec(asset.digest ?? "")?.[1];
    if (told) return { name: asset.name, bytes: asset.bytes, sha256: told };
    const counting = counter();
    await github.download(asset, (part) => counting.add(part), signal);
    return { name: asset.name, ...counting.content() };
  }

  async function upload(file: NewFile, release: GitHubRelease, signal: AbortSignal): Promise<GitHubAsset> {
    const { name: asset, contentType, path, bytes } = file;
    const seen = async () => {
      const there = (await github.assets(release.id, signal)).find((one) => one.name === asset);
      if (there?.state === "uploaded") return there;
      // What an upload that failed has left; what arrived whole is never deleted.
      if (there) await github.deleteAsset(there.id, signal);
      return null;
    };
    const before = await seen();
    if (before) return before;
    const write = () =>
      github.upload(release, { name: asset, contentType, body: { file: path, bytes } }, signal);
    return github.certain(write, seen, signal);
  }

  return {
    name,
    stat: (file, signal) =>
      inWords(async () => {
        const asset = await assetOf(storeName(file), signal);
        return asset && contentOf(asset, signal);
      }),
    put: (file, signal) =>
      inWords(async () => {
        const before = await assetOf(storeName(file.name), signal);
        if (before) return judged(name, file, await contentOf(before, signal), "there");
        const release = await found(signal);
        if (release.immutable) throw immutable(name);
        const asset = await upload(file, release, signal);
        return judged(name, file, await contentOf(asset, signal), "stored");
      }),
    get: (file, to, maxBytes, signal) =>
      inWords(async () => {
        const asset = await assetOf(storeName(file), signal);
        if (asset === null) return null;
        if (asset.bytes > maxBytes) throw tooLarge(maxBytes);
        const counting = counter();
        await makeFile(to, (handle) =>
          github.download(
            asset,
            async (part) => {
              counting.add(part);
              await handle.writeFile(part);
            },
            signal,
          ),
        ).catch((error) => systemTrouble(error, `${file} cannot be written here`, "make room for it"));
        const content = counting.content();
        if (content.bytes === asset.bytes) return { name: file, ...content };
        await rm(to, { force: true });
        throw new StepFailure(
          `${name} gave ${content.bytes} bytes of ${file}, which has ${asset.bytes}`,
          "run the same command again",
        );
      }),
    list: async () => null,
    remove: async () => {
      throw new StepFailure(`${name} keeps its assets`, "delete them on GitHub", true);
    },
    prove: (signal) =>
      inWords(async () => {
        const release = await found(signal);
        if (!release.immutable) return [{ state: "ok", message: `${name} can take assets` }];
        const { message, remedy = "" } = immutable(name);
        return [{ state: "conflict", message, remedy }];
      }),
  };
}

function immutable(name: string): StepFailure {
  return new StepFailure(
    `${name} is immutable: it takes no more assets`,
    "name another store in ritual.archive.stores, or attach the archive before the release is published",
    true,
  );
}

async function inWords<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof GitHubError)) throw error;
    throw new StepFailure(error.message, error.remedy, error.kind === "immutable" || error.kind === "burned");
  }
}
