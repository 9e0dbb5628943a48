import type { LoggedCommit, Person } from "../../clients/git/history.ts";
import { type Message, readMessage } from "./message.ts";

/** A commit as notes need it: its message read, and no more of it kept. */
export interface ReadCommit {
  readonly hash: string;
  readonly short: string;
  readonly parents: readonly string[];
  readonly author: Person;
  readonly at: number;
  readonly message: Message;
}

export function readCommit(commit: LoggedCommit, mask: (text: string) => string): ReadCommit {
  const { hash, short, parents, author, at } = commit;
  return { hash, short, parents, author, at, message: readMessage(mask(commit.message), parents.length) };
}
