/**
 * The program of the watchdog process (see watchdog.ts). It reads what to guard from standard input, until the input
 * closes.
 */
import { rmSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { groupMembers, signalGroup } from './group.ts';

const groups = new Set<number>();
const folders = new Set<string>();
const projects = new Set<string>();

// Ignores signals. Only the closed pipe ends the watchdog, so that it outlives the guarded process.
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
  // Processes that are ending may still write, so folders are removed after the last has ended, or after 5 seconds.
  const deadline = performance.now() + 5_000;
  while (performance.now() < deadline && [...groups].some(group => groupMembers(group).length > 0)) {
    await new Promise(resolve => setTimeout(resolve, 10));
  }
  for (const project of projects) await removeContainers(project);
  for (const folder of folders) rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
}

async function removeContainers(what: string): Promise<void> {
  const [host = '', project = ''] = what.split(' ');
  // Imported only when needed: most stacks have no containers, and do not need the engine's library.
  const { connect, removeProject } = await import('./engine.ts');
  await removeProject(connect(host), project).catch(() => {}); // No process is left that could report the error.
}
