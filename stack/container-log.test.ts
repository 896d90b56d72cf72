import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import type { Served } from '../verify/core/history/history.ts';
import { followedLog } from '../verify/import/log-file.ts';
import { containerLines, type Read } from './container-log.ts';
import { until } from './wait.ts';

const at = (second: number): string => `2999-01-01T00:00:0${second}.000000000Z`;
const line = (second: number, request: string): string => `${at(second)} ${request}\n`;

function engine(written: string[]) {
  const asked: { since: string; follow: boolean }[] = [];
  const streams: PassThrough[] = [];
  const read: Read = async function* (_, since, signal) {
    asked.push({ since, follow: signal !== undefined });
    const stream = new PassThrough({ encoding: 'utf8' });
    stream.write(written.join(''));
    streams.push(stream);
    if (signal === undefined) stream.end();
    signal?.addEventListener('abort', () => stream.end());
    yield* stream;
  };
  return { read, asked, streams };
}

const served = (request: string): Served => ({
  type: 'served',
  source: 'app-1',
  kind: 'instance',
  request,
  instance: 'app-1',
  status: 200,
});

test('lines are complete wherever the engine cuts them; a log that ended and continues is read on, without repeats', async () => {
  const written = [line(1, 'a'), line(1, 'b')];
  const { read, asked, streams } = engine(written);
  const log = followedLog('app-1', 'instance', containerLines('baton-app-1-1', read), { parse: served });
  const stop = new AbortController();
  const seen: string[] = [];
  const reading = (async () => {
    for await (const { request } of log.follow(stop.signal)) seen.push(request);
  })();
  await until(() => seen.length === 2, { withinMs: 30_000, what: 'two lines' });
  const [first] = streams;
  for (const byte of Buffer.from(line(2, 'größer'))) first?.write(Buffer.from([byte]));
  await until(() => seen.length === 3, { withinMs: 30_000, what: 'the third' });
  written.push(line(2, 'größer'), line(2, 'same time'), line(3, 'd'));
  first?.end(); // The container stopped. The log is requested again, from the time of its last line.
  await until(() => seen.length === 5, { withinMs: 30_000, what: 'the lines after it' });
  expect(asked.at(-1)).toEqual({ since: at(2), follow: true });
  streams.at(-1)?.write(line(4, 'the rest').slice(0, -3)); // The end comes in the middle of a line.
  written.push(line(4, 'the rest'));
  stop.abort();
  await reading;
  expect(seen).toEqual(['a', 'b', 'größer', 'same time', 'd', 'the rest']);
  expect(asked.at(-1)?.follow).toBe(false);
});
