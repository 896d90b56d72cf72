import { expect, it } from 'vitest';
import { fill } from './fill.ts';
import { Network } from './network.ts';
import { SessionClient } from './session-client.ts';

it('a logout on another host is sent although the form token of the app is in a cookie', () => {
  const network = new Network({ url: 'http://127.0.0.1:8080', headers: {} });
  try {
    const client = new SessionClient(network);
    client.put('csrf', 'a%20b');
    const account = { user: 'alice', password: 'x', label: 'alice' };
    const logout = (path: string) => {
      const spec = { method: 'GET' as const, path, form: { token: '{csrf}' }, headers: {} };
      return fill({ csrf: { cookie: 'csrf' } }, spec, client, account);
    };
    expect(logout('/logout').form).toEqual({ token: 'a b' });
    expect(logout('http://localhost:9000/end').path).toBe('http://localhost:9000/end');
  } finally {
    network.close();
  }
});
