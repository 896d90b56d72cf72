import type { Request, Response } from 'express';
import type { Redis } from 'ioredis';
import { describe, expect, it } from 'vitest';
import { repeating } from './repetition.ts';
import { draw, started } from './testing.ts';

/** Sends a write twice, like a balancer that repeats writes. Returns what the instance did each time. */
async function sentTwice(act: string, path: string, balanced = true) {
  const { oracle, harms } = started(draw(act));
  const kept = new Map<string, string>();
  const redis = {
    get: async (key: string) => kept.get(key) ?? null,
    set: async (key: string, value: string) => kept.set(key, value),
  };
  const middleware = repeating(oracle, redis as unknown as Redis);
  const once = async (): Promise<string> => {
    const done: string[] = [];
    const response = {
      statusCode: 200,
      get: () => '/app/notes',
      redirect: (status: number, to: string) => done.push(`${status} to ${to}`),
      end: () => done.push('response'),
    };
    const request = {
      method: 'POST',
      path,
      headers: balanced ? { 'x-balancer-retries': '502' } : {},
      get: () => 'request-1',
      session: { user: 'alice' },
      socket: { destroy: () => done.push('cut') },
    };
    await middleware(request as unknown as Request, response as unknown as Response, () => {
      done.push('write');
      response.statusCode = 303;
      response.end();
    });
    await new Promise(resolve => setImmediate(resolve));
    return done.join(', ');
  };
  return { times: [await once(), await once()], harms: harms() };
}

describe('a write that the balancer repeats', () => {
  it('has two effects, and the oracle reports it', async () => {
    const { times, harms } = await sentTwice('repeated-write', '/app/notes');
    expect(times).toEqual(['write, cut', 'write, cut']);
    expect(harms[0]).toBe('the balancer repeated a write');
  });

  it('has one effect if the instance absorbs the repetition', async () => {
    const { times, harms } = await sentTwice('absorb-repetition', '/app/notes');
    expect([times, harms]).toEqual([['write, cut', '303 to /app/notes'], []]);
  });

  it('is never cut if the balancer would not repeat it, or if a repetition changes nothing', async () => {
    for (const act of ['repeated-write', 'absorb-repetition']) {
      const direct = await sentTwice(act, '/app/notes', false);
      const removal = await sentTwice(act, '/app/notes/remove');
      for (const { times, harms } of [direct, removal])
        expect([times, harms]).toEqual([['write, response', 'write, response'], []]);
    }
  });
});
