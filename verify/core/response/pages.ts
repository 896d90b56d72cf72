/** Defines the settings of a target file that say how its pages are read. */
import type { Finding } from './finding.ts';
import type { LoginPage } from './login-answer.ts';
import type { Naming, Versioning } from './naming.ts';
import type { ListSpec } from './pages-of-list.ts';

export interface Pages {
  login: LoginPage;
  signedIn: { user: Finding };
  /** Further responses that count as signed out. A 401 and a redirect to the login page always count. */
  signedOut?: { status: readonly number[]; redirect: readonly string[] } | undefined;
  /** Addresses of other sites that take part in logins. A redirect to such a site asks the user to log in. */
  origins?: readonly string[] | undefined;
  csrf?: Finding | undefined;
  probes: readonly { object: string; read: ListSpec }[];
  instance?: (Naming & { version?: Versioning | undefined }) | undefined;
  /** A regular expression for responses such as "busy, try again". The app refused this request without any effect. */
  busy?: string | undefined;
}
