import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Served } from '../core/history/history.ts';
import { servedIn } from './access-log.ts';
import { instanceLog } from './log-file.ts';
import { parseBalancerLine, parseInstanceLine } from './stack-log.ts';

const nameOf = (address: string) => ({ '127.0.0.1:4001': 'app-1', '127.0.0.1:4002': 'app-2' })[address];

function balanced(tried: string, upstreamHeaderTime: string, status = 200): string {
  const instanceHeader = 'app-9';
  return JSON.stringify({
    event: 'balanced',
    request: 'r',
    status,
    tried,
    upstreamHeaderTime,
    instanceHeader,
  });
}

describe('a line of the balancer', () => {
  test.each([
    ['one instance responded', '127.0.0.1:4001', '0.002', 'app-1', ['app-1']],
    [
      'one refused, the next responded',
      '127.0.0.1:4002 : 127.0.0.1:4001',
      '- : 0.002',
      'app-1',
      ['app-2', 'app-1'],
    ],
    ['all counted as failed, one responded', 'instances : 127.0.0.1:4001', '- : 0.002', 'app-1', ['app-1']],
    ['tried without a response', '127.0.0.1:4001', '-', undefined, ['app-1']],
    ['no instance to try', 'instances', '-', undefined, []],
    ['never left the balancer', '', '', undefined, []],
    ['an unknown instance', '127.0.0.1:4003', '0.001', '127.0.0.1:4003', ['127.0.0.1:4003']],
  ])('%s', (_what, tried, times, instance, expected) => {
    const served = parseBalancerLine(balanced(tried, times), nameOf);
    expect(served).toMatchObject({
      type: 'served',
      source: 'balancer',
      kind: 'balancer',
      request: 'r',
      status: 200,
    });
    expect(served?.instance).toBe(instance);
    expect(served?.tried).toEqual(expected);
  });

  test('has the interval in which the instance had the request, if one was tried', () => {
    const line = (upstreamSeconds: string) =>
      JSON.stringify({
        ...JSON.parse(balanced('127.0.0.1:4001', '0.002')),
        ended: 1_700_000_000.25,
        upstreamSeconds,
      });
    const span = { began: 1_700_000_000_240_000, ended: 1_700_000_000_250_000 };
    expect(parseBalancerLine(line('0.010'), nameOf)).toMatchObject(span);
    for (const several of ['0.010, 0.001', '-', ''])
      expect(parseBalancerLine(line(several), nameOf)).not.toHaveProperty('began');
  });

  test.each(['', 'text', '{"event":"balanced"}', '{"event":"balanced","request":"r","sta'])(
    '%j is not such a line',
    line => {
      expect(parseBalancerLine(line, nameOf)).toBeUndefined();
    },
  );
});

describe('a line of HAProxy', () => {
  const ID = '20261125-014149-0a1b2c-7';
  const line = (server: string, timers: string, status: number, request = ID) =>
    `127.0.0.1:5 [25/Nov/2026:01:41:49.164] clients ${server} ${timers} ${status} 105 - - ---- 2/2/1/0/0 0/0 {${request}} "GET" "/"`;

  test.each([
    ['an instance responded', line('instances/app-1', '0/0/0/4/4', 200), 'app-1', ['app-1'], 200],
    [
      'tried without a response',
      line('any_instance/app-2', '0/0/0/-1/10001', 504),
      undefined,
      ['app-2'],
      504,
    ],
    ['no instance to try', line('instances/<NOSRV>', '0/-1/-1/-1/0', 503), undefined, [], 503],
  ])('%s', (_what, text, instance, tried, status) => {
    const served = servedIn('balancer', text);
    expect(served).toMatchObject({ source: 'balancer', kind: 'balancer', request: ID, tried, status });
    expect(served?.instance).toBe(instance);
  });

  test.each([
    '',
    '[NOTICE]   (18165) : Loading success.',
    line('instances/app-1', '0/0/0/4/4', 200, 'no"good'),
  ])('%j is not such a line', text => expect(servedIn('balancer', text)).toBeUndefined());
});

test('a line counts for the instance of its log, even if it names another one', () => {
  const line = '{"event":"request","request":"r","instance":"app-9","status":503,"ms":1}';
  expect(parseInstanceLine('app-1', line)).toEqual({
    type: 'served',
    source: 'app-1',
    kind: 'instance',
    request: 'r',
    instance: 'app-1',
    status: 503,
  });
  expect(parseInstanceLine('app-1', '{"event":"listening","port":1}')).toBeUndefined();
});

describe('following', () => {
  let dir: string;
  let file: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'baton-test-'));
    file = join(dir, 'log');
  });
  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  const line = (request: string) => `{"event":"request","request":"${request}","status":200}\n`;

  async function requests(
    entries: AsyncIterable<Served>,
    until = Number.POSITIVE_INFINITY,
  ): Promise<string[]> {
    const seen: string[] = [];
    for await (const { request } of entries) if (seen.push(request) >= until) break;
    return seen;
  }

  test('starts at the end of the log at the time of the call', async () => {
    writeFileSync(file, line('before'));
    const entries = instanceLog('app-1', file).follow(AbortSignal.timeout(60_000));
    appendFileSync(file, line('after'));
    expect(await requests(entries, 1)).toEqual(['after']);
  });

  test('waits for the rest of a line, and skips lines that are not entries', async () => {
    const entries = instanceLog('app-1', file).follow(AbortSignal.timeout(60_000))[Symbol.asyncIterator]();
    const next = async () => (await entries.next()).value?.request;
    const cutLine = Buffer.from(line('é-2'));
    const cut = cutLine.indexOf('é') + 1; // The first part ends inside the two bytes of é.
    // One write contains the first line and the beginning of the second line, so that both are read together.
    appendFileSync(file, Buffer.concat([Buffer.from(line('r-1')), cutLine.subarray(0, cut)]));
    expect(await next()).toBe('r-1');
    appendFileSync(file, Buffer.concat([cutLine.subarray(cut), Buffer.from('Error: text\n\n')]));
    expect(await next()).toBe('é-2');
    appendFileSync(file, line('r-3'));
    expect(await next()).toBe('r-3');
    await entries.return?.(); // Makes the log close its file.
  });

  test('a line that a killed process left incomplete damages only itself and the next line', async () => {
    const log = instanceLog('app-1', file);
    const seen = requests(log.follow(AbortSignal.timeout(60_000)), 1);
    appendFileSync(file, `{"event":"requ{"event":"listening"}\n${line('r-1')}`);
    expect(await seen).toEqual(['r-1']);
  });

  test('reads all remaining lines before it ends, even if they are longer than a chunk', async () => {
    const stop = new AbortController();
    const log = instanceLog('app-1', file);
    const entries = log.follow(stop.signal);
    const names = Array.from({ length: 5_000 }, (_, index) => `r-${index}`);
    writeFileSync(file, names.map(line).join(''));
    stop.abort();
    expect(await requests(entries)).toEqual(names);
  });
});
