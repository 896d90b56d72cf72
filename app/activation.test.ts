import { expect, test } from 'vitest';
import { Activation } from './activation.ts';
import type { Users } from './data/users.ts';
import type { Mailer } from './mail.ts';

const OLD = 'the secret before it was replaced';
const NEW = 'the secret that replaced it';

function activation(...secrets: string[]) {
  const links: string[] = [];
  const users = {
    register: () => Promise.resolve(true),
    activate: () => Promise.resolve('activated'),
  } as unknown as Users;
  const sendMail = ({ text }: { text: string }) =>
    Promise.resolve(links.push(/\S+token=\S+/.exec(text)?.[0] ?? ''));
  const settings = { secrets, publicUrl: 'https://cards.example.com', activationSeconds: 60 };
  return { links, made: new Activation(users, { sendMail } as unknown as Mailer, settings) };
}

async function tokenOf(...secrets: string[]): Promise<string> {
  const { links, made } = activation(...secrets);
  await made.register('eve@example.test', 'Eve', 'long enough');
  expect(links).toHaveLength(1);
  const url = new URL(links[0] ?? '');
  expect(`${url.origin}${url.pathname}`).toBe('https://cards.example.com/activation');
  return url.searchParams.get('token') ?? '';
}

test('a link is valid under every secret that is accepted, so a secret can be replaced', async () => {
  const token = await tokenOf(OLD);
  expect(await activation(OLD).made.use(token)).toBe('activated');
  expect(await activation(NEW, OLD).made.use(token)).toBe('activated');
  expect(await activation(NEW).made.use(token)).toBe('invalid');
});

test('a changed link is invalid: another address, a later end, no signature, nothing', async () => {
  const { made } = activation(NEW);
  const [claim = '', signature] = (await tokenOf(NEW)).split('.');
  const [email, nonce, expires] = JSON.parse(Buffer.from(claim, 'base64url').toString());
  const changed = (...parts: unknown[]) => Buffer.from(JSON.stringify(parts)).toString('base64url');
  for (const other of [changed('mallory@example.test', nonce, expires), changed(email, nonce, expires + 1)])
    expect(await made.use(`${other}.${signature}`)).toBe('invalid');
  for (const token of [claim, `${claim}.`, '.', '']) expect(await made.use(token)).toBe('invalid');
});
