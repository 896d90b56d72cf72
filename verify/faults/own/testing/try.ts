/** Performs faults of a target file in a test, without a run and without load. */
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { until } from '../../../../stack/wait.ts';
import { seeded } from '../../../random.ts';
import { parseTarget } from '../../../target/load.ts';
import { ownFaults } from '../index.ts';

export interface Tried {
  bit: boolean;
  did: string | undefined;
  /** Runs the functions that heal the fault, the last one first. */
  heal(): Promise<void>;
  log(): string;
}

/** Performs faults with a temporary folder, which `remove` deletes. */
export class Bench {
  readonly folder = mkdtempSync(join(tmpdir(), 'baton-own-'));
  readonly stop = new AbortController();
  /** Whether the load shows the effect of a fault. Tests set this value, because they have no load. */
  showsFault = false;
  #tries = 0;
  readonly #path = process.env['PATH'];

  fault(faults: object, name: string) {
    const target = {
      version: 1,
      url: 'http://127.0.0.1:1',
      accounts: [{ user: 'a', password: 'open-sesame' }],
      login: { path: '/login' },
      signedIn: { page: '/', user: '(.*)' },
      faults,
    };
    const parsed = parseTarget(JSON.stringify(target), join(this.folder, 'target.json'), {});
    const found = ownFaults(parsed, {}).find(fault => fault.name === name);
    if (found === undefined) throw new Error(`expected a fault ${name}`);
    return found;
  }

  /** Injects a fault. If the injection throws, runs the heals and throws the same error. */
  async inject(faults: object, name: string, seed = 1): Promise<Tried> {
    const heals: (() => Promise<unknown>)[] = [];
    const log = join(this.folder, 'faults', `${++this.#tries}-${name}.log`);
    let did: string | undefined;
    const heal = async (): Promise<void> => {
      for (const one of heals.reverse()) await one();
    };
    try {
      const aim = this.fault(faults, name).aim(seeded(seed));
      const bit = await aim.inject({
        deadline: 1_000,
        log,
        signal: this.stop.signal,
        undo: one => heals.push(one),
        wait: async () => {},
        shown: condition =>
          until(condition, { withinMs: 1_000, what: 'it', signal: this.stop.signal }).then(
            () => true,
            () => false,
          ),
        answered: () => 0,
        moved: () => 0,
        showsFault: () => this.showsFault,
        did: text => {
          did = text;
        },
      });
      return { bit, did, heal, log: () => readFileSync(log, 'utf8') };
    } catch (error) {
      await heal();
      throw error;
    }
  }

  /** Puts a fake program on the PATH. The program records its arguments and runs `script`. */
  standIn(name: string, script: string, files: Record<string, string>): void {
    const bin = join(this.folder, 'bin');
    mkdirSync(bin);
    for (const [file, text] of Object.entries(files)) writeFileSync(join(bin, file), text);
    const head = `#!/bin/sh\ncd "$(dirname "$0")"\nprintf '%s\\n' "$*" >>commands\n`;
    writeFileSync(join(bin, name), `${head}${script}`);
    chmodSync(join(bin, name), 0o755);
    process.env['PATH'] = `${bin}${delimiter}${this.#path}`;
  }

  put(file: string, text: string): void {
    writeFileSync(join(this.folder, 'bin', file), text);
  }

  commands(): string[] {
    return readFileSync(join(this.folder, 'bin', 'commands'), 'utf8')
      .trim()
      .split('\n');
  }

  remove(): void {
    process.env['PATH'] = this.#path;
    rmSync(this.folder, { recursive: true, force: true });
  }
}
