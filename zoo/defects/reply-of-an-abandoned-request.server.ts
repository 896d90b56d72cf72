import { AsyncLocalStorage } from 'node:async_hooks';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { RedisStore } from 'connect-redis';
import type { Response } from 'express';
import { servePlain } from '../hosts/plain/serve.ts';
import type { Got } from '../stores/stock.ts';

/** The response of the request that the current code handles. */
const visit = new AsyncLocalStorage<Response>();

/** A connection to Redis. It sends one command, and then reads its reply. */
class Connection {
  readonly #socket: Socket;
  readonly #replies: string[] = [];
  #text = '';

  constructor({ hostname, port }: URL) {
    this.#socket = connect(Number(port), hostname);
    this.#socket.setEncoding('latin1').on('data', text => this.#take(String(text)));
  }

  async get(key: string, signal: AbortSignal): Promise<string | undefined> {
    this.#socket.write(`*2\r\n$3\r\nGET\r\n$${key.length}\r\n${key}\r\n`);
    while (this.#replies.length === 0) await once(this.#socket, 'reply', { signal });
    const reply = this.#replies.shift() as string;
    return reply === '' ? undefined : reply;
  }

  /** Parses replies of the type bulk string: a length and that many bytes, or the length -1 if there is no value. */
  #take(text: string): void {
    this.#text += text;
    for (;;) {
      const [head, length] = /^\$(-?\d+)\r\n/.exec(this.#text) ?? [];
      if (head === undefined) return;
      const size = Math.max(0, Number(length));
      const end = head.length + (length === '-1' ? 0 : size + 2);
      if (this.#text.length < end) return;
      this.#replies.push(Buffer.from(this.#text.slice(head.length, head.length + size), 'latin1').toString());
      this.#text = this.#text.slice(end);
      this.#socket.emit('reply');
    }
  }
}

class PooledStore extends RedisStore {
  readonly #url = new URL(process.env['REDIS_URL'] ?? 'redis://127.0.0.1:6379');
  readonly #idle: Connection[] = [];

  override async get(sid: string, callback?: Got): Promise<void> {
    const gone = new AbortController();
    const leaves = (): void => gone.abort();
    const response = visit.getStore()?.once('close', leaves);
    const connection = this.#idle.pop() ?? new Connection(this.#url);
    try {
      const text = await connection.get(`sess:${sid}`, gone.signal);
      callback?.(null, text === undefined ? undefined : JSON.parse(text));
    } catch (error) {
      callback?.(error);
    } finally {
      response?.off('close', leaves);
      this.#idle.push(connection);
    }
  }
}

servePlain({
  beforeSession: () => (_request, response, next) => visit.run(response, next),
  store: redis => new PooledStore({ client: redis }),
});
