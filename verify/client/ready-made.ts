/** Puts an existing session into a client: from a Playwright state file, a cookie, a header or a command. */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';
import { UsageError } from '../errors.ts';
import type { Account } from '../target/accounts.ts';
import { READY_MADE } from '../target/completed.ts';
import type { Target } from '../target/load.ts';
import type { SessionSpec } from '../target/schema-session.ts';
import type { SessionClient } from './session-client.ts';

/** Timeout of the command that prints a session, milliseconds. */
const TIMEOUT = 120_000;

/** The parts of Playwright's storageState that Baton uses. */
const stored = z.object({
  cookies: z
    .array(z.object({ name: z.string(), value: z.string(), domain: z.string().default('') }))
    .default([]),
  origins: z
    .array(
      z.object({
        origin: z.string(),
        localStorage: z.array(z.object({ name: z.string(), value: z.string() })).default([]),
      }),
    )
    .default([]),
});

/**
 * Puts the session of an account into a client.
 *
 * @param site address of the target; cookies and local storage of other hosts are ignored
 * @throws UsageError if there is no session, or its format is unknown; the message contains no secrets
 */
export async function putSession(
  client: SessionClient,
  spec: SessionSpec,
  { user }: Pick<Account, 'user'>,
  { folder, url }: Pick<Target, 'folder' | 'url'>,
  signal: AbortSignal,
): Promise<void> {
  const { text, from } = await sessionText(spec, user, folder, signal);
  if (signal.aborted) return;
  const wrong = (expected: string): UsageError => new UsageError(`${from}: expected ${expected}`);
  if (text.trimStart().startsWith('{')) return putState(client, text, new URL(url), wrong);
  const [, name, value] = /^([\w-]+):[ \t]*(\S.*)$/.exec(text.trim()) ?? [];
  if (name !== undefined && value !== undefined) {
    if (spec.command !== undefined && name.toLowerCase() !== 'authorization')
      throw wrong(`the header Authorization, a cookie or a storageState, got the header ${name}`);
    client.captured.set(READY_MADE, value);
    return;
  }
  const pairs = text
    .trim()
    .split(/;\s*/)
    .filter(pair => pair !== '');
  if (pairs.length === 0 || pairs.some(pair => !/^[^=\s]+=.*$/.test(pair)))
    throw wrong(
      'cookies such as sid=… or a header such as Authorization: Bearer …, on one line, or a storageState in JSON',
    );
  for (const pair of pairs) client.put(pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1));
}

async function sessionText(
  { state, cookie, header, command }: SessionSpec,
  user: string,
  folder: string,
  signal: AbortSignal,
): Promise<{ text: string; from: string }> {
  if (state !== undefined) {
    const file = resolve(folder, state.replaceAll('{user}', user));
    try {
      return { text: await readFile(file, 'utf8'), from: file };
    } catch (error) {
      throw new UsageError(
        `session.state: expected a storageState file of ${user}; ${file} cannot be read (${(error as NodeJS.ErrnoException).code})`,
      );
    }
  }
  if (command !== undefined)
    return { text: await printed('session.command', command, user, folder, signal), from: 'session.command' };
  const given = cookie ?? header ?? '';
  const text = typeof given === 'string' ? given : given[user];
  const from = cookie === undefined ? 'session.header' : 'session.cookie';
  if (text !== undefined) return { text, from };
  throw new UsageError(
    `${from}: expected an entry for ${user}, got none: add an entry, or remove the account`,
  );
}

/**
 * Runs a command of the target file, and returns its output; empty after an abort. Passes the user's name to the shell
 * in BATON_USER, because a name in the command line could run as a command.
 *
 * @param key the command's key in the target file
 * @throws UsageError if the command fails
 */
export async function printed(
  key: 'session.command' | 'mail.command',
  command: string | readonly string[],
  user: string,
  folder: string,
  signal: AbortSignal,
): Promise<string> {
  const [program = '', ...args] =
    typeof command === 'string'
      ? ['/bin/sh', '-c', command.replaceAll('{user}', '"$BATON_USER"')]
      : command.map(part => part.replaceAll('{user}', user));
  const env = { ...process.env, BATON_USER: user };
  try {
    const { stdout } = await promisify(execFile)(program, args, {
      cwd: folder,
      env,
      signal,
      timeout: TIMEOUT,
    });
    return stdout;
  } catch (error) {
    if (signal.aborted) return '';
    const { code, killed } = error as { code?: number | string; killed?: boolean };
    const how = killed === true ? `did not end within ${TIMEOUT / 1000} s` : `failed (${code})`;
    throw new UsageError(
      `${key}: expected the command to print a ${key === 'mail.command' ? 'mail' : 'session'} of ${user}, but it ${how}. Run it by hand`,
    );
  }
}

function putState(
  client: SessionClient,
  text: string,
  { hostname, origin }: URL,
  wrong: (expected: string) => UsageError,
): void {
  const parsed = stored.safeParse(parsedJson(text));
  if (!parsed.success)
    throw wrong('a storageState as Playwright writes it: JSON with `cookies` and `origins`');
  const own = parsed.data.cookies.filter(({ domain }) => {
    const bare = domain.replace(/^\./, '');
    return bare === '' || hostname === bare || hostname.endsWith(`.${bare}`);
  });
  const values = parsed.data.origins.filter(one => one.origin === origin).flatMap(one => one.localStorage);
  if (own.length === 0 && values.length === 0)
    throw wrong(`a cookie or local storage of ${origin}, got none`);
  for (const { name, value } of own) client.put(name, value);
  // Headers can have placeholders for local storage values, such as {access_token}.
  for (const { name, value } of values) client.captured.set(name.replaceAll(/\W/g, '_'), value);
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
