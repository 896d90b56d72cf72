import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Request } from 'express';
import { expect, test } from 'vitest';
import { Refusal } from './failures.ts';
import { save } from './session.ts';
import { SessionGoneError, SessionLockLostError } from './stores/errors.ts';

async function statusOf(error: Error): Promise<number> {
  const session = { save: (done: (error: Error) => void) => done(error) };
  const refused = await save({ session } as unknown as Request).catch((cause: unknown) => cause);
  if (refused instanceof Refusal) return refused.status;
  throw new Error(`expected a refusal, got ${refused}`);
}

const page = readFileSync(join(import.meta.dirname, '../docs/stores.md'), 'utf8');

test.each(['redis-attributes', 'memcached', 'dynamodb'])(
  'docs/stores.md states the status of a save after the logout: %s',
  async store => {
    const row = page.split('\n').find(line => line.startsWith(`| \`${store}\``));
    expect(row).toContain(`| refused, ${await statusOf(new SessionGoneError())} |`);
  },
);

test('docs/stores.md states the status of refused saves in its text', async () => {
  expect(page).toContain(`and ${await statusOf(new SessionGoneError())} if a save is refused`);
  expect(page).toContain(`save is refused with ${await statusOf(new SessionLockLostError(1))}.`);
});
