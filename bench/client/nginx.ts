/** Starts the server of the benchmarks: nginx with `nginx.conf`. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
}

/**
 * Starts nginx on core 1. Returns its address, and a function that stops it.
 *
 * @param folder an existing folder for the files of nginx
 */
export async function startNginx(folder: string): Promise<{ url: string; stop: () => Promise<unknown> }> {
  const port = await freePort();
  const config = readFileSync(new URL('nginx.conf', import.meta.url), 'utf8');
  const file = join(folder, 'nginx.conf');
  writeFileSync(file, config.replaceAll('FOLDER', folder).replaceAll('PORT', `${port}`));
  const server = spawn('taskset', ['-c', '1', 'nginx', '-c', file], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const ended = once(server, 'exit');
  const url = `http://127.0.0.1:${port}`;
  for (;;) {
    if (server.exitCode !== null)
      throw new Error(`expected nginx to run, but it ended with exit code ${server.exitCode}`);
    const page = await fetch(`${url}/login`).catch(() => undefined);
    if (page?.ok) break;
    await new Promise(resolve => setTimeout(resolve, 50));
  }
  const stop = (): Promise<unknown> => {
    server.kill('SIGTERM');
    return ended;
  };
  return { url, stop };
}
