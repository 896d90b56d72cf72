/** A connection's way from one part of the stack to another, where it can be slowed, held and cut. */
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import type { Link } from './stack.ts';

const HOST = '127.0.0.1';
/** Bytes that wait in one direction of a connection before its sender is asked to wait too. */
const MOST_WAITING = 1 << 20;

/** What a link does to the bytes that pass, of all connections, those that were there before included. */
interface Disturbance {
  /** Each piece arrives so much later, milliseconds. */
  delayMs: number;
  /** So many pass in each direction of a connection, bytes a second. */
  bytesPerSecond: number;
  /** Nothing passes. */
  held: boolean;
  /** Of the answers, only the first half of the next piece passes; then the connection is reset. */
  cutting: boolean;
  /** How often data had to wait, as the link was too narrow for it. */
  jams: number;
}

const UNDISTURBED: Omit<Disturbance, 'jams'> = {
  delayMs: 0,
  bytesPerSecond: Number.POSITIVE_INFINITY,
  held: false,
  cutting: false,
};

interface Connection {
  near: Socket;
  far: Socket;
  pipes: Pipe[];
}

/** A TCP proxy. Undisturbed it passes on what comes; what ends a disturbance leaves live connections alone. */
export class ProxyLink implements Link {
  cuts = 0;
  readonly #connections = new Set<Connection>();
  readonly #disturbance: Disturbance = { ...UNDISTURBED, jams: 0 };
  #server: Server | undefined;
  #port = 0;
  #to: number;

  /** @param to port of the server behind it, on 127.0.0.1 */
  constructor(to: number) {
    this.#to = to;
  }

  get port(): number {
    return this.#port;
  }

  get jams(): number {
    return this.#disturbance.jams;
  }

  /** Begins to listen: on the port that it had before, if it had one. */
  async open(): Promise<void> {
    if (this.#server !== undefined) return;
    const server = createServer({ allowHalfOpen: true }, near => this.#accept(near));
    this.#server = server;
    server.listen(this.#port, HOST);
    await once(server, 'listening');
    const address = server.address();
    if (address !== null && typeof address === 'object') this.#port = address.port;
    server.unref();
  }

  slow(delayMs: number): void {
    this.#disturbance.delayMs = delayMs;
  }

  narrow(bytesPerSecond: number): void {
    this.#disturbance.bytesPerSecond = bytesPerSecond;
  }

  hold(): void {
    this.#disturbance.held = true;
  }

  cutAnswers(): void {
    this.#disturbance.cutting = true;
  }

  async refuse(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    const closed = server === undefined ? undefined : once(server, 'close');
    server?.close();
    this.cut();
    await closed;
  }

  cut(): void {
    for (const connection of this.#connections) this.#reset(connection);
  }

  async lead(to: number, { keep = false } = {}): Promise<void> {
    this.#to = to;
    if (!keep) this.cut();
  }

  async restore(): Promise<void> {
    Object.assign(this.#disturbance, UNDISTURBED);
    for (const { pipes } of this.#connections) for (const pipe of pipes) pipe.flow();
    await this.open();
  }

  /** Ends it for good. */
  async close(): Promise<void> {
    await this.refuse();
  }

  #accept(near: Socket): void {
    const far = connect({ port: this.#to, host: HOST, allowHalfOpen: true });
    const connection: Connection = { near, far, pipes: [] };
    this.#connections.add(connection);
    const reset = () => this.#reset(connection);
    for (const socket of [near, far]) {
      socket.setNoDelay(true);
      socket.on('error', reset);
      socket.on('close', () => {
        if (near.destroyed && far.destroyed) this.#connections.delete(connection);
      });
    }
    const cut = () => {
      this.cuts++;
      reset();
    };
    connection.pipes = [
      new Pipe(near, far, this.#disturbance, undefined),
      new Pipe(far, near, this.#disturbance, cut),
    ];
  }

  #reset({ near, far }: Connection): void {
    for (const socket of [near, far]) {
      // One that is ending cannot be reset: its handle would neither close nor let the process exit.
      if (socket.writableEnded || socket.destroyed) socket.destroy();
      else socket.resetAndDestroy();
    }
  }
}

/** One direction of a connection. */
class Pipe {
  readonly #from: Socket;
  readonly #to: Socket;
  readonly #disturbance: Disturbance;
  readonly #cut: (() => void) | undefined;
  /** What has not passed yet, and when it came; a piece that is undefined is the end. */
  readonly #waiting: { piece: Buffer | undefined; came: number }[] = [];
  #bytes = 0;
  /** When the last piece will have passed, in a narrow link. */
  #busyUntil = 0;
  #timer: NodeJS.Timeout | undefined;

  /** @param cut what to do where answers are cut; undefined in the direction of requests */
  constructor(from: Socket, to: Socket, disturbance: Disturbance, cut: (() => void) | undefined) {
    this.#from = from;
    this.#to = to;
    this.#disturbance = disturbance;
    this.#cut = cut;
    from.on('data', piece => this.#came(piece));
    from.on('end', () => this.#came(undefined));
    from.on('close', () => clearTimeout(this.#timer));
    to.on('drain', () => from.resume());
  }

  #came(piece: Buffer | undefined): void {
    this.#waiting.push({ piece, came: performance.now() });
    this.#bytes += piece?.length ?? 0;
    if (this.#bytes > MOST_WAITING) this.#from.pause();
    this.flow();
  }

  /** Passes on what may pass by now. */
  flow(): void {
    clearTimeout(this.#timer);
    for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
      const { delayMs, bytesPerSecond, held, cutting } = this.#disturbance;
      if (held) return;
      const due = next.came + delayMs;
      const wait = Math.max(due, this.#busyUntil) - performance.now();
      if (wait > 0.5) {
        if (this.#busyUntil > due && bytesPerSecond < Number.POSITIVE_INFINITY) this.#disturbance.jams++;
        this.#timer = setTimeout(() => this.flow(), wait);
        return;
      }
      this.#waiting.shift();
      const { piece } = next;
      if (piece === undefined) {
        this.#to.end();
        return;
      }
      if (cutting && this.#cut !== undefined) {
        this.#to.write(piece.subarray(0, piece.length >> 1), this.#cut);
        return;
      }
      this.#pass(piece, bytesPerSecond);
    }
  }

  #pass(piece: Buffer, bytesPerSecond: number): void {
    this.#bytes -= piece.length;
    this.#busyUntil = performance.now() + (piece.length / bytesPerSecond) * 1000;
    const room = this.#to.write(piece);
    if (room && this.#bytes <= MOST_WAITING) this.#from.resume();
    else this.#from.pause();
  }
}
