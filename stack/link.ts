/** A TCP proxy between a client and a server of the stack. It can delay, hold and cut connections. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

const HOST = '127.0.0.1';
/** Maximum number of buffered bytes in one direction, before the proxy stops reading. */
const MOST_WAITING = 1 << 20;

const UNDISTURBED = {
  /** Delay of the data in each direction, milliseconds. */
  delayMs: 0,
  /** Bandwidth of each connection and direction. */
  bytesPerSecond: Number.POSITIVE_INFINITY,
  /** Holds all data back, as if packets were lost, until the disturbance ends. */
  held: false,
  /** Cuts each response in the middle, and resets its connection. */
  cutting: false,
};
type Disturbance = typeof UNDISTURBED;

interface Connection {
  near: Socket;
  far: Socket;
  pipes: Pipe[];
}

/** A TCP proxy that can disturb connections. Open connections survive the end of a disturbance. */
export class ProxyLink {
  cuts = 0;
  jams = 0;
  /** Port of the proxy on 127.0.0.1. */
  port = 0;
  readonly disturbance: Disturbance = { ...UNDISTURBED };
  readonly #connections = new Set<Connection>();
  #server: Server | undefined;
  #to: number;

  constructor(to: number) {
    this.#to = to;
  }

  async open(): Promise<void> {
    if (this.#server !== undefined) return;
    const server = createServer({ allowHalfOpen: true }, near => this.#accept(near));
    this.#server = server;
    server.listen(this.port, HOST);
    await once(server, 'listening');
    this.port = (server.address() as AddressInfo).port;
    server.unref();
  }

  disturb(disturbance: Partial<Disturbance>): void {
    Object.assign(this.disturbance, disturbance);
  }

  /** Resets all connections and refuses new ones. */
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

  /** Forwards new connections to this port. */
  lead(to: number): void {
    this.#to = to;
  }

  async restore(): Promise<void> {
    this.disturb(UNDISTURBED);
    for (const { pipes } of this.#connections) for (const pipe of pipes) pipe.flow();
    await this.open();
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
    connection.pipes = [new Pipe(near, far, this, undefined), new Pipe(far, near, this, cut)];
  }

  #reset({ near, far }: Connection): void {
    for (const socket of [near, far]) {
      // Does not reset a socket that is ending: its handle would stay open, and this process would never exit.
      if (socket.writableEnded || socket.destroyed) socket.destroy();
      else socket.resetAndDestroy();
    }
  }
}

/** Forwards the data of one direction of a connection. */
class Pipe {
  readonly #from: Socket;
  readonly #to: Socket;
  readonly #link: ProxyLink;
  readonly #cut: (() => void) | undefined;
  /** An undefined `piece` marks the end of the data. */
  readonly #waiting: { piece: Buffer | undefined; came: number }[] = [];
  #bytes = 0;
  #busyUntil = 0;
  #timer: NodeJS.Timeout | undefined;

  /** @param cut closes the connection in the middle of a response; undefined for data from client to server */
  constructor(from: Socket, to: Socket, link: ProxyLink, cut: (() => void) | undefined) {
    this.#from = from;
    this.#to = to;
    this.#link = link;
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

  flow(): void {
    clearTimeout(this.#timer);
    for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
      const { delayMs, bytesPerSecond, held, cutting } = this.#link.disturbance;
      if (held) return;
      const due = next.came + delayMs;
      const wait = Math.max(due, this.#busyUntil) - performance.now();
      if (wait > 0.5) {
        if (this.#busyUntil > due && bytesPerSecond < Number.POSITIVE_INFINITY) this.#link.jams++;
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
