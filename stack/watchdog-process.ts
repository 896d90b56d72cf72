/**
 * The watchdog process removes Baton's process groups, files, folders and compose projects when its input closes,
 * because Baton has then ended.
 */
import { rmSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { removeProject } from './docker.ts';
import { groupMembers, signalGroup } from './process-table.ts';

const guarded = { group: new Set<string>(), path: new Set<string>(), project: new Set<string>() };

// Ignores signals: the watchdog must outlive Baton, so it ends only when its input closes.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});

const lines = createInterface({ input: process.stdin });
lines.on('line', line => {
  const [, sign, kind, what = ''] = /^([+-])(group|path|project) (.+)$/.exec(line) ?? [];
  if (kind === undefined) return;
  const set = guarded[kind as keyof typeof guarded];
  if (sign === '+') set.add(what);
  else set.delete(what);
});
lines.on('close', clearUp);

async function clearUp(): Promise<void> {
  const { path: paths, project: projects } = guarded;
  const groups = [...guarded.group].map(Number);
  for (const group of groups) signalGroup(group, 'SIGKILL');
  // A process that is ending may still write to its folder, so the removal is retried for up to 5 s.
  const deadline = performance.now() + 5_000;
  while (performance.now() < deadline && groups.some(group => groupMembers(group).length > 0)) {
    await new Promise(resolve => setTimeout(resolve, 10));
  }
  for (const project of projects) await removeProject(project).catch(() => {}); // No process is left to report the error.
  for (const path of paths) rmSync(path, { recursive: true, force: true, maxRetries: 5 });
}
