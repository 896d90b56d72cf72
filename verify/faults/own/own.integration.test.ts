/** Tests that Baton sees the effect of each fault of a target file on real processes, and heals it. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ServerProcess } from '../../../stack/process.ts';
import { until } from '../../../stack/wait.ts';
import { Bench } from './testing/try.ts';

let bench: Bench;
beforeEach(() => {
  bench = new Bench();
});
afterEach(() => bench.remove());

const there = (name: string): boolean => existsSync(join(bench.folder, name));

describe('commands', () => {
  it('inject, check until it shows, heal; their output is kept, without secrets', async () => {
    const faults = {
      db: {
        inject: 'touch down; echo "password=hunter2 open-sesame"',
        check: ['test', '-e', 'down'],
        heal: 'rm down; echo healed',
      },
    };
    const tried = await bench.inject(faults, 'db');
    expect(tried.bit).toBe(true);
    expect(there('down')).toBe(true);
    await tried.heal();
    expect(there('down')).toBe(false);
    expect(tried.log()).toMatch(
      /\$ touch down;.*\npassword=\(hidden\) \(hidden\)\nended with exit code 0 after/,
    );
    expect(tried.log()).toMatch(/\$ rm down; echo healed\nhealed\nended with exit code 0/);
    expect(tried.log()).not.toMatch(/hunter2|sesame/);
  });

  it('have not taken effect if the check never succeeds, or if the load shows nothing', async () => {
    expect((await bench.inject({ a: { inject: 'true', check: 'false' } }, 'a')).bit).toBe(false);
    expect((await bench.inject({ a: { inject: 'true' } }, 'a')).bit).toBe(false);
    bench.showsFault = true;
    expect((await bench.inject({ a: { inject: 'true' } }, 'a')).bit).toBe(true);
  });

  it('that fail report how, with the end of their output; what they began is healed', async () => {
    const faults = { a: { inject: 'touch half; echo no such unit; exit 5', heal: 'rm half' } };
    await expect(bench.inject(faults, 'a')).rejects.toThrow(
      /ended with exit code 5: no such unit \(complete output: /,
    );
    expect(there('half')).toBe(false);
    const wrong = { a: { inject: ['no-such-program'] } };
    await expect(bench.inject(wrong, 'a')).rejects.toThrow('no-such-program could not be started (ENOENT)');
    const tried = await bench.inject({ a: { inject: 'true', heal: 'exit 3' } }, 'a');
    await expect(tried.heal()).rejects.toThrow('exit 3 ended with exit code 3');
  });

  it('are ended with their child processes when they take too long, or when the run is stopped', async () => {
    const long = 'echo $$ >shell; sleep 600 & echo $! >child; wait';
    const gone = async (): Promise<void> => {
      for (const name of ['shell', 'child']) {
        const pid = Number(readFileSync(join(bench.folder, name), 'utf8'));
        await until(() => !existsSync(`/proc/${pid}/exe`), { withinMs: 30_000, what: `${name} to be gone` });
      }
    };
    await expect(bench.inject({ a: { inject: long, within: '500ms' } }, 'a')).rejects.toThrow(
      'was ended because it took more than 0.5 s',
    );
    await gone();
    const other = `${long}; touch never`;
    const stopped = bench.inject({ a: { inject: `echo >began; ${other}`, heal: 'touch healed' } }, 'a');
    await until(() => there('began'), { withinMs: 30_000, what: 'it to begin' });
    bench.stop.abort();
    await expect(stopped).rejects.toThrow('was ended because the run was stopped');
    expect(there('healed')).toBe(true);
    await gone();
  });

  it('may leave a server running that writes on', async () => {
    const tried = await bench.inject(
      { a: { inject: '(while [ ! -e end ]; do echo busy; sleep 0.01; done; touch ended) &' } },
      'a',
    );
    expect(tried.bit).toBe(false);
    writeFileSync(join(bench.folder, 'end'), '');
    await until(() => there('ended'), { withinMs: 30_000, what: 'it to end by itself' });
  });
});

describe('processes by their files', () => {
  const servers: ServerProcess[] = [];
  const file = (name: string): string => join(bench.folder, `${name}.pid`);

  const PROGRAM = 'echo $$ >"$0"; exec sleep 600';

  async function started(name: string): Promise<ServerProcess> {
    const server = new ServerProcess({
      name,
      command: ['/bin/sh', '-c', PROGRAM, file(name)],
      env: process.env,
      log: join(bench.folder, `${name}.log`),
      ready: async () => existsSync(file(name)),
    });
    servers.push(server);
    await server.start();
    return server;
  }
  afterEach(() => Promise.all(servers.splice(0).map(server => server.dispose())));

  const stateOf = (pid: number): string =>
    /\) (\S)/.exec(readFileSync(`/proc/${pid}/stat`, 'latin1'))?.[1] ?? '';

  it('pause freezes one of them, which resumes', async () => {
    await started('a');
    const b = await started('b');
    const faults = { app: { processes: { pidFiles: ['a.pid', 'b.pid'] } } };
    const tried = await bench.inject(faults, 'app-pause', 1);
    const [pid = 0] = /\d+/.exec(tried.did ?? '')?.map(Number) ?? [];
    expect(tried).toMatchObject({
      bit: true,
      did: expect.stringMatching(/^process \d+ of [ab]\.pid frozen$/),
    });
    expect(stateOf(pid)).toBe('T');
    await tried.heal();
    expect(stateOf(pid)).not.toBe('T');
    expect(b.running()).toBe(true);
  });

  it.each(['kill', 'stop'])('%s ends it, and `start` brings it back', async action => {
    const server = await started('a');
    const before = readFileSync(file('a'), 'utf8');
    const start = 'sleep 600 >/dev/null 2>&1 & echo $! >{pidFile}';
    const tried = await bench.inject({ app: { processes: { pidFiles: ['a.pid'], start } } }, `app-${action}`);
    expect(tried.bit).toBe(true);
    await until(() => !server.running(), { withinMs: 30_000, what: 'it to be gone' });
    await tried.heal();
    const after = readFileSync(file('a'), 'utf8');
    expect(after).not.toBe(before);
    process.kill(Number(after), 'SIGKILL');
  });

  it('reports what is missing if nothing starts it again, or if the file names no process', async () => {
    await started('a');
    const one = (pidFile: string) => ({ app: { processes: { pidFiles: [pidFile] }, within: '300ms' } });
    const tried = await bench.inject(one('a.pid'), 'app-kill');
    await expect(tried.heal()).rejects.toThrow(/a\.pid to name another process than \d+.*add `start`/);
    await expect(bench.inject(one('none.pid'), 'app-kill')).rejects.toThrow('cannot be read (ENOENT)');
    writeFileSync(file('odd'), 'app\n');
    await expect(bench.inject(one('odd.pid'), 'app-kill')).rejects.toThrow('got "app"');
    await expect(bench.inject(one('a.pid'), 'app-kill')).rejects.toThrow(
      /a running process, got \d+, but no such process runs/,
    );
  });
});
