import { expect, test } from 'vitest';
import { startComposeStack } from './compose.ts';

test.each([
  ['SESSION_STORE', 'postgres'],
  ['SESSION_STORE', 'memcached'],
  ['SESSION_STORE', 'dynamodb'],
  ['BASKET_STORE', 'postgres'],
  ['STACK_BALANCER', 'haproxy'],
])('%s=%s is refused with a remedy, before any call to an engine', async (name, value) => {
  await expect(startComposeStack({ env: { [name]: value } })).rejects.toThrow(
    new RegExp(`^${name}: expected .*docker-compose.yml.* got ${value}. Run it with --stack local`),
  );
});
