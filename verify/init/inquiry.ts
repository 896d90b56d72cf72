/** What those who find something out about an app have in common. */
import type { Reached } from '../client/network.ts';
import type { Codes } from './enter.ts';
import type { Credentials } from './login.ts';
import type { Known } from './logout.ts';
import type { Recipe } from './recipes.ts';
import type { Manners, Seen, Visitor } from './visitor.ts';

export interface InitOptions {
  reached: Reached;
  /** How the target file names the certificates of its own authority, if it has one. */
  ca?: string | undefined;
  accounts: readonly (Credentials & { passwordEnv: string; totpEnv?: string | undefined })[];
  /** Name of a recipe: what is looked for first. */
  recipe?: string | undefined;
  loginPage?: string | undefined;
  /** The endpoint of an app that renders in the browser, and what it takes. */
  loginPath?: string | undefined;
  loginJson?: unknown;
  signal: AbortSignal;
  /** Between two requests, milliseconds; as long as a person takes when absent. */
  pause?: number;
  /** One thing that was found out. */
  say(line: string): void;
  /** Whether a form may be sent, twice. */
  mayWrite(form: { page: string; path: string; field: string }): Promise<boolean>;
  /** Asked when no page has a login form. @returns the page that has; undefined when nobody knows */
  whereLogin?(): Promise<string | undefined>;
  /** Asked when a login wants a one-time code. @returns its secret; undefined when nobody knows */
  secretOf?(user: string): Promise<string | undefined>;
}

export interface Looking {
  options: InitOptions;
  manners: Manners;
  codes: Codes;
  /** The account that most is tried with. */
  first: Credentials;
  recipe: Recipe | undefined;
  /** Tells one thing that was found out. */
  say(what: string, text: string): void;
}

/** What is known of the pages inside. */
export interface Inside extends Known {
  pages: readonly Seen[];
}

/** @returns a page as it is answered signed in, where it is */
export async function insideOf(
  visitor: Visitor,
  path: string,
  signedIn: (seen: Seen) => boolean,
): Promise<Seen> {
  let seen = await visitor.twin().get(path);
  for (let i = 0; i < 4 && !signedIn(seen); i++) seen = await visitor.twin().get(path);
  return seen;
}

/** @returns several of them */
export async function pagesOf(
  visitor: Visitor,
  paths: readonly string[],
  signedIn: (seen: Seen) => boolean,
): Promise<Seen[]> {
  const pages: Seen[] = [];
  for (const path of paths) pages.push(await insideOf(visitor, path, signedIn));
  return pages;
}
