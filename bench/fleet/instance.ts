/**
 * Test program that runs in place of the app, and misbehaves at /close, /garbage, /silent, /hold and /trickle. With
 * `?only=NAME`, only the named instance misbehaves. /control?health=500 sets the status of health checks,
 * /control?next=500 only that of the next one. /control?release ends all held responses. The response of /control is
 * the number of held responses.
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

/** Sends small pieces at short intervals, so that no idle timeout ends the response. */
function trickle(response: ServerResponse): void {
  held.push(response);
  const drops = setInterval(() => response.write('.'), 200);
  response.on('close', () => clearInterval(drops));
}

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
