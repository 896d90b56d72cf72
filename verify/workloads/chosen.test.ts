import { expect, it } from 'vitest';
import { parseTarget } from '../target/load.ts';
import { chosen } from './index.ts';

const workloadsOf = (claims: readonly string[]): string[] =>
  chosen(
    parseTarget(
      JSON.stringify({
        version: 1,
        url: 'http://127.0.0.1:1',
        accounts: [{ user: 'alice', password: 'x' }],
        login: { page: '/login', path: '/login' },
        signedIn: { page: '/', user: '(a)' },
        logout: { path: '/logout' },
        claims,
      }),
      'target',
      {},
    ),
    [],
  );

it('stateless-token does not claim logout-final, and the run measures it all the same', () => {
  expect(workloadsOf(['stateless-token'])).toContain('logout-race');
  expect(workloadsOf(['standard'])).toContain('logout-race');
  expect(workloadsOf(['continuity'])).not.toContain('logout-race');
});
