/** A proxy that makes a healthy stack fail: it responds with 500, responds late, or cuts connections. */
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export type Trouble =
  | 'none'
  | '500 to half of GET /dashboard'
  | '500 to half'
  | 'answers late'
  | 'cuts half'
  | 'dies';

export interface Proxy {
  url: string;
  stop(): Promise<void>;
}

const LIFE = 60;
/**
 * Selects half of the requests in irregular order. In regular order, all requests of one kind could fail, because
 * clients alternate between kinds.
 */
const inHalf = (n: number): boolean => Math.imul(n + 1, 0x9e3779b1) < 0;

/**
 * Starts a proxy with a fault.
 * @param upstream URL of the stack
 * @param late delay of late responses, milliseconds
 */
export async function startProxy(upstream: string, trouble: Trouble, late = 400): Promise<Proxy> {
  let [asked, dashboards] = [0, 0];
  const server = createServer((incoming, response) => {
    const chosen = inHalf(asked++);
    if (trouble === '500 to half' && chosen) return void refuse(response);
    if ((trouble === 'cuts half' && chosen) || (trouble === 'dies' && asked > LIFE))
      return void incoming.socket.destroy();
    const dashboard = incoming.method === 'GET' && incoming.url === '/dashboard';
    if (trouble === '500 to half of GET /dashboard' && dashboard && dashboards++ % 2 === 1)
      return void refuse(response);
    if (trouble !== 'answers late') return forward(upstream, incoming, response);
    const timer = setTimeout(() => forward(upstream, incoming, response), late);
    response.once('close', () => clearTimeout(timer));
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: () =>
      new Promise(resolve => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function refuse(response: ServerResponse): void {
  response.writeHead(500, { 'content-type': 'text/plain' }).end('the proxy failed');
}

function forward(upstream: string, incoming: IncomingMessage, response: ServerResponse): void {
  const { method, headers, url = '/' } = incoming;
  const outgoing = request(upstream + url, { method, headers }, answer => {
    response.writeHead(answer.statusCode ?? 502, answer.rawHeaders);
    answer.pipe(response);
  });
  outgoing.on('error', () => response.destroy());
  incoming.pipe(outgoing);
}
