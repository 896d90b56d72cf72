import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import { Authenticator } from './authenticator.ts';
import { fill, takeStep } from './fill.ts';
import type { MailReader } from './mail-reader.ts';
import { Network } from './network.ts';
import { SessionClient } from './session-client.ts';

const account = { user: 'alice', password: 'x', label: 'alice' };

it('a logout on another host is sent although the form token of the app is in a cookie', () => {
  const network = new Network({ url: 'http://127.0.0.1:8080', headers: {} });
  try {
    const client = new SessionClient(network);
    client.put('csrf', 'a%20b');
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

it('a request without a form has no fields, and a form without fields stays one', () => {
  const network = new Network({ url: 'http://127.0.0.1:8080', headers: {} });
  try {
    const client = new SessionClient(network);
    const spec = { method: 'POST' as const, path: '/logout', headers: {} };
    expect(fill({}, spec, client, account)).not.toHaveProperty('form');
    expect(fill({}, { ...spec, form: {} }, client, account)).toMatchObject({ form: {} });
  } finally {
    network.close();
  }
});

it('a link that came by mail is in no recorded path, also if the app redirects to a path with it', async () => {
  const server = createServer((request, response) => {
    response.writeHead(301, { Location: `${request.url}/` }).end();
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const network = new Network({
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    headers: {},
  });
  try {
    const client = new SessionClient(network);
    const mails = { watch: async () => async () => 'http://app.test/in/4711-abc' } as unknown as MailReader;
    const send = async () => ({ status: 200, headers: {}, body: '', cookies: [] });
    const step = { capture: {}, mail: { token: '/in/([\\w-]+)' } };
    await takeStep(step, client, account, { mails, authenticator: new Authenticator() }, send);
    const link = { method: 'GET' as const, path: '/in/{token}', form: {}, headers: {} };
    const sent = fill({}, link, client, account);
    expect(sent).toMatchObject({ path: '/in/4711-abc', shown: '/in/{token}' });
    const { redirect, leads = '' } = await client.send(sent);
    expect([redirect, leads, client.recordable(leads)]).toEqual([
      ...['/in/{token}/', '/in/4711-abc/', '/in/{token}/'],
    ]);
  } finally {
    network.close();
    server.close();
  }
});
