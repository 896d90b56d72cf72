import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { get, type IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { Picture } from '../core/testing/picture.ts';
import type { Output } from './output.ts';
import { openCommand, reportCommand, runsCommand } from './runs.ts';

let out: string;
let printed = '';
const write = (text: string) => {
  printed += text;
};
const output: Output = { result: { write }, progress: { write }, colour: false };

function record(name: string, broken: boolean, judged: boolean): void {
  const picture = new Picture({ claims: ['continuity'], run: name });
  const session = picture.session('s1', 'alice').login('app-1').hops(60);
  if (broken) session.signedOut('app-2');
  picture.finish();
  mkdirSync(join(out, name), { recursive: true });
  const lines = [picture.run, ...picture.events].map(event => `${JSON.stringify(event)}\n`);
  writeFileSync(join(out, name, 'history.ndjson'), lines.join(''));
  if (judged) writeFileSync(join(out, name, 'result.json'), JSON.stringify(picture.result()));
}

beforeAll(() => {
  out = mkdtempSync(join(tmpdir(), 'baton-runs-'));
  record('20260101-000000-aaaaaa', true, true);
  record('20260102-000000-bbbbbb', false, false);
  mkdirSync(join(out, 'other'));
});
afterAll(() => rmSync(out, { recursive: true, force: true }));
afterEach(() => void vi.unstubAllEnvs());

async function text(act: () => Promise<number>): Promise<string> {
  printed = '';
  expect(await act()).toBe(0);
  return printed;
}

/** Starts `baton open --serve`. `stop` simulates SIGHUP, and returns the exit code. */
async function serving(folder: string): Promise<{ url: string; stop: () => Promise<number> }> {
  printed = '';
  const before = process.listeners('SIGHUP');
  const served = openCommand(undefined, { out: folder, serve: '0' }, output);
  await vi.waitFor(() => expect(printed).toMatch(/\n/));
  const stop = (): Promise<number> => {
    for (const listener of process.listeners('SIGHUP').filter(one => !before.includes(one)))
      listener('SIGHUP');
    return served;
  };
  return { url: printed.trim(), stop };
}

describe('runs', () => {
  it('lists the runs with their verdicts', async () => {
    expect(await text(() => runsCommand({ out }, output))).toBe(
      '20260101-000000-aaaaaa   2026-01-01 00:00  violated    picture: broken: continuity\n' +
        `20260102-000000-bbbbbb                     not judged  see what it shows: npx baton-verify check ${join(out, '20260102-000000-bbbbbb')}\n`,
    );
  });

  it('says so if there are none', async () => {
    const none = join(out, 'other');
    expect(await text(() => runsCommand({ out: none }, output))).toBe(
      `${none}: no runs yet; npx baton-verify verify makes one\n`,
    );
  });

  it.each(['{', 'null', '{}', '{"format":"baton-result","version":0}'])(
    'counts a run whose result.json is %s as not judged',
    async rubbish => {
      const folder = mkdtempSync(join(tmpdir(), 'baton-rubbish-'));
      mkdirSync(join(folder, 'one'));
      writeFileSync(join(folder, 'one', 'history.ndjson'), '');
      writeFileSync(join(folder, 'one', 'result.json'), rubbish);
      try {
        expect(await text(() => runsCommand({ out: folder }, output))).toMatch(
          /^one +not judged +see what it shows: .* check .*one\n$/,
        );
      } finally {
        rmSync(folder, { recursive: true });
      }
    },
  );

  it('reports on the latest run, or on a named one', async () => {
    const options = { out, format: 'summary', file: '-' };
    expect(await text(() => reportCommand(undefined, options, output))).toContain('✅ Sessions: valid');
    const named = await text(() => reportCommand('20260101-000000-aaaaaa', options, output));
    expect(named).toContain('❌ Sessions: violated');
  });

  it('open writes the page with its timeline into the folder of the run', async () => {
    vi.stubEnv('CI', '1');
    const folder = join(out, '20260101-000000-aaaaaa');
    expect(await text(() => openCommand(folder, { out }, output))).toBe(`${join(folder, 'report.html')}\n`);
    expect(readFileSync(join(folder, 'report.html'), 'utf8')).toContain('id="chunk-data"');
  });

  it('open --serve serves the latest report, and each one by the name of its run', async () => {
    const { url, stop } = await serving(out);
    const [latest, named, other] = await Promise.all(
      ['/', '/20260101-000000-aaaaaa', '/../package.json'].map(path => fetch(url + path)),
    );
    expect(latest?.url).toBe(`${url}/20260102-000000-bbbbbb`);
    expect(await latest?.text()).toContain('The claimed guarantee holds');
    expect(await named?.text()).toContain('Broken: continuity');
    expect([other?.status, await other?.text()]).toEqual([404, expect.stringContaining('-aaaaaa\n')]);
    const { hostname, port } = new URL(url);
    const response = await new Promise<IncomingMessage>(resolve => {
      get({ hostname, port, path: '/', headers: { host: 'evil.test' } }, resolve);
    });
    expect(response.resume().statusCode).toBe(403);
    expect(await stop()).toBe(0);
    await expect(fetch(url)).rejects.toThrow();
  });

  it('open --serve says what is wrong with a run, and goes on', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'baton-rubbish-'));
    const { url, stop } = await serving(folder);
    const page = async (path: string) => {
      const response = await fetch(url + path);
      return [response.status, await response.text()];
    };
    try {
      expect(await page('/')).toEqual([404, expect.stringContaining('no runs yet')]);
      mkdirSync(join(folder, 'häl f'));
      writeFileSync(join(folder, 'häl f', 'history.ndjson'), '{"type":');
      const wrong = [500, expect.stringContaining('history.ndjson:1: expected')];
      expect(await page('/')).toEqual(wrong);
      expect(await page('/')).toEqual(wrong);
      expect(await page('/%')).toEqual([404, expect.stringContaining('häl f\n')]);
    } finally {
      expect(await stop()).toBe(0);
      rmSync(folder, { recursive: true });
    }
  });

  it('say what was expected', async () => {
    const options = { out, format: 'summary', file: '-' };
    await expect(reportCommand('none', options, output)).rejects.toThrow(
      /^none: expected the folder of a run/,
    );
    await expect(reportCommand(undefined, { ...options, format: 'pdf' }, output)).rejects.toThrow(
      /^report --format: expected one of junit, .*, got "pdf"$/,
    );
    await expect(openCommand(undefined, { out: join(out, 'other') }, output)).rejects.toThrow(
      'expected folders of runs, found none',
    );
  });
});

it('a reader that closes the pipe early does not change the exit code', async () => {
  const args = [join(import.meta.dirname, '../cli.ts'), 'report', '--out', out, '--format', 'json'];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  child.stdout.destroy();
  let stderr = '';
  child.stderr.on('data', chunk => {
    stderr += chunk;
  });
  const [code] = await once(child, 'close');
  expect([code, stderr]).toEqual([0, '']);
});
