/** Defines what init finds out about an app. */
import type { Login } from './login.ts';
import type { Logout } from './logout.ts';
import type { Mark } from './mark.ts';
import type { FoundProbe } from './probe.ts';
import type { Carried } from './session.ts';
import type { Alone, Signal } from './signal.ts';

/** A guarantee that a run could not decide. `lacks`: the missing part of the file. `remedy`: how to add this part. */
export interface Unclaimed {
  guarantee: string;
  lacks: string;
  remedy: string;
}

export interface AppFindings {
  name: string;
  url: string;
  /** Addresses of the other hosts that a login visits, such as an identity provider. */
  origins?: readonly string[];
  /** Path of the file with the certificates of a private authority, relative to the target file. */
  ca?: string | undefined;
  accounts: { user: string; passwordEnv: string; totpEnv?: string | undefined }[];
  login: Login;
  mark: Mark;
  signedOut: { status?: number; redirect?: string };
  carried: Carried;
  /** The app's limits on the sessions of one user. */
  sessions: { most?: number; logout?: 'all'; every?: string };
  /**
   * The recipe that init tried first (the usual login and logout of a framework), and the differences between the app
   * and this recipe.
   */
  recipe: { name: string; documented: string | undefined; departures: readonly string[] } | undefined;
  csrf: Login['csrf'];
  logout: Logout | undefined;
  /** True if the app still accepts the old session cookie after the logout. */
  livesOn: boolean;
  /** Forms and links that look like a logout, but did not sign out when init tried them. */
  failedLogouts: readonly string[];
  /**
   * Time for which the app still accepts a replaced refresh token, milliseconds; `endless` if it is longer than init
   * waits.
   */
  grace?: number | 'endless' | undefined;
  signal: Signal | Alone | undefined;
  probe: FoundProbe | undefined;
  /** Forms that init did not send, each with the reason. */
  skipped?: readonly string[];
  claims: (string | { routing: string })[];
  /** The reason for the chosen claims, as a comment in the target file. */
  because: string;
  /** Paths of other pages that only a signed-in user can see. */
  pages?: readonly string[];
  /** Paths that the app also shows to clients without a session. */
  public?: readonly string[];
  /** Guarantees that no run can decide, although the target file has all that they need. */
  undecidable?: readonly Unclaimed[];
}

/** The findings when init stops early: the facts from the command line, and everything that init has found so far. */
export type Begun = Pick<AppFindings, 'name' | 'url' | 'accounts'> & Partial<AppFindings>;
