/** Adds a login to a target file that has none, and a unique name to each read by POST. */
import type { LoginSpec, Probe, TargetFile } from './schema.ts';

/** Placeholder for user and password, encoded for HTTP Basic. */
export const BASIC = 'basic';

/** Placeholder for the value of the header that carries a ready-made session. */
export const READY_MADE = 'ready_made';

/** Fields that replace fields of the target file, even if their value is `undefined`. */
interface Entry {
  headers: TargetFile['headers'];
  login: LoginSpec & { page: string };
  logout?: undefined;
  logoutEverywhere?: undefined;
  probes?: Probe[];
}

/**
 * Returns the login, and the headers that carry the session. Clients with a ready-made session log out only if a
 * command makes a session for each client; otherwise all clients of an account share the session.
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
      page,
      path: page,
      method: 'GET',
      form: {},
      headers: {},
      follow: false,
      capture: {},
      basic: false,
      steps: [],
    },
    ...(session?.command === undefined
      ? { logout: undefined, logoutEverywhere: undefined, probes: probes.map(shared) }
      : {}),
  };
}

/** Returns `/graphql#cart` for a read of `/graphql` by POST. */
const nameOf = (path: string, json: unknown, name: string): string =>
  json === undefined ? path : `${path}#${name}`;

/**
 * Adds a unique name to the path of each read by POST, because several reads may share a path. Clients do not send the
 * part after #.
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

/** Clients with a shared session see each other's objects, so the scope `session` becomes `user`. */
const shared = (probe: Probe): Probe => (probe.scope === 'session' ? { ...probe, scope: 'user' } : probe);
