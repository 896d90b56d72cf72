/** Defines the findings of init about an app. */
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
  /** The other hosts that logins visit. */
  origins?: readonly string[];
  /** File with the certificates of a private authority; its path is relative to the target file. */
  ca?: string | undefined;
  accounts: { user: string; passwordEnv: string; totpEnv?: string | undefined }[];
  login: Login;
  mark: Mark;
  signedOut: { status?: number; redirect?: string };
  carried: Carried;
  /** The limits on a user's sessions. */
  sessions: { most?: number; logout?: 'all'; every?: string };
  /** The recipe (the usual login and logout of a framework) that was tried first, and where the app differs from it. */
  recipe: { name: string; documented: string | undefined; departures: readonly string[] } | undefined;
  csrf: Login['csrf'];
  logout: Logout | undefined;
  /** True if the old cookie is still signed in after the logout. */
  livesOn: boolean;
  /** Logout forms and links of the pages that were tried and did not sign out. */
  failedLogouts: readonly string[];
  /** How long a replaced refresh token is accepted, milliseconds; `endless` if longer than init waits. */
  grace?: number | 'endless' | undefined;
  signal: Signal | Alone | undefined;
  probe: FoundProbe | undefined;
  /** Forms that were not sent, each with the reason. */
  skipped?: readonly string[];
  claims: (string | { routing: string })[];
  /** The reason for the chosen claims, as a comment in the target file. */
  because: string;
  /** Other pages that only a signed-in user can see. */
  pages?: readonly string[];
  /** Paths that need no session. */
  public?: readonly string[];
  /** Guarantees that a run cannot decide, although the target file has all that they need. */
  undecidable?: readonly Unclaimed[];
}

/** The findings if init stops early: the facts from the options, and all facts found so far. */
export type Begun = Pick<AppFindings, 'name' | 'url' | 'accounts'> & Partial<AppFindings>;
