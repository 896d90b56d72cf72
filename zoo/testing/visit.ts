/** Simulates an ordinary visit: requests in sequence, no wait for a timeout, no old cookies. */
import { randomUUID } from 'node:crypto';
import { expect } from 'vitest';
import type { ZooEntry } from '../entry.ts';
import type { Visitor } from './visitor.ts';

/** Returns true if the app has pages and a login form with a password. */
export const canVisit = ({ deployment: { host } }: ZooEntry): boolean =>
  host === 'card-store' || host === 'plain';

/** Signs in twice. Each time, adds values to each object, reads the values, and signs out. */
export async function ordinaryVisit(visitor: Visitor): Promise<void> {
  expect(await visitor.who()).toBeUndefined();
  for (let visit = 0; visit < 2; visit++) {
    expect((await visitor.signIn()).status).toBe(303);
    expect(await visitor.who()).toBe(visitor.user);
    for (const { object, add } of visitor.target.probes) {
      for (let n = 0; add !== undefined && n < 3; n++) {
        const value = randomUUID();
        expect((await visitor.submit(add, value)).status).toBeLessThan(400);
        expect(await visitor.items(object)).toContain(value);
      }
    }
    expect((await visitor.signOut()).status).toBe(303);
    expect(await visitor.who()).toBeUndefined();
  }
}
