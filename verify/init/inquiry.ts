/** Types and helpers that all parts of init share. */
import type { Reached } from '../client/network.ts';
import type { Codes } from './enter.ts';
import type { Hints } from './hints.ts';
import type { LoginCredentials } from './login.ts';
import type { Known } from './logout.ts';
import type { Recipe } from './recipes.ts';
import type { Manners, PageVisit, Visitor } from './visitor.ts';

export interface InitOptions {
  reached: Reached;
  /** Path of the certificates of a private authority, as the target file will contain it. */
  ca?: string | undefined;
  accounts: readonly (LoginCredentials & { passwordEnv: string; totpEnv?: string | undefined })[];
  /** Name of the recipe to try first. A recipe is the usual login and logout of a framework. */
  recipe?: string | undefined;
  loginPage?: string | undefined;
  /**
   * Path of the login request, for an app that renders its login page in the browser. `loginJson`: the body of this
   * request.
   */
  loginPath?: string | undefined;
  loginJson?: unknown;
  /** Fields of the login request, for a form that scripts draw. Replaces `loginJson`. */
  loginForm?: Record<string, string> | undefined;
  /** Requests that a recording of the app's traffic shows. */
  hints?: Hints | undefined;
  signal: AbortSignal;
  /** Pause between two requests, milliseconds. Default: 15. */
  pause?: number;
  /** Reports one finding. */
  say(line: string): void;
  /** Asks the user for permission to send a form twice. */
  mayWrite(form: { page: string; path: string; field: string }): Promise<boolean>;
  /**
   * Returns whether the login may visit another host to which the app redirects. Absent: it may visit no other host.
   */
  mayVisit?(origin: string): Promise<boolean>;
  /** Asks the user for the path of the login page, if none was found. Returns undefined if the user knows none. */
  whereLogin?(): Promise<string | undefined>;
  /**
   * Asks the user for the secret of the one-time codes, if the login needs such codes. Returns undefined if the user
   * has no secret.
   */
  secretOf?(user: string): Promise<string | undefined>;
}

export interface Looking {
  options: InitOptions;
  manners: Manners;
  codes: Codes;
  /** The first account, which most steps use. */
  first: LoginCredentials;
  recipe: Recipe | undefined;
  /** Reports one finding under a heading. */
  say(what: string, text: string): void;
}

/** The pages of a signed-in user. */
export interface Inside extends Known {
  pages: readonly PageVisit[];
}

/** Opens a page until the response is signed in, at most five times. Returns the last response. */
export async function insideOf(
  visitor: Visitor,
  path: string,
  signedIn: (seen: PageVisit) => boolean,
): Promise<PageVisit> {
  let seen = await visitor.twin().get(path);
  for (let i = 0; i < 4 && !signedIn(seen); i++) seen = await visitor.twin().get(path);
  return seen;
}

/** Opens each page until its response is signed in, at most five times. Returns the last response of each. */
export async function pagesOf(
  visitor: Visitor,
  paths: readonly string[],
  signedIn: (seen: PageVisit) => boolean,
): Promise<PageVisit[]> {
  const pages: PageVisit[] = [];
  for (const path of paths) pages.push(await insideOf(visitor, path, signedIn));
  return pages;
}
