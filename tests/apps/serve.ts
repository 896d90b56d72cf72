/** A web server of this process that answers as two instances in turn, and remembers what it was asked. */
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
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
}

/** @param answer what an instance answers; each is one request at a time, so nothing overlaps inside */
export async function serve(
  answer: (asked: Asked) => Answer,
  { balance, tells = true, instances = 2 }: How = {},
): Promise<Served> {
  const all: Asked[] = [];
  const connections = new Map<Socket, number>();
  const server = createServer(async (request, response) => {
    const sent = await bodyOf(request);
    const whole = { ...heard(request), body: sent, form: Object.fromEntries(new URLSearchParams(sent)) };
    const chosen = balance?.(whole, all.length, connections.get(request.socket) ?? 0) ?? {
      instance: NAMES[all.length % instances] ?? 'one',
    };
    const asked: Asked = { ...whole, instance: chosen.instance };
    all.push(asked);
    const { status, body = '', to, cookies = [], headers = {} } = answer(asked);
    response.writeHead(status ?? (to === undefined ? 200 : 302), {
      'Content-Type': 'text/html; charset=utf-8',
      'Cache-Control': 'private, no-store',
      ...(to === undefined ? {} : { Location: to }),
      ...(tells ? { 'X-Instance': asked.instance } : {}),
      'Set-Cookie': [...cookies, ...(chosen.cookies ?? [])],
      ...headers,
    });
    response.end(body);
  });
  server.on('connection', socket => connections.set(socket, connections.size));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked: all,
    stop: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
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
