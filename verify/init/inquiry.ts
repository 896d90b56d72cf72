/** Defines types and functions that all parts of init share. */
import type { Reached } from '../client/network.ts';
import type { Codes } from './enter.ts';
import type { Hints } from './hints.ts';
import type { LoginCredentials } from './login.ts';
import type { Known } from './logout-requests.ts';
import type { Recipe } from './recipes.ts';
import type { Manners, PageVisit, Visitor } from './visitor.ts';

export interface InitOptions {
  reached: Reached;
  /** Path of the PEM file with the certificates of a private authority, as for `tls.ca` in the target file. */
  ca?: string | undefined;
  accounts: readonly (LoginCredentials & { passwordEnv: string; totpEnv?: string | undefined })[];
  /** Name of the recipe (a framework's usual login and logout) to try first. */
  recipe?: string | undefined;
  loginPage?: string | undefined;
  /** Path and JSON body of the login request. Needed if a script draws the login form. */
  loginPath?: string | undefined;
  loginJson?: unknown;
  /** Form fields of the login request, instead of `loginJson`. */
  loginForm?: Record<string, string> | undefined;
  /** Requests in a recording of the app's traffic. */
  hints?: Hints | undefined;
  signal: AbortSignal;
  /** Pause between two requests, milliseconds. Default: 15. */
  pause?: number;
  /** Called with one line for the user about each finding. */
  say(line: string): void;
  /** Asks the user for permission to send this form twice. */
  mayWrite(form: { page: string; path: string; field: string }): Promise<boolean>;
  /** Asks the user whether the login may visit another host. Without this callback, the login visits no other host. */
  mayVisit?(origin: string): Promise<boolean>;
  /** Called if init found no login page. Asks the user for the path of the login page. */
  whereLogin?(): Promise<string | undefined>;
  /** Asks the user for the secret of the one-time codes. Returns undefined if there is no secret. */
  secretOf?(user: string): Promise<string | undefined>;
}

export interface Looking {
  options: InitOptions;
  manners: Manners;
  codes: Codes;
  first: LoginCredentials;
  recipe: Recipe | undefined;
  say(what: string, text: string): void;
}

export interface Inside extends Known {
  pages: readonly PageVisit[];
}

/** Opens a page at most five times, until the response shows a signed-in user. Returns the last response. */
export async function insideOf(
  visitor: Visitor,
  path: string,
  signedIn: (seen: PageVisit) => boolean,
): Promise<PageVisit> {
  let seen = await visitor.twin().get(path);
  for (let i = 0; i < 4 && !signedIn(seen); i++) seen = await visitor.twin().get(path);
  return seen;
}

/** Opens each page at most five times, until the response shows a signed-in user. Returns the last responses. */
export async function pagesOf(
  visitor: Visitor,
  paths: readonly string[],
  signedIn: (seen: PageVisit) => boolean,
): Promise<PageVisit[]> {
  const pages: PageVisit[] = [];
  for (const path of paths) pages.push(await insideOf(visitor, path, signedIn));
  return pages;
}
