/** Tests the questions that `baton init` asks at a terminal. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { used } from '../used.ts';
import { CodeApp, secretOf } from './logins.ts';
import { PASSWORD, SmallApp } from './small-app.ts';
import { hasTerminal, Terminal } from './terminal.ts';
import { withApp } from './verified.ts';

const here = it.skipIf(!hasTerminal());
used(
  'a terminal',
  hasTerminal() ? 'tested with script' : 'NOT TESTED: no script of util-linux on this machine',
);

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'baton-terminal-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const open: Terminal[] = [];
afterEach(async () => {
  for (const terminal of open.splice(0)) await terminal.stop();
});

function init(url: string, file: string): Terminal {
  const terminal = new Terminal(['init', url, '--file', join(folder, file), '--out', join(folder, 'runs')]);
  open.push(terminal);
  return terminal;
}

async function accounts(terminal: Terminal): Promise<void> {
  await terminal.answers('User name of an account: ', 'alice');
  await terminal.answers('Its password (not shown, not written): ', PASSWORD);
  await terminal.answers('User name of a second account (empty: none): ', 'bob');
  await terminal.answers('Its password (not shown, not written): ', PASSWORD);
}

here('init asks for two accounts, and for permission to send a form', async () => {
  await withApp(new SmallApp(), async ({ url, asked }) => {
    const writes = () => asked.filter(({ method, path }) => method === 'POST' && path === '/notes').length;
    const terminal = init(url, 'asked.yaml');
    await accounts(terminal);
    await terminal.answers(
      'POST /notes with a short text in "text", twice, and look for it on /notes? [y/N] ',
      'no',
    );
    expect([await terminal.ends(), writes()], terminal.shown).toEqual([0, 0]);
    const text = readFileSync(join(folder, 'asked.yaml'), 'utf8');
    expect(text).toMatch(/password: \$\{BATON_PASSWORD_1\}[\s\S]*password: \$\{BATON_PASSWORD_2\}/);
    expect(text + terminal.shown).not.toContain(PASSWORD);
  });
});

here('init asks for the login page and the secret of one-time codes, if it needs them', async () => {
  const app = new CodeApp(false);
  app.loginPage = '/members-only';
  app.hidden = true;
  await withApp(app, async ({ url }) => {
    const terminal = init(url, 'more.yaml');
    await accounts(terminal);
    await terminal.answers('Which page has the login form (its path)? ', '/members-only');
    for (const user of app.users)
      await terminal.answers(
        `The secret of the one-time codes of ${user} (not shown, not written): `,
        secretOf(user),
      );
    await terminal.answers('[y/N] ', 'y');
    expect(await terminal.ends(), terminal.shown).toBe(0);
    const text = readFileSync(join(folder, 'more.yaml'), 'utf8');
    expect(text).toMatch(/totp: \$\{BATON_TOTP_1\}/);
    for (const user of app.users) expect(text + terminal.shown).not.toContain(secretOf(user));
  });
});

here('init asks whether it may send requests to another machine', async () => {
  await withApp(new SmallApp(), async ({ url, asked }) => {
    const terminal = init(url.replace('127.0.0.1', '0.0.0.0'), 'never.yaml');
    await terminal.answers(
      '0.0.0.0 is not this machine: Baton will log in there, and send some hundred requests. Do you have permission to test this app? [y/N] ',
      '',
    );
    expect([await terminal.ends(), asked.length]).toEqual([64, 0]);
    expect(terminal.shown).toContain('stopped before it sent a request');
  });
});
