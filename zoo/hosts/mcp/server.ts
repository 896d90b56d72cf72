/**
 * An MCP server with the Streamable HTTP transport of @modelcontextprotocol/sdk. MCP_SESSIONS selects where sessions
 * are: `redis`; `memory`, as in the SDK's examples; or `never-deleted`, which is Redis with a DELETE that ends no
 * session.
 */
import { randomUUID } from 'node:crypto';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import { isInitializeRequest } from '@modelcontextprotocol/sdk/types.js';
import express, { type Express, type Request, type Response } from 'express';
import type { Redis } from 'ioredis';
import { jwtVerify, SignJWT } from 'jose';
import { z } from 'zod';
import { issued } from '../../issued.ts';
import { requestLog } from '../plain/app.ts';
import { serve } from '../plain/serve.ts';
import { authenticate } from '../plain/users.ts';

const { MCP_SESSIONS = 'redis' } = process.env;
const KEY = new TextEncoder().encode('a key of 32 bytes for HMAC SHA-256');
const SESSION = 'mcp-session-id';

/** Handles an MCP request whose access token is valid. */
type Handle = (user: string, request: Request, response: Response) => Promise<void>;

function toolsOf(redis: Redis, user: string): McpServer {
  const server = new McpServer({ name: 'notes', version: '1.0.0' });
  const shows = (value: Record<string, unknown>) => ({
    content: [{ type: 'text' as const, text: JSON.stringify(value) }],
    structuredContent: value,
  });
  server.registerTool('whoami', { outputSchema: { user: z.string() } }, () => shows({ user }));
  const notes = { user: z.string(), notes: z.array(z.string()) };
  server.registerTool('list_notes', { outputSchema: notes }, async () =>
    shows({ user, notes: await redis.lrange(`notes:${user}`, 0, -1) }),
  );
  server.registerTool('add_note', { inputSchema: { text: z.string() } }, async ({ text }) => {
    await redis.rpush(`notes:${user}`, text);
    return { content: [{ type: 'text', text: 'Added' }] };
  });
  return server;
}

const unknown = (response: Response): void => {
  const error = { code: -32001, message: 'Session not found' };
  response.status(404).json({ jsonrpc: '2.0', error, id: null });
};

/** Handles requests with sessions in Redis, and a new transport for each request. */
const inRedis =
  (redis: Redis): Handle =>
  async (user, request, response) => {
    const starts = isInitializeRequest(request.body);
    const id = starts ? await issued(redis, randomUUID()) : request.get(SESSION);
    const key = `mcp:${id}`;
    if (starts) await redis.set(key, user, 'EX', 3600);
    else if (id === undefined || (await redis.get(key)) !== user) return unknown(response);
    if (request.method === 'DELETE') {
      if (MCP_SESSIONS !== 'never-deleted') await redis.del(key);
      return void response.sendStatus(200);
    }
    response.set(SESSION, id);
    const transport = new StreamableHTTPServerTransport();
    await connect(toolsOf(redis, user), transport);
    response.once('close', () => void transport.close());
    await transport.handleRequest(request, response, request.body);
  };

function inMemory(redis: Redis): Handle {
  const sessions = new Map<string, { user: string; transport: StreamableHTTPServerTransport }>();
  return async (user, request, response) => {
    const known = sessions.get(request.get(SESSION) ?? '');
    if (known?.user === user) return known.transport.handleRequest(request, response, request.body);
    if (!isInitializeRequest(request.body)) return unknown(response);
    const transport: StreamableHTTPServerTransport = new StreamableHTTPServerTransport({
      sessionIdGenerator: randomUUID,
      onsessioninitialized: id => void sessions.set(id, { user, transport }),
      onsessionclosed: id => void sessions.delete(id),
    });
    await connect(toolsOf(redis, user), transport);
    await transport.handleRequest(request, response, request.body);
  };
}

/** The SDK's types conflict with `exactOptionalPropertyTypes`, so a cast is necessary. */
const connect = (server: McpServer, transport: StreamableHTTPServerTransport): Promise<void> =>
  server.connect(transport as Parameters<McpServer['connect']>[0]);

async function userOf(request: Request): Promise<string | undefined> {
  const [, token = ''] = /^Bearer (.+)/.exec(request.get('authorization') ?? '') ?? [];
  return jwtVerify(token, KEY).then(
    ({ payload }) => payload.sub,
    () => undefined,
  );
}

function mcpApp(redis: Redis, instance: string, handle: Handle): Express {
  const app = express();
  app.use(requestLog(instance));
  app.get(['/healthz', '/readyz'], async (_request, response) => {
    await redis.ping();
    response.json({ ok: true });
  });
  app.use(express.json(), (_request, response, next) => {
    response.set('Cache-Control', 'no-store');
    next();
  });
  app.post('/token', async ({ body }, response) => {
    const { email, password } = body ?? {};
    if (!authenticate(email, password)) return void response.status(401).json({ error: 'wrong password' });
    const token = new SignJWT()
      .setProtectedHeader({ alg: 'HS256' })
      .setSubject(email)
      .setExpirationTime('1h');
    response.json({ access_token: await issued(redis, await token.setJti(randomUUID()).sign(KEY)) });
  });
  app.all('/mcp', async (request, response) => {
    const user = await userOf(request);
    if (user === undefined) return void response.status(401).json({ error: 'invalid_token' });
    await handle(user, request, response);
  });
  return app;
}

serve((redis, instance) =>
  mcpApp(redis, instance, MCP_SESSIONS === 'memory' ? inMemory(redis) : inRedis(redis)),
);
