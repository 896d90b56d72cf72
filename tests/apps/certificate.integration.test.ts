/** Tests an app whose certificate is signed by an authority that this machine does not trust. */
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer, type Server } from 'node:tls';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { parse } from 'yaml';
import { parseTarget } from '../../verify/target/load.ts';
import { baton } from '../../verify/testing/baton.ts';
import { certificate } from '../../verify/testing/certificate.ts';
import { type Served, serve } from './serve.ts';
import { PASSWORD, SmallApp } from './small-app.ts';

const folder = mkdtempSync(join(tmpdir(), 'baton-certificate-'));
const ca = join(folder, 'ca.pem');
const TARGET = join(folder, 'targets/shop.yaml');
const env = { SHOP_PASSWORD: PASSWORD };

let served: Served;
let front: Server;
let url: string;
beforeAll(async () => {
  const app = new SmallApp();
  served = await serve(asked => app.answer(asked));
  const { key, cert } = certificate();
  writeFileSync(ca, cert);
  mkdirSync(join(folder, 'targets'));
  const port = Number(new URL(served.url).port);
  front = createServer({ key, cert }, secure => {
    const plain = connect(port, '127.0.0.1');
    for (const [one, other] of [
      [secure, plain],
      [plain, secure],
    ] as const) {
      one.pipe(other);
      one.on('error', () => other.destroy());
    }
  });
  // Ignores the end of a handshake by a client that does not trust the certificate.
  front.on('tlsClientError', () => {});
  await once(front.listen(0, '127.0.0.1'), 'listening');
  url = `https://127.0.0.1:${(front.address() as AddressInfo).port}`;
});
afterAll(async () => {
  front.close();
  await served.stop();
  rmSync(folder, { recursive: true });
});

const ACCOUNTS = ['alice', 'bob'].flatMap(user => ['--user', user]);
const init = (...more: string[]) =>
  baton(['init', url, ...ACCOUNTS, '--password-env', 'SHOP_PASSWORD', '--file', TARGET, ...more], env);

it('init reports an untrusted certificate, and names the option --ca', async () => {
  const { code, stderr } = await init();
  expect(stderr).toContain(
    `${url}: expected a certificate that this machine trusts, got an untrusted one: self-signed certificate. ` +
      'Give the certificate of your own authority as a PEM file: --ca ca.pem',
  );
  expect(code).toBe(69);
  const wrong = await init('--ca', join(folder, 'none.pem'));
  expect(wrong.stderr).toContain('--ca: expected a file with certificates, PEM');
  expect(wrong.code).toBe(64);
});

it('init --ca trusts the authority and writes it into the target file; without this key verify reports the certificate', async () => {
  const { stderr } = await init('--ca', ca, '--quiet', '--brief');
  expect(stderr, stderr).toContain(`written     ${TARGET}`);
  const text = readFileSync(TARGET, 'utf8');
  expect(parse(text)).toMatchObject({ url, tls: { ca: '../ca.pem' } });
  expect(parseTarget(text, TARGET, env).tls?.ca).toContain('BEGIN CERTIFICATE');
  writeFileSync(TARGET, text.replace(/^tls:\n.*\n/m, ''));
  const verified = await baton(['verify', TARGET, '--duration', '1s'], env);
  expect(verified.stderr).toContain('got an untrusted one: self-signed certificate. Give the certificate');
  expect(verified.stderr).toContain('`tls: { ca: ca.pem }` in the target file');
  expect(verified.code).toBe(69);
});
