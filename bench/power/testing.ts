import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SessionData } from 'express-session';
import { onTestFinished } from 'vitest';
import type { Draw } from './draw.ts';
import { Oracle } from './oracle.ts';

export const draw = (act: string, change: Partial<Draw> = {}): Draw => ({
  kind: 'defect',
  seed: 1,
  host: 'plain',
  act,
  when: 'always',
  every: 1,
  ms: 1,
  wait: 0,
  size: 0,
  ...change,
});

/** Returns an oracle (oracle.ts). Its file is removed when the current test ends. */
export function started(one: Draw): { oracle: Oracle; harms: () => string[] } {
  const folder = mkdtempSync(join(tmpdir(), 'power-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'harms');
  const oracle = new Oracle(one, file, 'app-1');
  const harms = (): string[] => {
    try {
      return readFileSync(file, 'utf8').trimEnd().split('\n');
    } catch {
      return [];
    }
  };
  return { oracle, harms };
}

export const sessionOf = (user: string, ...cart: string[]): SessionData =>
  ({ cookie: { originalMaxAge: null }, user, cart }) as unknown as SessionData;
