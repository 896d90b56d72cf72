/** How an instance is recognised: what differs from answer to answer, and has only a few values that come again. */
import { twinsOf } from '../client/affinity.ts';
import type { Manners, Seen, Visitor } from './visitor.ts';

export interface Signal {
  /** As the target file calls it. */
  instance: { header: string; find?: string } | { cookie: string } | { body: string };
  /** Names of the instances that answered. */
  names: string[];
  sticky: boolean;
  /** The cookie by which the balancer is sticky: who does not send it gets off. */
  by?: string;
}

/** Answers that all name one instance. */
export interface Alone {
  name: string;
  header: string;
  /** Each connection has an instance of its own. */
  pinned: boolean;
}

const LOOKS = 24;
const MOST_INSTANCES = 8;
/** Headers that differ for other reasons. */
const OTHER =
  /^(date|age|etag|expires|last-modified|content-|set-cookie|x-request-id|x-correlation-id|x-trace|traceparent|x-amzn-trace-id|x-runtime|x-response-time|x-ratelimit|ratelimit|retry-after|report-to|nel|cf-ray|x-amz-cf-id|vary|cache-control|connection|keep-alive|location|transfer-encoding|x-csrf)/;
/** Headers and cookies that are there to tell. */
const TELLING = /instance|served|backend|upstream|server|node|pod|host|route|worker|replica|via|app/;
/** Cookies by which balancers keep somebody on one instance; the value of some is no name. */
const STICKY =
  /^(AWSALB|AWSALBCORS|AWSELB|AWSELBCORS|SERVERID|route|ROUTEID|INGRESSCOOKIE|_?sticky|lb|BIGipServer.*|ARRAffinity.*|GCLB|SRV)$/i;
/** A page may say it in words. */
const IN_PAGE =
  '(?:[Ss]erved.by|[Ii]nstance|[Hh]ostname|[Ss]erver|[Nn]ode|[Pp]od|[Bb]ackend)\\W{1,20}(\\w[\\w.:-]{1,60})';

/** Looks over connections of their own. */
const CONNECTIONS = 6;

/** @param path of a page that anybody sees */
export async function findSignal(manners: Manners, path: string): Promise<Signal | Alone | undefined> {
  const looks: Seen[] = [];
  for (let i = 0; i < LOOKS; i++) looks.push(await manners.fresh().get(path));
  const found = inHeaders(looks) ?? inCookies(looks) ?? inPages(looks);
  if (found === undefined) return alone(manners, path, looks);
  const visitor = manners.fresh();
  await visitor.get(path);
  return { ...found, ...(await stickiness(visitor, path, found.instance)) };
}

/** A header that says who answers, and says the same each time. */
async function alone(manners: Manners, path: string, looks: readonly Seen[]): Promise<Alone | undefined> {
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

/** @returns the values when they can be names of instances: few, each of them again and again */
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

function inHeaders(looks: readonly Seen[]): Found | undefined {
  const names = Object.keys(looks[0]?.headers ?? {}).filter(name => !OTHER.test(name));
  const order = [...names.filter(name => TELLING.test(name)), ...names.filter(name => !TELLING.test(name))];
  for (const header of order) {
    for (const find of [undefined, ...PARTS]) {
      const instance = find === undefined ? { header } : { header, find };
      const found = few(looks.map(seen => instanceOf(seen, instance)));
      if (found !== undefined) return { instance, names: found };
    }
  }
  return undefined;
}

/** Of a header that says more than a name: Server-Timing, Via. */
const PARTS = ['desc="?([\\w.:-]+)', '([\\w.:-]+)\\s*(?:\\(|$)'];

function inCookies(looks: readonly Seen[]): Found | undefined {
  for (const { name } of looks[0]?.cookies ?? []) {
    const instance = { cookie: name };
    const names = few(looks.map(seen => instanceOf(seen, instance)));
    if (names !== undefined) return { instance, names };
  }
  return undefined;
}

function inPages(looks: readonly Seen[]): Found | undefined {
  const instance = { body: IN_PAGE };
  const names = few(looks.map(seen => instanceOf(seen, instance)));
  return names === undefined ? undefined : { instance, names };
}

/** @returns the name that an answer gives */
function instanceOf(seen: Seen, instance: Signal['instance']): string | undefined {
  if ('cookie' in instance) return seen.cookies.find(({ name }) => name === instance.cookie)?.value;
  if ('body' in instance) return new RegExp(instance.body).exec(seen.body)?.[1];
  const value = [seen.headers[instance.header] ?? []].flat().join(', ');
  if (instance.find !== undefined) return new RegExp(instance.find).exec(value)?.[1];
  return value.split(/, | : /).at(-1);
}

/**
 * Whether somebody with cookies stays where they were, and which cookie keeps them there.
 *
 * @param visitor has the cookies that the app and the balancer give
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
  const met = new Set<string>();
  for (let i = 0; i < 8; i++) {
    const twin = visitor.twin(without);
    // A cookie is set at the first request only: who has it, was sent there.
    const seen = await twin.get(path);
    const name =
      'cookie' in instance
        ? (instanceOf(seen, instance) ??
          twin.client.cookies(path).find(c => c.name === instance.cookie)?.value)
        : instanceOf(seen, instance);
    if (name !== undefined) met.add(name);
  }
  return met.size === 1;
}
