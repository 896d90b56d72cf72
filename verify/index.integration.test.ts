/** Tests the library as a program uses it (docs/library.md). */
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startLocalStack } from '../stack/local.ts';
import type { Stack } from '../stack/stack.ts';
import type { LogSource } from './client/logs.ts';
import { check, parseTarget, type Target, UnavailableError, type VerifyOptions, verify } from './index.ts';

const text = readFileSync(join(import.meta.dirname, '../baton.yaml'), 'utf8');
let stack: Stack;
let out: string;

beforeAll(async () => {
  out = mkdtempSync(join(tmpdir(), 'baton-library-'));
  stack = await startLocalStack({ port: 'any', instances: 2 });
});
afterAll(async () => {
  await stack?.stop();
  rmSync(out, { recursive: true, force: true });
});

// Claims only `logout-final`, which stays unknown without a load.
const target = (url = stack.url): Target => ({
  ...parseTarget(text, 'baton.yaml', {}, ['logout-final']),
  url,
});

describe('verify', () => {
  it.each<[string, (stop: AbortController) => VerifyOptions]>([
    [
      'before it began',
      stop => {
        stop.abort();
        return {};
      },
    ],
    ['during the phase ready', stop => ({ onOperation: () => stop.abort() })],
    ['under load', stop => ({ onPhase: phase => phase === 'load' && stop.abort() })],
  ])('ends when its signal aborts %s, and judges what was recorded', async (_, options) => {
    const stop = new AbortController();
    const { result, folder } = await verify(target(), {
      // This duration is longer than any test, so that only the abort can end the run.
      duration: 3_600_000,
      out,
      signal: stop.signal,
      ...options(stop),
    });
    expect(result).toMatchObject({ finished: 'interrupted', judgement: 'unknown' });
    expect(await check(folder)).toEqual(result);
  });

  it('waits at its end for a log that lags behind', async () => {
    const logsPhase = new AbortController();
    /** Returns a log whose entries come only after the load, while the run waits for them. */
    const late = (source: LogSource): LogSource => ({
      ...source,
      async *follow(signal) {
        const began = once(logsPhase.signal, 'abort');
        const lines = source.follow(signal)[Symbol.asyncIterator]();
        await Promise.race([began, once(signal, 'abort')]);
        for (let line = await lines.next(); !signal.aborted && line.done !== true; line = await lines.next())
          yield line.value;
        await lines.return?.();
      },
    });
    const claimed = { ...parseTarget(text, 'baton.yaml', {}, ['evidence']), url: stack.url };
    const { result } = await verify(claimed, {
      out,
      duration: 500,
      workloads: ['hop'],
      logs: stack.logs.map(late),
      onPhase: phase => phase === 'logs' && logsPhase.abort(),
    });
    expect(result.guarantees.find(({ guarantee }) => guarantee === 'evidence')).toMatchObject({
      judgement: 'valid',
    });
  });

  it('throws an error of its own class when no server responds', async () => {
    await expect(verify(target('http://127.0.0.1:1'), { out })).rejects.toBeInstanceOf(UnavailableError);
  });
});
