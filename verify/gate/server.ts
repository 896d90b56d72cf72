/** Serves the gate over HTTP, for Argo Rollouts, Flagger and Prometheus. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { UsageError } from '../errors.ts';
import { CONTENT_TYPE } from '../openmetrics.ts';
import type { Gate, Status } from './gate.ts';
import { gateMetrics } from './metrics.ts';

/** Maximum time for which a request can wait for a verdict, seconds. */
const LONGEST = 3600;
/** Default time for which POST /start waits for the logins, seconds. */
const LOGINS = 60;

interface Route {
  readonly does: string;
  /** True if the route changes the gate, and so refuses GET. */
  readonly post?: true;
  handle(gate: Gate, query: Query): Promise<{ status: number; gate: Status }>;
}

interface Query {
  /** Value of the query parameter `wait`, seconds. */
  readonly wait: number | undefined;
  /** Aborts when the client disconnects. */
  readonly signal: AbortSignal;
}

const decided = ({ verdict, state }: Status): boolean => verdict !== 'unknown' || state === 'stopped';

/** Returns a route that responds with status 200 if `passes` returns true, otherwise with 409. */
const gated = (does: string, passes: (status: Status) => boolean): Route => ({
  does,
  handle: async (gate, { wait = 0, signal }) => {
    const status = await gate.statusWhen(now => passes(now) || decided(now), wait * 1000, signal);
    return { status: passes(status) ? 200 : 409, gate: status };
  },
});

const ROUTES: Readonly<Record<string, Route>> = {
  '/start': {
    does: 'ends an earlier run, logs in the sessions, and responds when each session has tried to log in',
    post: true,
    handle: async (gate, { wait = LOGINS, signal }) => {
      await gate.start();
      const status = await gate.statusWhen(
        ({ state }) => state === 'running' || state === 'stopped',
        wait * 1000,
        signal,
      );
      return { status: status.state === 'running' ? 200 : 503, gate: status };
    },
  },
  '/status': {
    does: 'the state of the gate, as JSON',
    handle: async gate => ({ status: 200, gate: gate.status() }),
  },
  '/verdict': {
    does: 'as `/status`; with `?wait=SECONDS` it responds when the verdict is valid or violated, or after that time',
    handle: async (gate, { wait = 0, signal }) => ({
      status: 200,
      gate: await gate.statusWhen(decided, wait * 1000, signal),
    }),
  },
  '/promote': gated('200 if the verdict is valid, else 409', ({ verdict }) => verdict === 'valid'),
  '/advance': gated(
    'as `/promote`, but also 200 while the new version gets no traffic',
    ({ verdict, canary, state }) =>
      verdict === 'valid' || (verdict === 'unknown' && canary === undefined && state === 'running'),
  ),
  '/rollback': gated('200 if the verdict is violated, else 409', ({ verdict }) => verdict === 'violated'),
  '/stop': {
    does: 'ends the sessions and completes the history',
    post: true,
    handle: async gate => {
      await gate.stop();
      return { status: 200, gate: gate.status() };
    },
  },
};

/** Returns an HTTP server that does not listen yet. */
export function gateServer(gate: Gate): Server {
  return createServer((request, response) => {
    respond(gate, request, response).catch((error: unknown) => {
      const status = error instanceof UsageError ? 400 : 500;
      json(response, status, { error: error instanceof Error ? error.message : String(error) });
    });
  });
}

async function respond(gate: Gate, request: IncomingMessage, response: ServerResponse): Promise<void> {
  // Ignores the body, in which Flagger describes its canary. The target file has all settings.
  request.resume();
  const url = URL.parse(request.url ?? '/', 'http://gate');
  if (url === null)
    throw new UsageError(`expected a path such as /status, got ${JSON.stringify(request.url)}`);
  const { pathname, searchParams } = url;
  if (pathname === '/healthz') return json(response, 200, { state: gate.status().state });
  if (pathname === '/metrics') {
    const text = gateMetrics(gate.status());
    response.writeHead(200, { 'content-type': CONTENT_TYPE });
    response.end(text);
    return;
  }
  const route = ROUTES[pathname];
  if (route === undefined)
    return json(response, 404, {
      error: `expected one of ${Object.keys(ROUTES).join(', ')}, got ${pathname}`,
    });
  if (route.post && request.method !== 'POST')
    return json(
      response,
      405,
      { error: `expected POST ${pathname}, got ${request.method}` },
      { allow: 'POST' },
    );
  const gone = new AbortController();
  response.on('close', () => gone.abort());
  const { status, gate: shown } = await route.handle(gate, {
    wait: secondsIn(searchParams.get('wait')),
    signal: gone.signal,
  });
  json(response, status, shown);
}

function secondsIn(text: string | null): number | undefined {
  if (text === null) return undefined;
  if (/^\d{1,4}$/.test(text) && Number(text) <= LONGEST) return Number(text);
  throw new UsageError(`wait: expected seconds from 0 to ${LONGEST}, got ${JSON.stringify(text)}`);
}

function json(
  response: ServerResponse,
  status: number,
  data: object,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { ...headers, 'content-type': 'application/json', 'cache-control': 'no-store' });
  response.end(`${JSON.stringify(data, null, 2)}\n`);
}
