import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type BalancerPlace, BalancerProcess, type Workers } from './balancer-process.ts';
import { groupMembers } from './group.ts';
import { type NginxAdditions, NginxFiles } from './nginx-files.ts';
import { commandLine } from './process-table.ts';
import { findProgram } from './programs.ts';
import { until } from './wait.ts';

export interface NginxOptions extends BalancerPlace {
  statusPort: number;
  additions?: NginxAdditions;
  /** Maximum time for which a request may run after a reload, milliseconds; 30,000 by default. */
  retireMs?: number | undefined;
}

const WORKERS = 2;
/** Baton reloads nginx although connections are idle for this time, because their clients are probably inactive. */
const RESTING_MS = 500;
const LOOKS = 10;

/** Runs nginx in front of changing instances. The constructor throws MissingProgramError if nginx is missing. */
export class Nginx extends BalancerProcess {
  readonly #statusUrl: string;
  readonly #files: NginxFiles;

  constructor({ port, statusPort, dir, additions = {}, retireMs = 30_000, onDeath }: NginxOptions) {
    const files = new NginxFiles({ port, statusPort, dir, additions });
    const command = commandOf(files, retireMs);
    super({
      ...{ command, check: [...command, '-t'], log: files.log, accessLog: files.accessLog },
      url: `http://127.0.0.1:${port}`,
      // An open port alone would not prove that this nginx runs: another server could have the port.
      ready: async pid =>
        readFileSync(files.pid, 'utf8').trim() === `${pid}` && groupMembers(pid).length > WORKERS,
      stopSignal: 'SIGQUIT', // SIGTERM would drop the requests in flight.
      ...{ reloadSignal: 'SIGHUP', workers: WORKERS, inFlightMs: retireMs + 5_000 },
      pins: typeof additions.upstream === 'function' || additions.instances !== undefined,
      onDeath,
    });
    this.#files = files;
    this.#statusUrl = `http://127.0.0.1:${statusPort}/status`;
    this.write();
  }

  protected override write(): void {
    this.#files.write([...this.routed.values()], this.forgotten, this.repeatMs);
  }

  /** nginx renames its worker processes when they retire. */
  protected override async workers(): Promise<Workers> {
    const workers: Workers = { serving: [], retired: [] };
    const master = this.pid;
    if (master === undefined) return workers;
    for (const { pid } of groupMembers(master)) {
      const title = commandLine(pid);
      if (!title.startsWith('nginx: worker process')) continue;
      workers[title.includes('shutting down') ? 'retired' : 'serving'].push(pid);
    }
    return workers;
  }

  protected override async replaceWorkers(): Promise<void> {
    writeFileSync(this.#files.closing, '');
    try {
      await this.#untilFewAreIdle();
      await super.replaceWorkers();
    } finally {
      rmSync(this.#files.closing, { force: true });
    }
  }

  /**
   * Waits until few connections are idle. A reload closes idle connections, and loses a request that arrives on one
   * at that moment.
   */
  async #untilFewAreIdle(): Promise<void> {
    const { signal } = this.changes;
    let least = Number.POSITIVE_INFINITY;
    let since = performance.now();
    let none = 0;
    const settled = async () => {
      // nginx does not count the connection of this status request as idle.
      const idle = Number(/Waiting: (\d+)/.exec(await (await fetch(this.#statusUrl)).text())?.[1]);
      none = idle === 0 ? none + 1 : 0;
      if (idle > 0 && idle < least) {
        least = idle;
        since = performance.now();
      }
      return none === LOOKS || performance.now() - since > RESTING_MS;
    };
    const what = 'no idle connection of a busy client';
    await until(settled, { withinMs: 5_000, everyMs: 10, what, signal }).catch(() => signal.throwIfAborted());
  }
}

function commandOf(files: NginxFiles, retireMs: number): [string, ...string[]] {
  // nginx's default user could not enter the temporary folder.
  const group = process.platform === 'darwin' ? 'wheel' : 'root';
  const user = process.getuid?.() === 0 ? ` user root ${group};` : '';
  // Without this limit, a request in flight could keep a retired worker running.
  const global = `daemon off; worker_shutdown_timeout ${retireMs}ms;${user}`;
  return [findProgram('nginx'), '-e', 'stderr', '-p', files.state, '-c', files.config, '-g', global];
}
