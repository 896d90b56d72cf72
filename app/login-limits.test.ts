import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import {
  FAILED_LOGINS,
  LOGIN_WINDOW_MINUTES,
  networkOf,
  REGISTRATION_WINDOW_MINUTES,
  REGISTRATIONS,
} from './login-limits.ts';

test('docs/app.md gives the limits of the code', () => {
  const page = readFileSync(join(import.meta.dirname, '../docs/app.md'), 'utf8');
  const { address, account, accountUnderAttack, attack } = FAILED_LOGINS;
  const within = `in ${LOGIN_WINDOW_MINUTES} minutes`;
  expect(page).toContain(`of one address | ${address} ${within} |`);
  expect(page).toContain(`of one address for one account | ${account} ${within} |`);
  expect(page).toContain(
    `more than ${attack} failed logins ${within} from all addresses | ${accountUnderAttack} ${within} |`,
  );
  expect(REGISTRATION_WINDOW_MINUTES).toBe(60);
  expect(page).toContain(`successful or not | ${REGISTRATIONS} in an hour |`);
});

test.each([
  ['203.0.113.7', '203.0.113.7'],
  ['::ffff:203.0.113.7', '203.0.113.7'],
  ['2001:db8:0:1::1', '2001:db8:0:1::/64'],
  ['2001:db8:0:1:ffff:ffff:ffff:ffff', '2001:db8:0:1::/64'],
  ['2001:DB8:0000:0001::', '2001:db8:0:1::/64'],
  ['64:ff9b::203.0.113.7', '64:ff9b:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
])('%s counts as %s', (address, network) => {
  expect(networkOf(address)).toBe(network);
});
