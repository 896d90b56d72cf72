import { mkdirSync, writeFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { type BalancerPlace, BalancerProcess, type Workers } from './balancer-process.ts';
import { fillTemplate } from './nginx.ts';
import { findProgram } from './programs.ts';
import type { Routed } from './stack.ts';
import { until } from './wait.ts';

export interface HaproxyOptions extends BalancerPlace {
  /** Name of the cookie that pins visitors to instances. Absent: visitors are not pinned. */
  cookie?: string | undefined;
}

const TEMPLATE = new URL('../deploy/haproxy.cfg.template', import.meta.url);
/** Names of the backends in deploy/haproxy.cfg.template. Each backend lists all instances. */
const GROUPS = ['instances', 'any_instance'] as const;
const RESPONSE_TIMEOUT_MS = 10_000;
const WITHIN_MS = 5_000;
/** hard-stop-after in deploy/haproxy.cfg.template, plus a margin, milliseconds. */
const IN_FLIGHT_MS = 35_000;

/** Runs HAProxy in front of changing instances. The constructor throws MissingProgramError if HAProxy is missing. */
export class Haproxy extends BalancerProcess {
  readonly #options: HaproxyOptions;
  readonly #config: string;
  /** Path of the socket of HAProxy's master process (`haproxy -S`). */
  readonly #socket: string;
  readonly #known = new Map<string, Routed>();

  constructor(options: HaproxyOptions) {
    const state = join(options.dir, 'haproxy');
    mkdirSync(state, { recursive: true });
    const config = join(state, 'haproxy.cfg');
    const socket = join(state, 'master.sock');
    const program = findProgram('haproxy');
    const log = join(options.dir, 'balancer.log');
    super({
      command: [program, '-W', '-db', '-f', config, '-S', `${socket},mode,600,level,admin`],
      check: [program, '-c', '-f', config],
      log,
      accessLog: log,
      url: `http://127.0.0.1:${options.port}`,
      // Checks the workers, not the socket: a killed master process may have left its socket.
      ready: async () => (await workersOf(socket)).serving.length > 0,
      stopSignal: 'SIGUSR1', // SIGTERM would drop the requests in flight.
      stopMs: IN_FLIGHT_MS,
      reloadSignal: 'SIGUSR2',
      workers: 1,
      inFlightMs: IN_FLIGHT_MS,
      pins: options.cookie !== undefined,
      onDeath: options.onDeath,
    });
    this.#options = options;
    this.#config = config;
    this.#socket = socket;
    this.write();
  }

  override async register(instance: Routed, via = instance.url): Promise<void> {
    const { name } = instance;
    if (!this.running() || !this.#known.has(name)) return super.register(instance, via);
    await this.changes.run(async () => {
      this.routed.set(name, { name, url: via });
      this.write();
      const [ip, port] = new URL(via).host.split(':');
      await this.#order(name, `addr ${ip} port ${port}`);
      await this.#order(name, 'state ready');
    });
  }

  override async repeat(afterMs: number | undefined): Promise<void> {
    await super.repeat(afterMs);
    if (afterMs !== undefined) return;
    await until(async () => (await this.workers()).retired.length === 0, {
      withinMs: IN_FLIGHT_MS,
      what: 'the workers that repeat requests to end',
    });
  }

  protected override workers(): Promise<Workers> {
    return workersOf(this.#socket);
  }

  protected override async retire({ name }: Routed): Promise<number[]> {
    if (!this.routed.delete(name)) return [];
    this.write();
    if (!this.running()) return [];
    const { serving, retired } = await this.workers();
    // In the state `maint`, an instance gets no requests, not even from pinned visitors.
    await this.#order(name, 'state maint');
    return [...serving, ...retired];
  }

  protected override async hasDrained({ name }: Routed, before: readonly number[]): Promise<boolean> {
    if (before.length === 0) return true;
    const { serving, retired } = await this.workers();
    if (retired.some(worker => before.includes(worker))) return false;
    const servers = await Promise.all(serving.map(worker => serversOf(this.#socket, worker)));
    return servers.flat().every(server => server.name !== name || server.busy === 0);
  }

  async #order(name: string, change: string): Promise<void> {
    for (const worker of (await this.workers()).serving)
      for (const group of GROUPS) {
        const order = `set server ${group}/${name} ${change}`;
        const reply = await send(this.#socket, `@!${worker} ${order}`);
        if (reply !== '' && !/^(IP|port) changed from|^no need to change/.test(reply))
          throw new Error(`expected HAProxy to accept "${order}", got: ${reply}`);
      }
  }

  protected override write(): void {
    const { port, cookie } = this.#options;
    for (const instance of this.routed.values()) this.#known.set(instance.name, instance);
    const servers = (more: string) =>
      [...this.#known.values()]
        .map(({ name, url }) => {
          const value = this.forgotten === 0 ? name : `${name}:${this.forgotten}`;
          const disabled = !this.routed.has(name) && 'disabled';
          const options = [cookie && `cookie ${value}`, disabled, more].filter(Boolean);
          return `  server ${name} ${new URL(url).host} ${options.join(' ')}`;
        })
        .join('\n');
    const values = {
      LISTEN: `127.0.0.1:${port}`,
      COOKIE: cookie ? `cookie ${cookie} insert indirect nocache httponly attr SameSite=Lax` : '',
      ANSWER_IN: `${this.repeatMs ?? RESPONSE_TIMEOUT_MS}ms`,
      REPEAT_ON: this.repeatMs === undefined ? 'conn-failure' : 'conn-failure response-timeout',
      CHECKED: servers('check'),
      UNCHECKED: servers(''),
    };
    writeFileSync(this.#config, fillTemplate(TEMPLATE, values));
  }
}

/** Returns the worker processes of the HAProxy whose master process has this socket. */
async function workersOf(socket: string): Promise<Workers> {
  const text = await send(socket, 'show proc');
  const [, current = '', old = ''] = text.split(/^# (?:workers|old workers|programs).*$/m);
  const pids = (part: string) => [...part.matchAll(/^(\d+)\s+worker\s/gm)].map(([, pid]) => Number(pid));
  return { serving: pids(current), retired: text.includes('# old workers') ? pids(old) : [] };
}

/** Returns the `server` lines of all backends of a worker process; an empty list if the worker has ended. */
async function serversOf(socket: string, worker: number): Promise<{ name: string; busy: number }[]> {
  const [header = '', ...rows] = (await send(socket, `@!${worker} show stat`)).split('\n');
  const busy = header.split(',').indexOf('scur');
  return rows
    .map(row => row.split(','))
    .filter(([, name = '']) => name !== '' && name !== 'FRONTEND' && name !== 'BACKEND')
    .map(row => ({ name: row[1] ?? '', busy: Number(row[busy]) }));
}

/** Sends a command to HAProxy's master process. Returns the reply, or throws if there is none. */
function send(path: string, command: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = createConnection(path);
    let reply = '';
    const late = `expected a reply from HAProxy to "${command}" within ${WITHIN_MS / 1000} s, got none`;
    socket.setEncoding('utf8').setTimeout(WITHIN_MS, () => socket.destroy(new Error(late)));
    socket.on('data', (data: string) => {
      reply += data;
    });
    socket.on('error', reject);
    socket.on('close', () => resolve(reply.trim()));
    socket.end(`${command}\n`);
  });
}
