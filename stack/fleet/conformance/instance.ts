/**
 * A test program that runs as an instance in place of the app. The test controls it with requests that bypass the
 * balancer. /control?health=500 sets the status of all health checks, /control?next=500 sets the status of only the
 * next check, and /control?release ends the held responses. The response to such a request is the number of held
 * responses.
 *
 * At the paths /close, /garbage, /silent, /hold and /trickle the program misbehaves; with `?only=NAME` only the named
 * instance does so.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';

const { INSTANCE_ID: name = '', PORT, HOST } = process.env;

let health = 200;
let next: number | undefined;
const held: ServerResponse[] = [];

function control(query: URLSearchParams): void {
  if (query.has('health')) health = Number(query.get('health'));
  if (query.has('next')) next = Number(query.get('next'));
  if (query.has('release')) for (const response of held.splice(0)) response.end(name);
}

/** Sends the response in small pieces at short intervals, so that no idle timeout of the balancer ends it. */
function trickle(response: ServerResponse): void {
  held.push(response);
  const drops = setInterval(() => response.write('.'), 200);
  response.on('close', () => clearInterval(drops));
}

/**
 * Misbehaves in the way that the path names.
 *
 * @returns true if the path names a misbehaviour for this instance
 */
function misbehaves(path: string, request: IncomingMessage, response: ServerResponse): boolean {
  if (path === '/close') request.socket.destroy();
  else if (path === '/garbage') request.socket.end('HTTP/1.1 200 OK\r\n this is no header\r\n\r\n');
  else if (path === '/hold') held.push(response);
  else if (path === '/trickle') trickle(response);
  else return path === '/silent';
  return true;
}

const server = createServer((request, response) => {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://instance');
  response.setHeader('X-Instance-Id', name);
  request.resume().on('end', () => {
    if (request.headers['user-agent'] === 'baton-health-check') {
      response.writeHead(next ?? health).end();
      next = undefined;
      return;
    }
    const only = searchParams.get('only');
    if ((only === null || only === name) && misbehaves(pathname, request, response)) return;
    if (pathname === '/login') response.setHeader('Set-Cookie', 'sid=s1; Path=/; HttpOnly');
    if (pathname === '/control') {
      control(searchParams);
      response.end(String(held.length));
    } else if (pathname === '/headers') response.end(JSON.stringify(request.headers));
    else response.end(name);
  });
});
server.keepAliveTimeout = 60_000;
server.listen(Number(PORT), HOST);
process.on('SIGTERM', () => process.exit(0));
