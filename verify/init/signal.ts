/** Finds the header, cookie or text that names the instance. It has few different values, each in many responses. */
import { twinsOf } from '../client/affinity.ts';
import type { Manners, PageVisit, Visitor } from './visitor.ts';

export interface Signal {
  /** Where responses name their instance, in the format of the target file's key `instance`. */
  instance: { header: string; find?: string } | { cookie: string } | { body: string };
  names: string[];
  sticky: boolean;
  /** Name of the affinity cookie. */
  by?: string;
}

/** The only instance that responded, and the header that names it. */
export interface Alone {
  name: string;
  header: string;
  /** True if the balancer pins connections: responses over new connections named other instances. */
  pinned: boolean;
}

const LOOKS = 24;
const MOST_INSTANCES = 8;
/** Headers that differ between responses, but do not name the instance. */
const OTHER =
  /^(date|age|etag|expires|last-modified|content-|set-cookie|x-request-id|x-correlation-id|x-trace|traceparent|x-amzn-trace-id|x-runtime|x-response-time|x-ratelimit|ratelimit|retry-after|report-to|nel|cf-ray|x-amz-cf-id|vary|cache-control|connection|keep-alive|location|transfer-encoding|x-csrf)/;
/** Words in the names of headers that name an instance. */
const NAMING = /instance|served|backend|upstream|server|node|pod|host|route|worker|replica|via|app/;
/** Affinity cookies of well-known balancers. Some values do not name the instance. */
const STICKY =
  /^(AWSALB|AWSALBCORS|AWSELB|AWSELBCORS|SERVERID|route|ROUTEID|INGRESSCOOKIE|_?sticky|lb|BIGipServer.*|ARRAffinity.*|GCLB|SRV)$/i;
const IN_PAGE =
  '(?:[Ss]erved.by|[Ii]nstance|[Hh]ostname|[Ss]erver|[Nn]ode|[Pp]od|[Bb]ackend)\\W{1,20}(\\w[\\w.:-]{1,60})';

const CONNECTIONS = 6;

/**
 * Finds out how responses name their instance.
 *
 * @param path path of a public page
 */
export async function findSignal(manners: Manners, path: string): Promise<Signal | Alone | undefined> {
  const looks: PageVisit[] = [];
  for (let i = 0; i < LOOKS; i++) looks.push(await manners.fresh().get(path));
  const found = inHeaders(looks) ?? inCookies(looks) ?? inPages(looks);
  if (found === undefined) return alone(manners, path, looks);
  const visitor = manners.fresh();
  await visitor.get(path);
  return { ...found, ...(await stickiness(visitor, path, found.instance)) };
}

async function alone(
  manners: Manners,
  path: string,
  looks: readonly PageVisit[],
): Promise<Alone | undefined> {
  const header = Object.keys(looks[0]?.headers ?? {}).find(
    name => /instance|served|backend|upstream/.test(name) && !OTHER.test(name),
  );
  if (header === undefined) return undefined;
  const names = new Set(looks.map(seen => instanceOf(seen, { header })));
  const [name] = names;
  if (names.size !== 1 || name === undefined) return undefined;
  for (let i = 0; i < CONNECTIONS; i++)
    names.add(instanceOf(await manners.elsewhere(visitor => visitor.get(path)), { header }));
  return { name, header, pinned: names.size > 1 };
}

type Found = Pick<Signal, 'instance' | 'names'>;

/** Returns names of instances: 2 to 8 different values, each of which occurs several times. */
function few(values: readonly (string | undefined)[]): string[] | undefined {
  const counts = new Map<string, number>();
  for (const value of values) {
    if (value === undefined || value === '') return undefined;
    counts.set(value, (counts.get(value) ?? 0) + 1);
  }
  const names = [...counts.keys()].sort();
  return names.length > 1 && names.length <= MOST_INSTANCES && [...counts.values()].every(n => n > 1)
    ? names
    : undefined;
}

function inHeaders(looks: readonly PageVisit[]): Found | undefined {
  const names = Object.keys(looks[0]?.headers ?? {}).filter(name => !OTHER.test(name));
  const order = [...names.filter(name => NAMING.test(name)), ...names.filter(name => !NAMING.test(name))];
  for (const header of order) {
    for (const find of [undefined, ...PARTS]) {
      const instance = find === undefined ? { header } : { header, find };
      const found = few(looks.map(seen => instanceOf(seen, instance)));
      if (found !== undefined) return { instance, names: found };
    }
  }
  return undefined;
}

/** Matches the name of the instance in the headers Server-Timing and Via. */
const PARTS = ['desc="?([\\w.:-]+)', '([\\w.:-]+)\\s*(?:\\(|$)'];

function inCookies(looks: readonly PageVisit[]): Found | undefined {
  for (const { name } of looks[0]?.cookies ?? []) {
    const instance = { cookie: name };
    const names = few(looks.map(seen => instanceOf(seen, instance)));
    if (names !== undefined) return { instance, names };
  }
  return undefined;
}

function inPages(looks: readonly PageVisit[]): Found | undefined {
  const instance = { body: IN_PAGE };
  const names = few(looks.map(seen => instanceOf(seen, instance)));
  return names === undefined ? undefined : { instance, names };
}

function instanceOf(seen: PageVisit, instance: Signal['instance']): string | undefined {
  if ('cookie' in instance) return seen.cookies.find(({ name }) => name === instance.cookie)?.value;
  if ('body' in instance) return new RegExp(instance.body).exec(seen.body)?.[1];
  const value = [seen.headers[instance.header] ?? []].flat().join(', ');
  if (instance.find !== undefined) return new RegExp(instance.find).exec(value)?.[1];
  return value.split(/, | : /).at(-1);
}

/**
 * Returns whether a client with cookies always reaches the same instance, and which cookie pins the client.
 *
 * @param visitor a visitor with the cookies of the app and the balancer
 */
export async function stickiness(
  visitor: Visitor,
  path: string,
  instance: Signal['instance'],
): Promise<Pick<Signal, 'sticky' | 'by'>> {
  if (!(await stays(visitor, path, instance))) return { sticky: false };
  const cookies = visitor.client.cookies(path).map(({ name }) => name);
  const order = [...cookies.filter(name => STICKY.test(name)), ...cookies.filter(name => !STICKY.test(name))];
  for (const by of order)
    if (!(await stays(visitor, path, instance, twinsOf(by)))) return { sticky: true, by };
  return { sticky: true };
}

async function stays(
  visitor: Visitor,
  path: string,
  instance: Signal['instance'],
  without: readonly string[] = [],
): Promise<boolean> {
  const names = new Set<string>();
  for (let i = 0; i < 8; i++) {
    const twin = visitor.twin(without);
    // A later response may not set the affinity cookie again, so init reads the cookie jar too.
    const seen = await twin.get(path);
    const name =
      'cookie' in instance
        ? (instanceOf(seen, instance) ??
          twin.client.cookies(path).find(c => c.name === instance.cookie)?.value)
        : instanceOf(seen, instance);
    if (name !== undefined) names.add(name);
  }
  return names.size === 1;
}
