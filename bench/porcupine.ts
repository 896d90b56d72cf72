/**
 * Runs the Go program Porcupine (https://github.com/anishathalye/porcupine) on histories. Needs Go, which downloads
 * the module.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ObjectKind } from '../verify/core/history/history.ts';
import type { Interval } from '../verify/core/search/decision.ts';

const MODULE = 'github.com/anishathalye/porcupine';
const VERSION = 'v1.3.1';

/** A history: one list of operations for each object. */
export interface History {
  name: string;
  kind: ObjectKind;
  initial: readonly string[];
  objects: readonly (readonly Interval[])[];
}

/** The verdict on a history, and the median time to judge it, milliseconds. */
export interface Timed {
  verdict: 'ok' | 'violated' | 'unknown';
  time: number;
}

export class Porcupine {
  /** Folder of the histories that Porcupine publishes with its tests. */
  readonly testData: string;
  readonly #folder: string;

  private constructor(folder: string, testData: string) {
    this.#folder = folder;
    this.testData = testData;
  }

  /** Builds the program. If this fails, returns undefined, and prints the reason to stderr. */
  static build(): Porcupine | undefined {
    const folder = mkdtempSync(join(tmpdir(), 'baton-bench-'));
    const go = (...words: string[]): string =>
      execFileSync('go', words, {
        cwd: folder,
        stdio: ['ignore', 'pipe', 'pipe'],
        timeout: 300_000,
        encoding: 'utf8',
      });
    try {
      cpSync(join(import.meta.dirname, 'porcupine/main.go'), join(folder, 'main.go'));
      go('mod', 'init', 'bench');
      go('get', `${MODULE}@${VERSION}`);
      go('build', '-o', 'bench', '.');
      return new Porcupine(folder, join(go('list', '-m', '-f', '{{.Dir}}', MODULE).trim(), 'test_data'));
    } catch (error) {
      rmSync(folder, { recursive: true, force: true });
      process.stderr.write(`Porcupine could not be built: ${(error as Error).message}\n`);
      return undefined;
    }
  }

  /**
   * Judges the histories one after the other, on one CPU core.
   * @param limit milliseconds after which Porcupine gives up on a history, with the verdict `unknown`
   */
  time(histories: readonly History[], runs: number, limit: number): Timed[] {
    const file = join(this.#folder, 'histories.ndjson');
    writeFileSync(file, histories.map(history => `${line(history, runs, limit)}\n`).join(''));
    const out = execFileSync(join(this.#folder, 'bench'), [file], {
      env: { ...process.env, GOMAXPROCS: '1' },
      encoding: 'utf8',
      maxBuffer: 1 << 26,
    });
    return out
      .trimEnd()
      .split('\n')
      .map(text => JSON.parse(text) as Timed);
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

const line = ({ kind, initial, objects }: History, runs: number, limit: number): string =>
  JSON.stringify({
    kind,
    initial,
    runs,
    limit,
    objects: objects.map(operations =>
      operations.map(({ call, return: end, operation: { action, value, expected, saw, state } }) => ({
        call,
        ...(end === Number.POSITIVE_INFINITY ? {} : { return: end }),
        action,
        value,
        expected,
        saw,
        state: state ?? (action === 'set' ? [value] : undefined),
      })),
    ),
  });
