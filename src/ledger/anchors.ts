import type { Anchor } from "../clients/ledger/store.ts";

const pattern = /^(?:sha256:)?([0-9a-f]{64})(?:@([1-9]\d{0,14}))?(?:\/([0-9a-f-]{36}))?$/;

/** `sha256:<hash>[@<seq>][/<ledger>]` as an anchor; undefined when it is not written so. */
export function parseAnchor(text: string, from: string, version?: string): Anchor | undefined {
  const [, sha256, seq, ledger] = pattern.exec(text.trim()) ?? [];
  if (sha256 === undefined) return undefined;
  return {
    sha256,
    from,
    ...(seq === undefined ? {} : { seq: Number(seq) }),
    ...(ledger === undefined ? {} : { ledger }),
    ...(version === undefined ? {} : { version }),
  };
}

/** The anchor in a tag's message: its trailer `Ledger-Head: sha256:…`. */
export function anchorOfTag(tag: { readonly name: string; readonly message: string }): Anchor | undefined {
  const found = /^Ledger-Head: *(\S+)\s*$/im.exec(tag.message)?.[1];
  return found === undefined ? undefined : parseAnchor(found, `tag ${tag.name}`, tag.name);
}
