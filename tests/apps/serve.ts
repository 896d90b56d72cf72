/** A web server of this process that answers as two instances in turn, and remembers what it was asked. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

const NAMES = ['one', 'two', 'three', 'four', 'five'] as const;
export type InstanceName = (typeof NAMES)[number];

export interface Asked {
  method: string;
  path: string;
  query: URLSearchParams;
  cookies: Readonly<Record<string, string>>;
  form: Readonly<Record<string, string>>;
  /** As it came. */
  body: string;
  headers: IncomingMessage['headers'];
  /** The one that answers. */
  instance: InstanceName;
}

export interface Answer {
  status?: number;
  body?: string;
  /** Where it redirects to. */
  to?: string;
  cookies?: readonly string[];
  headers?: Readonly<Record<string, string>>;
}

export interface Served {
  url: string;
  /** Of single instances, where they have one. */
  addresses: Readonly<Record<string, string>>;
  /** In the order of their arrival. */
  asked: readonly Asked[];
  stop(): Promise<void>;
}

export interface How {
  /**
   * @param connection number of the connection that the request came on
   * @returns who answers the n-th request; in turn when absent
   */
  balance?(
    asked: Omit<Asked, 'instance'>,
    n: number,
    connection: number,
  ): { instance: InstanceName; cookies?: readonly string[] };
  /** Whether answers tell their instance: they do when absent. */
  tells?: boolean;
  /** How many instances there are; two when absent. */
  instances?: number;
  /** Each instance also has an address of its own, where answers do not tell it: the balancer is what names instances. */
  addressed?: boolean;
}

/** @param answer what an instance answers; each is one request at a time, so nothing overlaps inside */
export async function serve(
  answer: (asked: Asked) => Answer,
  { balance, tells = true, addressed = false, instances = 2 }: How = {},
): Promise<Served> {
  const all: Asked[] = [];
  const connections = new Map<Socket, number>();
  const respond = (
    asked: Asked,
    response: ServerResponse,
    named: boolean,
    more: readonly string[] = [],
  ): void => {
    all.push(asked);
    const { status, body = '', to, cookies = [], headers = {} } = answer(asked);
    response.writeHead(status ?? (to === undefined ? 200 : 302), {
      'Content-Type': 'text/html; charset=utf-8',
      'Cache-Control': 'private, no-store',
      ...(to === undefined ? {} : { Location: to }),
      ...(named ? { 'X-Instance': asked.instance } : {}),
      'Set-Cookie': [...cookies, ...more],
      ...headers,
    });
    response.end(body);
  };
  const balancer = createServer(async (request, response) => {
    const whole = await wholeOf(request);
    const chosen = balance?.(whole, all.length, connections.get(request.socket) ?? 0) ?? {
      instance: NAMES[all.length % instances] ?? 'one',
    };
    respond({ ...whole, instance: chosen.instance }, response, tells, chosen.cookies);
  });
  balancer.on('connection', socket => connections.set(socket, connections.size));
  const single = (addressed ? NAMES.slice(0, instances) : []).map(instance => ({
    instance,
    server: createServer(async (request, response) =>
      respond({ ...(await wholeOf(request)), instance }, response, false),
    ),
  }));
  const url = await listening(balancer);
  const addresses: Record<string, string> = {};
  for (const { instance, server } of single) addresses[instance] = await listening(server);
  return {
    url,
    addresses,
    asked: all,
    stop: async () => {
      for (const server of [balancer, ...single.map(one => one.server)]) {
        server.closeAllConnections();
        server.close();
        await once(server, 'close');
      }
    },
  };
}

/** @returns its address */
async function listening(server: Server): Promise<string> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function wholeOf(request: IncomingMessage): Promise<Omit<Asked, 'instance'>> {
  const sent = await bodyOf(request);
  return { ...heard(request), body: sent, form: Object.fromEntries(new URLSearchParams(sent)) };
}

function heard(request: IncomingMessage): Omit<Asked, 'instance' | 'form' | 'body'> {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://app');
  const pairs = (request.headers.cookie ?? '').split('; ').filter(pair => pair !== '');
  return {
    method: request.method ?? 'GET',
    path: pathname,
    query: searchParams,
    cookies: Object.fromEntries(pairs.map(pair => [pair.split('=')[0], pair.slice(pair.indexOf('=') + 1)])),
    headers: request.headers,
  };
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request) text += chunk;
  return text;
}
