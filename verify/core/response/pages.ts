/** Defines the parts of a target file that say how its pages are read. */
import type { Finding } from './finding.ts';
import type { LoginPage } from './login-answer.ts';
import type { Naming, Versioning } from './naming.ts';
import type { ListSpec } from './pages-of-list.ts';

export interface Pages {
  login: LoginPage;
  signedIn: { user: Finding };
  /** Further signed-out responses. A 401 and a redirect to the login page always are. */
  signedOut?: { status: readonly number[]; redirect: readonly string[] } | undefined;
  /** Other sites that take part in logins. A redirect to one of them asks the user to log in. */
  origins?: readonly string[] | undefined;
  csrf?: Finding | undefined;
  probes: readonly { object: string; read: ListSpec }[];
  instance?: (Naming & { version?: Versioning | undefined }) | undefined;
  /** Matches a response such as "busy, try again": the request was refused and had no effect. */
  busy?: string | undefined;
}
