import { PassThrough } from 'node:stream';
import type { Container } from 'dockerode';
import { expect, test } from 'vitest';
import type { Served } from '../verify/core/history/history.ts';
import { EngineLog, text } from './engine-log.ts';
import { until } from './wait.ts';

function frame(content: string, stream = 1): Buffer {
  const body = Buffer.from(content);
  const header = Buffer.alloc(8);
  header[0] = stream;
  header.writeUInt32BE(body.length, 4);
  return Buffer.concat([header, body]);
}

/** Returns a time in the future. */
const at = (second: number): string => `2999-01-01T00:00:0${second}.000000000Z`;
const line = (second: number, request: string): string => `${at(second)} ${request}\n`;

/** Returns a container whose log is `written`, and grows while its stream is open. */
function container(written: string[]) {
  const asked: { since?: string; follow?: boolean }[] = [];
  const streams: PassThrough[] = [];
  const logs = async (options: { since?: string; follow?: boolean }) => {
    asked.push(options);
    const lines = Buffer.concat(written.map(one => frame(one)));
    if (!options.follow) return lines;
    const stream = new PassThrough();
    stream.write(lines);
    streams.push(stream);
    return stream;
  };
  return { container: { logs } as unknown as Container, asked, streams };
}

const served = (request: string): Served => ({
  type: 'served',
  source: 'app-1',
  kind: 'instance',
  request,
  instance: 'app-1',
  status: 200,
});

test('frames of every stream are removed', () => {
  expect(text(Buffer.concat([frame('one\n'), frame('two', 2), frame('')]))).toBe('one\ntwo');
});

test('lines are complete wherever the engine cuts them; a log that ended and continues is read on, without repeats', async () => {
  const written = [line(1, 'a'), line(1, 'b')];
  const engine = container(written);
  const log = new EngineLog('app-1', 'instance', engine.container, served);
  const stop = new AbortController();
  const seen: string[] = [];
  const reading = (async () => {
    for await (const { request } of log.follow(stop.signal)) seen.push(request);
  })();
  await until(() => seen.length === 2, { withinMs: 30_000, what: 'two lines' });
  const [first] = engine.streams;
  const bytes = frame(line(2, 'größer'));
  for (const byte of bytes) first?.write(Buffer.from([byte]));
  await until(() => seen.length === 3, { withinMs: 30_000, what: 'the third' });
  written.push(line(2, 'größer'), line(2, 'same time'), line(3, 'd'));
  first?.end(); // The container stopped. The log is requested again, from the time of its last line.
  await until(() => seen.length === 5, { withinMs: 30_000, what: 'the lines after it' });
  written.push(line(4, 'the rest'));
  stop.abort();
  await reading;
  expect(seen).toEqual(['a', 'b', 'größer', 'same time', 'd', 'the rest']);
  expect(engine.asked.at(-1)).not.toHaveProperty('follow', true);
});
