/** The watchdog's own process: see watchdog.ts. Reads what to guard from standard input until that closes. */
import { rmSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { groupMembers, signalGroup } from './group.ts';

const groups = new Set<number>();
const folders = new Set<string>();
const projects = new Set<string>();

// It outlives the process it watches over; only the closing pipe ends it.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});

const lines = createInterface({ input: process.stdin });
lines.on('line', line => {
  const [verb, ...rest] = line.split(' ');
  const what = rest.join(' ');
  if (verb === '+group') groups.add(Number(what));
  if (verb === '-group') groups.delete(Number(what));
  if (verb === '+folder') folders.add(what);
  if (verb === '-folder') folders.delete(what);
  if (verb === '+project') projects.add(what);
  if (verb === '-project') projects.delete(what);
});
lines.on('close', clearUp);

async function clearUp(): Promise<void> {
  for (const group of groups) signalGroup(group, 'SIGKILL');
  // What still dies may still write: folders are removed when the last has gone, or at the latest after 5 s.
  const deadline = performance.now() + 5_000;
  while (performance.now() < deadline && [...groups].some(group => groupMembers(group).length > 0)) {
    await new Promise(resolve => setTimeout(resolve, 10));
  }
  for (const project of projects) await removeContainers(project);
  for (const folder of folders) rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
}

async function removeContainers(what: string): Promise<void> {
  const [host = '', project = ''] = what.split(' ');
  // Only here: most stacks have no containers, and need no engine's library.
  const { connect, removeProject } = await import('./engine.ts');
  await removeProject(connect(host), project).catch(() => {}); // Nobody is left to be told.
}
