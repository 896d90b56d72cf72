/** Tests a real balancer with HTTP/2 over TLS, which closes each connection with GOAWAY after a few requests. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { Nginx } from '../../stack/nginx.ts';
import { freePort } from '../../stack/ports.ts';
import { Network } from '../../verify/client/network.ts';
import { SessionClient } from '../../verify/client/session-client.ts';
import { certificate } from '../../verify/testing/certificate.ts';
import { judged } from './judged.ts';
import { SmallWeb, serve } from './small-web.ts';

it('nginx with HTTP/2: every request gets a response, also those after a GOAWAY', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'baton-h2-'));
  const { key, cert } = certificate();
  writeFileSync(join(dir, 'key.pem'), key);
  writeFileSync(join(dir, 'cert.pem'), cert);
  const web = await serve(new SmallWeb());
  const [port, statusPort, secure] = [await freePort(), await freePort(), await freePort()];
  const server = [
    `listen 127.0.0.1:${secure} ssl http2;`,
    `ssl_certificate ${dir}/cert.pem;`,
    `ssl_certificate_key ${dir}/key.pem;`,
    'keepalive_requests 7;',
    'add_header X-Protocol "$server_protocol $http_accept_encoding" always;',
    'gzip on; gzip_min_length 0;',
  ].join('\n');
  const nginx = new Nginx({ port, statusPort, dir, additions: { server } });
  try {
    await nginx.registerAll([{ name: 'both', url: web.url }]);
    await nginx.start();
    const url = `https://127.0.0.1:${secure}`;
    const network = new Network({ url, headers: {}, tls: { insecure: false, ca: cert } });
    const { headers } = await new SessionClient(network).send({ method: 'GET', path: '/login' });
    await network.close();
    expect([headers['x-protocol'], headers['content-encoding']]).toEqual([
      'HTTP/2.0 gzip, deflate, br',
      'gzip',
    ]);
    const { of, operations, violated } = await judged(
      new SmallWeb(),
      { tls: { ca: join(dir, 'cert.pem') }, claims: ['continuity', 'read-your-writes', 'availability'] },
      { url },
    );
    expect(violated).toEqual([]);
    expect([of('continuity').judgement, of('availability').judgement]).toEqual(['valid', 'valid']);
    const failed = operations.filter(({ status, note }) => status === undefined && note !== 'aborted');
    expect(failed).toEqual([]);
  } finally {
    await nginx.dispose();
    web.stop();
    rmSync(dir, { recursive: true });
  }
});
