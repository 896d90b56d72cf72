/** Completes a target file. Adds a login if the file has none, and a unique name to each read by POST. */
import type { LoginSpec, Probe, TargetFile } from './schema.ts';

/** Name of the placeholder for user and password, encoded as in a header of HTTP Basic. */
export const BASIC = 'basic';

/** Name of the placeholder for the value of the header that carries a ready-made session. */
export const READY_MADE = 'ready_made';

/**
 * Fields of a target that depend on how clients get their sessions. They replace the fields of the target file. The
 * value `undefined` also replaces a field, for example to remove the logout.
 */
interface Entry {
  headers: TargetFile['headers'];
  login: LoginSpec & { page: string };
  logout?: undefined;
  logoutEverywhere?: undefined;
  probes?: Probe[];
}

/**
 * Returns the login, and the headers that carry the session. For ready-made sessions, the login is a request for the
 * signed-in page, and clients do not log out, because all clients of an account share its session. They do log out if a
 * command makes a separate session for each client.
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

/** Returns the path of a read. Adds a unique name to the path if the read uses POST: `/graphql#cart` for `/graphql`. */
const nameOf = (path: string, json: unknown, name: string): string =>
  json === undefined ? path : `${path}#${name}`;

/**
 * Adds a unique name to the path of each read by POST, because several reads may share a path such as /graphql.
 * Clients do not send the part after #.
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
 * Returns the probe for clients that share one session. Changes the scope `session` to `user`, because all clients of
 * the user see the objects of the shared session.
 */
const shared = (probe: Probe): Probe => (probe.scope === 'session' ? { ...probe, scope: 'user' } : probe);
