/** Checks that the bundled `baton-verify/k6` gives the same verdicts as its source. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bundledLibrary } from '../scripts/k6-bundle.ts';
import { startLocalStack } from '../stack/local.ts';
import type { Stack } from '../stack/stack.ts';
import { used } from '../tests/used.ts';
import { certificate } from '../verify/testing/certificate.ts';
import { optionsOf } from './testing/double.ts';
import { double, REAL_K6, realK6, runLongEnough } from './testing/scripts.ts';

const pathOf = (file: string): string => fileURLToPath(new URL(file, import.meta.url));
const SCRIPTS = [
  'dashboard',
  'journey',
  'soak',
  'spike',
  'breakpoint',
  'deploy',
  'logout-storm',
  'mixed-users',
];

let folder: string;
let library: string;
let stack: Stack;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'baton-library-'));
  library = join(folder, 'k6.js');
  writeFileSync(library, await bundledLibrary());
  stack = await startLocalStack({ port: 'any', env: { SCRYPT_COST: '2' } });
});
afterAll(async () => {
  await stack?.stop();
  rmSync(folder, { recursive: true });
});

function importing(script: string, from: string): string {
  const text = readFileSync(pathOf(`./${script}.ts`), 'utf8');
  const own = text.replace(/'\.\.?\/lib\/k6\.ts'/, `'${from}'`);
  if (own === text) throw new Error(`${script}.ts: expected an import of lib/k6.ts`);
  const path = join(folder, `${script.replace('/', '-')}.ts`);
  writeFileSync(
    path,
    own.replaceAll(/'(\.\.?\/(?!lib\/)[^']+)'/g, (_, file) => `'${pathOf(`./${file}`)}'`),
  );
  return path;
}

const ENV = { DURATION: '3s', NO_COLOR: '1', P95: '60000' };

describe('the bundled library', () => {
  it.each(SCRIPTS)('gives %s the same options as the source', async script => {
    const bundled = await optionsOf(importing(script, library), { RATE: '20' });
    expect(bundled).toEqual(await optionsOf(pathOf(`./${script}.ts`), { RATE: '20' }));
  });

  it('judges the example of docs/k6.md', async () => {
    const docs = readFileSync(pathOf('../docs/k6.md'), 'utf8');
    const [, example = ''] = /```ts\n([\s\S]*?)```/.exec(docs) ?? [];
    const script = join(folder, 'example.js');
    const runner = realK6 ?? double;
    const { code, stdout } = await runLongEnough(['3s', '20s', '60s'], duration => {
      writeFileSync(
        script,
        example.replace('./node_modules/baton-verify/dist/k6.js', library).replace('10s', duration),
      );
      return runner.run(script, { ...ENV, BASE_URL: stack.url });
    });
    expect(stdout).toContain(' VALID  all 3 claimed guarantees hold');
    expect(code).toBe(0);
  });

  it('judges a script that imports the library from a path', async () => {
    const runner = realK6 ?? double;
    const script = importing('examples/verified', library);
    const { code, stdout } = await runLongEnough(['3s', '20s', '60s'], DURATION =>
      runner.run(script, { ...ENV, BASE_URL: stack.url, DURATION }),
    );
    expect(stdout).toContain(' VALID  all 3 claimed guarantees hold');
    expect(code).toBe(0);
  });

  it.skipIf(realK6 === undefined)('judges a script that imports the library from a URL', async () => {
    const { key, cert } = certificate();
    const server = createServer({ key, cert }, (_, response) => void response.end(readFileSync(library)));
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const trusted = join(folder, 'cert.pem');
    writeFileSync(trusted, cert);
    try {
      const script = importing('examples/verified', `https://127.0.0.1:${port}/k6.js`);
      const env = { ...ENV, BASE_URL: stack.url, SSL_CERT_FILE: trusted };
      const ran = await realK6?.run(script, env);
      expect(ran?.stdout).toContain(' VALID  all 3 claimed guarantees hold');
      expect(ran?.code).toBe(0);
    } finally {
      server.close();
    }
  });
});

used('real k6', REAL_K6);
