import { describe, expect, it } from 'vitest';
import { fingerprintOf, type Look } from './fingerprint.ts';

const at = Date.parse('2026-01-01T00:00:00.500Z');
const date = (seconds = 0): string => new Date(at + seconds * 1000).toUTCString();
const look = (headers: Record<string, string>, body = '', status = 200): Look => ({
  at,
  reply: { status, headers, body, cookies: [] },
});
const twelve = (make: (i: number) => Look): Look[][] => [Array.from({ length: 12 }, (_, i) => make(i))];

describe('responses look as if from', () => {
  it('one instance, if they differ only in headers that depend on the content', () => {
    const headers = (i: number) => ({ date: date(i % 2), server: 'x', ...(i % 3 ? { etag: `${i}` } : {}) });
    expect(fingerprintOf(twelve(i => look(headers(i))))).toEqual({ instances: 1, by: [] });
    expect(fingerprintOf([[]])).toEqual({ instances: 1, by: [] });
  });

  it('two, by the order of their headers; an order that occurs once is chance', () => {
    const orders = [
      { server: 'x', vary: 'y' },
      { vary: 'y', server: 'x' },
    ];
    expect(fingerprintOf(twelve(i => look(orders[i % 2] ?? {})))).toEqual({
      instances: 2,
      by: ['header order'],
    });
    expect(fingerprintOf(twelve(i => look(orders[i === 5 ? 1 : 0] ?? {}))).instances).toBe(1);
  });

  it('three, by their error pages, whatever number each page has', () => {
    const page = (i: number) => look({}, `Not found. ${'!'.repeat(i % 3)} Incident ${i}-5f00aa${i}`, 404);
    expect(fingerprintOf(twelve(page))).toEqual({ instances: 3, by: ['error page'] });
  });

  it('two, by clocks that differ by more than the error of Date', () => {
    expect(fingerprintOf(twelve(i => look({ date: date(i % 2 ? 5 : 0) })))).toEqual({
      instances: 2,
      by: ['clock'],
    });
  });

  it('two, by counters that take turns; other numbers prove nothing', () => {
    const counter = (i: number) => look({ 'x-requests': `${i % 2 ? 900 + i : 10 + i}` });
    expect(fingerprintOf(twelve(counter))).toEqual({ instances: 2, by: ['counter'] });
    expect(fingerprintOf(twelve(i => look({ 'x-random': `${(i * 7919) % 1009}` }))).instances).toBe(1);
    expect(fingerprintOf(twelve(i => look({ 'x-requests': `${i}` }))).instances).toBe(1);
  });
});
