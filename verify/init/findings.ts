import type { Carried } from './carriers.ts';
import type { Login } from './login.ts';
import type { Logout } from './logout-requests.ts';
import type { Mark } from './mark.ts';
import type { FoundProbe } from './probe.ts';
import type { Alone, Signal } from './signal.ts';

/** A guarantee that no run can decide, and the part that the target file lacks for it (`lacks`). */
export interface Unclaimed {
  guarantee: string;
  lacks: string;
  remedy: string;
}

export interface AppFindings {
  name: string;
  url: string;
  /** Other hosts that a login visits, such as an identity provider. */
  origins?: readonly string[];
  /** Path of a private authority's certificates, relative to the target file. */
  ca?: string | undefined;
  accounts: { user: string; passwordEnv: string; totpEnv?: string | undefined }[];
  login: Login;
  mark: Mark;
  /** The response to a client without a session, and the status for a token that the app did not issue. */
  signedOut: { status?: number; redirect?: string; unknownToken?: number | undefined };
  carried: Carried;
  sessions: { most?: number; logout?: 'all'; every?: string };
  /** The recipe (a framework's usual login and logout) that init tried first, and how the app differs from it. */
  recipe: { name: string; documented: string | undefined; departures: readonly string[] } | undefined;
  csrf: Login['csrf'];
  logout: Logout | undefined;
  livesOn: boolean;
  /** Forms and links that look like a logout, but did not log out. */
  failedLogouts: readonly string[];
  /** Time for which the app accepts a replaced refresh token, milliseconds. `endless`: longer than init waits. */
  grace?: number | 'endless' | undefined;
  signal: Signal | Alone | undefined;
  probe: FoundProbe | undefined;
  skipped?: readonly string[];
  claims: (string | { routing: string })[];
  /** The reason for the claims, as a comment in the target file. */
  because: string;
  /** Paths of GraphQL APIs whose queries are read by POST. */
  byPost?: ReadonlySet<string>;
  /** Further pages that only a signed-in user can see. */
  pages?: readonly string[];
  public?: readonly string[];
  /** Guarantees that no run can decide, although the target file is complete. */
  undecidable?: readonly Unclaimed[];
}

export type Begun = Pick<AppFindings, 'name' | 'url' | 'accounts'> & Partial<AppFindings>;
