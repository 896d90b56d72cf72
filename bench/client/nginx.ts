import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '../../stack/ports.ts';
import { ServerProcess } from '../../stack/process.ts';
import { temporaryPath } from '../../stack/watchdog.ts';

/** Starts nginx on CPU core 1. Returns its address, and a function that stops nginx. */
export async function startNginx(): Promise<{ url: string; stop: () => Promise<void> }> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const folder = temporaryPath('baton-bench-nginx-');
  const file = join(folder, 'nginx.conf');
  const config = readFileSync(new URL('nginx.conf', import.meta.url), 'utf8');
  const server = new ServerProcess({
    name: 'nginx',
    command: ['taskset', '-c', '1', 'nginx', '-c', file],
    log: join(folder, 'nginx.log'),
    folder,
    prepare: () => writeFileSync(file, config.replaceAll('FOLDER', folder).replaceAll('PORT', `${port}`)),
    ready: async () => (await fetch(`${url}/login`)).ok,
  });
  await server.start();
  return { url, stop: () => server.dispose() };
}
