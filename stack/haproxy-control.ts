/** Orders to a HAProxy that runs, through the socket of its master process. */
import { createConnection } from 'node:net';

/** Milliseconds within which an order is answered. */
const WITHIN_MS = 5_000;

export interface Workers {
  /** Of the processes that take new connections. */
  serving: number[];
  /** Of those that a reload has retired, and that still have connections. They take no orders and tell nothing. */
  retired: number[];
}

/** An instance in one group of one worker. */
interface Server {
  name: string;
  /** Requests that it has in flight. */
  busy: number;
}

export class HaproxyControl {
  readonly #socket: string;

  /** @param socket as `haproxy -S` makes it */
  constructor(socket: string) {
    this.#socket = socket;
  }

  /** The workers there are. Throws when the master does not answer. */
  async workers(): Promise<Workers> {
    const text = await this.#ask('show proc');
    const [, current = '', old = ''] = text.split(/^# (?:workers|old workers|programs).*$/m);
    const pids = (part: string) => [...part.matchAll(/^(\d+)\s+worker\s/gm)].map(([, pid]) => Number(pid));
    return { serving: pids(current), retired: text.includes('# old workers') ? pids(old) : [] };
  }

  /** Tells a worker; throws what it answers, for an order that was carried out is not answered. */
  async order(worker: number, order: string): Promise<void> {
    const answer = await this.#ask(`@!${worker} ${order}`);
    // Taken up, and told of in words.
    if (answer === '' || /^(IP|port) changed from|^no need to change/.test(answer)) return;
    throw new Error(`expected HAProxy to take "${order}", got: ${answer}`);
  }

  /** Every instance in every group of a worker; empty when the worker has gone. */
  async servers(worker: number): Promise<Server[]> {
    const [header = '', ...rows] = (await this.#ask(`@!${worker} show stat`)).split('\n');
    const busy = header.split(',').indexOf('scur');
    return rows
      .map(row => row.split(','))
      .filter(([, name = '']) => name !== '' && name !== 'FRONTEND' && name !== 'BACKEND')
      .map(row => ({ name: row[1] ?? '', busy: Number(row[busy]) }));
  }

  #ask(question: string): Promise<string> {
    return new Promise((resolve, reject) => {
      const socket = createConnection(this.#socket);
      let answer = '';
      socket.setEncoding('utf8').setTimeout(WITHIN_MS, () => socket.destroy(new Error(late(question))));
      socket.on('data', (data: string) => {
        answer += data;
      });
      socket.on('error', reject);
      socket.on('close', () => resolve(answer.trim()));
      socket.end(`${question}\n`);
    });
  }
}

const late = (question: string): string =>
  `expected an answer of HAProxy to "${question}" within ${WITHIN_MS / 1000} s, got none`;
