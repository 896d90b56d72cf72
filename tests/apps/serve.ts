/** Serves an app in this process, and records the requests. By default, two instances take turns. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

const NAMES = ['one', 'two', 'three', 'four', 'five'] as const;
export type InstanceName = (typeof NAMES)[number];

export interface AppRequest {
  method: string;
  path: string;
  query: URLSearchParams;
  cookies: Readonly<Record<string, string>>;
  form: Readonly<Record<string, string>>;
  /** The unparsed body of the request. */
  body: string;
  headers: IncomingMessage['headers'];
  instance: InstanceName;
}

export interface AppResponse {
  status?: number;
  body?: string;
  to?: string;
  cookies?: readonly string[];
  headers?: Readonly<Record<string, string>>;
}

export interface Served {
  url: string;
  /** Key: instance; value: its address. Empty if only the balancer has an address. */
  addresses: Readonly<Record<string, string>>;
  asked: readonly AppRequest[];
  stop(): Promise<void>;
}

export interface How {
  /**
   * Returns the instance for request number n. By default, the instances take turns.
   * @param connection number of the connection on which the request arrived
   */
  balance?(
    asked: Omit<AppRequest, 'instance'>,
    n: number,
    connection: number,
  ): { instance: InstanceName; cookies?: readonly string[] };
  /** True (the default) if responses contain the name of their instance. */
  named?: boolean;
  /** Time between the change of the data and the response, milliseconds; 0 by default. */
  slow?: number;
  instances?: number;
  /** True if each instance also has its own address. Then only the balancer's responses name instances. */
  addressed?: boolean;
}

/**
 * Starts the server.
 * @param answer returns the response of an instance. It is synchronous, so requests never overlap
 */
export async function serve(
  answer: (asked: AppRequest) => AppResponse,
  { balance, named = true, addressed = false, instances = 2, slow = 0 }: How = {},
): Promise<Served> {
  const all: AppRequest[] = [];
  const connections = new Map<Socket, number>();
  const respond = async (
    asked: AppRequest,
    response: ServerResponse,
    names: boolean,
    more: readonly string[] = [],
  ): Promise<void> => {
    all.push(asked);
    const { status, body = '', to, cookies = [], headers = {} } = answer(asked);
    if (slow > 0) await sleep(slow);
    response.writeHead(status ?? (to === undefined ? 200 : 302), {
      'Content-Type': 'text/html; charset=utf-8',
      'Cache-Control': 'private, no-store',
      ...(to === undefined ? {} : { Location: to }),
      ...(names ? { 'X-Instance': asked.instance } : {}),
      'Set-Cookie': [...cookies, ...more],
      ...headers,
    });
    response.end(body);
  };
  const balancer = serverOf(async (request, response) => {
    const whole = await wholeOf(request);
    const chosen = balance?.(whole, all.length, connections.get(request.socket) ?? 0) ?? {
      instance: NAMES[all.length % instances] ?? 'one',
    };
    return respond({ ...whole, instance: chosen.instance }, response, named, chosen.cookies);
  });
  balancer.on('connection', socket => connections.set(socket, connections.size));
  const single = (addressed ? NAMES.slice(0, instances) : []).map(instance => ({
    instance,
    server: serverOf(async (request, response) =>
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

/** Returns a server that drops requests whose body is cut off. */
const serverOf = (handle: (request: IncomingMessage, response: ServerResponse) => Promise<void>): Server =>
  createServer((request, response) => {
    handle(request, response).catch((error: unknown) => {
      if (request.complete) throw error;
    });
  });

async function listening(server: Server): Promise<string> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function wholeOf(request: IncomingMessage): Promise<Omit<AppRequest, 'instance'>> {
  const sent = await bodyOf(request);
  return { ...heard(request), body: sent, form: Object.fromEntries(new URLSearchParams(sent)) };
}

function heard(request: IncomingMessage): Omit<AppRequest, 'instance' | 'form' | 'body'> {
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
