import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { expect, it } from 'vitest';
import { freePort, freePortFrom } from './ports.ts';

it('never returns a port twice', async () => {
  const ports = await Promise.all(Array.from({ length: 100 }, freePort));
  expect(new Set(ports).size).toBe(100);
});

it('never returns a port in use', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  expect(await freePortFrom(port)).toBeGreaterThan(port);
  server.close();
});

it('never returns a port that another process has reserved, until that process has ended', async () => {
  const module = JSON.stringify(new URL('./ports.ts', import.meta.url).href);
  const script = `const { freePort } = await import(${module}); console.log(await freePort()); process.stdin.resume();`;
  const other = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const [text] = await once(other.stdout, 'data');
  const port = Number(text);
  expect(await freePortFrom(port)).toBeGreaterThan(port);
  other.kill('SIGKILL');
  await once(other, 'exit');
  expect(await freePortFrom(port)).toBe(port);
});
