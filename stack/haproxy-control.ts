/** Sends commands to a running HAProxy, through the socket of its master process. */
import { createConnection } from 'node:net';
import type { Workers } from './balancer-process.ts';

/** Timeout of a command, milliseconds. */
const WITHIN_MS = 5_000;

interface Server {
  name: string;
  busy: number;
}

export class HaproxyControl {
  readonly #socket: string;

  /** @param socket path of the socket of HAProxy's master process (`haproxy -S`) */
  constructor(socket: string) {
    this.#socket = socket;
  }

  /** Returns HAProxy's worker processes. Throws if the master process does not reply. */
  async workers(): Promise<Workers> {
    const text = await this.#send('show proc');
    const [, current = '', old = ''] = text.split(/^# (?:workers|old workers|programs).*$/m);
    const pids = (part: string) => [...part.matchAll(/^(\d+)\s+worker\s/gm)].map(([, pid]) => Number(pid));
    return { serving: pids(current), retired: text.includes('# old workers') ? pids(old) : [] };
  }

  /** Sends a command to a worker process. Throws HAProxy's reply if the command fails. */
  async order(worker: number, order: string): Promise<void> {
    const reply = await this.#send(`@!${worker} ${order}`);
    if (reply === '' || /^(IP|port) changed from|^no need to change/.test(reply)) return;
    throw new Error(`expected HAProxy to accept "${order}", got: ${reply}`);
  }

  /** Returns the `server` lines of all backends; an empty list if the worker has ended. */
  async servers(worker: number): Promise<Server[]> {
    const [header = '', ...rows] = (await this.#send(`@!${worker} show stat`)).split('\n');
    const busy = header.split(',').indexOf('scur');
    return rows
      .map(row => row.split(','))
      .filter(([, name = '']) => name !== '' && name !== 'FRONTEND' && name !== 'BACKEND')
      .map(row => ({ name: row[1] ?? '', busy: Number(row[busy]) }));
  }

  #send(command: string): Promise<string> {
    return new Promise((resolve, reject) => {
      const socket = createConnection(this.#socket);
      let reply = '';
      socket.setEncoding('utf8').setTimeout(WITHIN_MS, () => socket.destroy(new Error(late(command))));
      socket.on('data', (data: string) => {
        reply += data;
      });
      socket.on('error', reject);
      socket.on('close', () => resolve(reply.trim()));
      socket.end(`${command}\n`);
    });
  }
}

const late = (command: string): string =>
  `expected a reply from HAProxy to "${command}" within ${WITHIN_MS / 1000} s, got none`;
