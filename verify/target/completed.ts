/** Completes a target file: the login of a target without one, and names for reads that share a path. */
import type { LoginSpec, Probe, TargetFile } from './schema.ts';

/** Name of the captured value for HTTP Basic: user and password, encoded for the header. The login sets it. */
export const BASIC = 'basic';

/** Name of the captured value for the header of a ready-made session. */
export const READY_MADE = 'ready_made';

/** The fields that depend on how clients get their sessions. An undefined field overrides the field of the file. */
interface Entry {
  headers: TargetFile['headers'];
  login: LoginSpec & { page: string };
  logout?: undefined;
  logoutEverywhere?: undefined;
  probes?: Probe[];
}

/**
 * Returns the login, and the headers that carry the session. A ready-made session begins with a request for the page
 * that shows the user. All clients of an account share their ready-made session, so no client logs out. But if a
 * command makes a session for each client, clients log out as usual.
 */
export function entry({ headers, login, session, signedIn, probes }: TargetFile): Entry {
  if (login !== undefined) {
    const basic = login.basic ? { Authorization: `Basic {${BASIC}}` } : {};
    return { headers: { ...headers, ...basic }, login: { ...login, page: login.page ?? signedIn.page } };
  }
  const given = session?.header ?? {};
  const [text = 'Authorization:'] = typeof given === 'string' ? [given] : Object.values(given);
  const carries = session?.header !== undefined || session?.command !== undefined;
  const { page } = signedIn;
  return {
    headers: carries ? { [text.split(':')[0] ?? '']: `{${READY_MADE}}`, ...headers } : headers,
    login: {
      ...{ page, path: page, method: 'GET', form: {}, headers: {}, follow: false },
      ...{ capture: {}, basic: false, steps: [] },
    },
    ...(session?.command === undefined
      ? { logout: undefined, logoutEverywhere: undefined, probes: probes.map(shared) }
      : {}),
  };
}

/** Returns the path of a read. If the read has a JSON body, adds a name that is unique for this read. */
const nameOf = (path: string, json: unknown, name: string): string =>
  json === undefined ? path : `${path}#${name}`;

/**
 * Gives each read by POST a separate path, because many reads share one path, such as /graphql. The part after # is
 * not sent.
 */
export function withNames(file: TargetFile): TargetFile {
  const { signedIn, probes } = file;
  return {
    ...file,
    signedIn: { ...signedIn, page: nameOf(signedIn.page, signedIn.json, 'user') },
    probes: probes.map(probe => {
      const { read, object } = probe;
      return { ...probe, read: { ...read, path: nameOf(read.path, read.json, object) } };
    }),
  };
}

export function postsOf(file: TargetFile): Record<string, unknown> {
  const { signedIn, probes } = withNames(file);
  const reads = [{ path: signedIn.page, json: signedIn.json }, ...probes.map(({ read }) => read)];
  return Object.fromEntries(reads.flatMap(({ path, json }) => (json === undefined ? [] : [[path, json]])));
}

/**
 * Returns the probe for clients that share one session. An object of the session then becomes an object of the user.
 */
const shared = (probe: Probe): Probe => (probe.scope === 'session' ? { ...probe, scope: 'user' } : probe);
