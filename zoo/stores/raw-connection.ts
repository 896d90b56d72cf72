/** A connection to Redis as in simple client libraries, which assign the next reply to the last command. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

export class RawConnection {
  readonly #socket: Socket;
  readonly #replies: string[] = [];
  #text = '';

  constructor({ hostname, port } = new URL(process.env['REDIS_URL'] ?? 'redis://127.0.0.1:6379')) {
    this.#socket = connect(Number(port), hostname);
    this.#socket.setEncoding('latin1').on('data', text => this.#take(String(text)));
  }

  /**
   * Returns the value of a key; undefined if the key does not exist. If `signal` aborts, rejects without reading the
   * reply, so the next read gets this reply.
   */
  async get(key: string, signal: AbortSignal): Promise<string | undefined> {
    this.#socket.write(`*2\r\n$3\r\nGET\r\n$${key.length}\r\n${key}\r\n`);
    while (this.#replies.length === 0) await once(this.#socket, 'reply', { signal });
    const reply = this.#replies.shift() as string;
    return reply === '' ? undefined : reply;
  }

  close(): void {
    this.#socket.destroy();
  }

  /** Parses replies of the type bulk string: a length and that many bytes, or -1 without a value. */
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
