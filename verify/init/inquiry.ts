/** Types and helpers that all parts of init share. */
import type { Reached } from '../client/network.ts';
import type { Codes } from './enter.ts';
import type { Credentials } from './login.ts';
import type { Known } from './logout.ts';
import type { Recipe } from './recipes.ts';
import type { Manners, Seen, Visitor } from './visitor.ts';

export interface InitOptions {
  reached: Reached;
  /** The target file's path of the certificates of a private authority, if there is one. */
  ca?: string | undefined;
  accounts: readonly (Credentials & { passwordEnv: string; totpEnv?: string | undefined })[];
  /** Name of the recipe, which says what to look for first. */
  recipe?: string | undefined;
  loginPage?: string | undefined;
  /** The login endpoint of an app that renders in the browser, and its JSON body. */
  loginPath?: string | undefined;
  loginJson?: unknown;
  signal: AbortSignal;
  /** Pause between two requests, milliseconds; 15 when absent. */
  pause?: number;
  /** Reports one finding. */
  say(line: string): void;
  /** Asks the user whether a form may be sent twice. */
  mayWrite(form: { page: string; path: string; field: string }): Promise<boolean>;
  /** Asks the user for the page with the login form, if none was found; undefined if the user does not know it. */
  whereLogin?(): Promise<string | undefined>;
  /** Asks the user for the secret of one-time codes, if the login needs one; undefined if the user does not know it. */
  secretOf?(user: string): Promise<string | undefined>;
}

export interface Looking {
  options: InitOptions;
  manners: Manners;
  codes: Codes;
  /** The account that is used for most tests. */
  first: Credentials;
  recipe: Recipe | undefined;
  /** Reports one finding under a heading. */
  say(what: string, text: string): void;
}

/** The pages of a signed-in user. */
export interface Inside extends Known {
  pages: readonly Seen[];
}

/** Opens a page, up to five times until the response is signed in. Returns the last response. */
export async function insideOf(
  visitor: Visitor,
  path: string,
  signedIn: (seen: Seen) => boolean,
): Promise<Seen> {
  let seen = await visitor.twin().get(path);
  for (let i = 0; i < 4 && !signedIn(seen); i++) seen = await visitor.twin().get(path);
  return seen;
}

/** Opens several pages likewise. */
export async function pagesOf(
  visitor: Visitor,
  paths: readonly string[],
  signedIn: (seen: Seen) => boolean,
): Promise<Seen[]> {
  const pages: Seen[] = [];
  for (const path of paths) pages.push(await insideOf(visitor, path, signedIn));
  return pages;
}
