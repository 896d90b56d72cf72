/** Provides HTTP servers that replace instances and record their requests, in the process of the test. */
import { once } from 'node:events';
import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Server } from 'node:net';

export interface Peer {
  name: string;
  url: string;
  port: number;
  /** Received requests, each as "METHOD path body". */
  got: string[];
  close(): Promise<void>;
}

type Answer = (request: IncomingMessage, response: ServerResponse, body: string) => void;

/** Starts a server that responds with 200 and its name, or as `answer` does. */
export async function startPeer(name: string, port = 0, answer?: Answer): Promise<Peer> {
  const got: string[] = [];
  const server = createHttpServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks).toString();
    got.push(`${request.method} ${request.url} ${body}`.trim());
    response.setHeader('X-Instance-Id', name);
    if (answer) answer(request, response, body);
    else response.end(name);
  });
  server.keepAliveTimeout = 60_000;
  await listening(server, port);
  const close = async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  };
  return { name, ...address(server), got, close };
}

/** Starts a server that resets each connection when a request begins. */
export async function startResetting(name: string, port = 0): Promise<Peer> {
  const got: string[] = [];
  const server = createTcpServer(socket => {
    socket.on('error', () => {});
    socket.once('data', data => {
      got.push(data.toString().split(' HTTP')[0] ?? '');
      socket.resetAndDestroy();
    });
  });
  await listening(server, port);
  const close = async () => {
    server.close();
    await once(server, 'close');
  };
  return { name, ...address(server), got, close };
}

async function listening(server: Server, port: number): Promise<void> {
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
}

function address(server: Server): { url: string; port: number } {
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, port };
}
