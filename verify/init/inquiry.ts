/** Defines the types and helpers that all parts of init share. */
import type { Reached } from '../client/network.ts';
import type { Codes } from './enter.ts';
import type { Hints } from './hints.ts';
import type { LoginCredentials } from './login.ts';
import type { Known } from './logout.ts';
import type { Recipe } from './recipes.ts';
import type { Manners, PageVisit, Visitor } from './visitor.ts';

export interface InitOptions {
  reached: Reached;
  /** Path of the file with the certificates of a private authority, as the target file will contain it. */
  ca?: string | undefined;
  accounts: readonly (LoginCredentials & { passwordEnv: string; totpEnv?: string | undefined })[];
  /** Name of the recipe to try first. A recipe is the usual login and logout of a framework. */
  recipe?: string | undefined;
  loginPage?: string | undefined;
  /**
   * Path and JSON body of the login request. Needed if a script draws the login page, so that init finds no form in it.
   */
  loginPath?: string | undefined;
  loginJson?: unknown;
  /** Form fields of the login request, if a script draws the login form. Used instead of `loginJson`. */
  loginForm?: Record<string, string> | undefined;
  /** Requests of the app that a recording of its traffic shows. */
  hints?: Hints | undefined;
  signal: AbortSignal;
  /** Pause between two requests, milliseconds. Default: 15. */
  pause?: number;
  /** Called with a line for the user about each finding. */
  say(line: string): void;
  /** Asks the user for permission to send this form. Init sends it twice. */
  mayWrite(form: { page: string; path: string; field: string }): Promise<boolean>;
  /**
   * Asks the user whether the login can visit another host, to which the app redirects. If this callback is absent, the
   * login visits no other host.
   */
  mayVisit?(origin: string): Promise<boolean>;
  /**
   * Asks the user for the path of the login page. Called if init found no login page. Returns undefined if the user
   * knows no path.
   */
  whereLogin?(): Promise<string | undefined>;
  /**
   * Asks the user for the secret that generates the one-time codes. Called if the login needs such codes. Returns
   * undefined if the user has no secret.
   */
  secretOf?(user: string): Promise<string | undefined>;
}

export interface Looking {
  options: InitOptions;
  manners: Manners;
  codes: Codes;
  /** The first account of the user. Most steps of init use only this account. */
  first: LoginCredentials;
  recipe: Recipe | undefined;
  /** Shows a finding about the app to the user, under a heading. */
  say(what: string, text: string): void;
}

/** The pages that a signed-in user sees. */
export interface Inside extends Known {
  pages: readonly PageVisit[];
}

/** Opens a page until the response shows a signed-in user, at most five times. Returns the last response. */
export async function insideOf(
  visitor: Visitor,
  path: string,
  signedIn: (seen: PageVisit) => boolean,
): Promise<PageVisit> {
  let seen = await visitor.twin().get(path);
  for (let i = 0; i < 4 && !signedIn(seen); i++) seen = await visitor.twin().get(path);
  return seen;
}

/**
 * Opens each page until the response shows a signed-in user, at most five times. Returns the last response of each
 * page.
 */
export async function pagesOf(
  visitor: Visitor,
  paths: readonly string[],
  signedIn: (seen: PageVisit) => boolean,
): Promise<PageVisit[]> {
  const pages: PageVisit[] = [];
  for (const path of paths) pages.push(await insideOf(visitor, path, signedIn));
  return pages;
}
