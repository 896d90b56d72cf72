import { parse } from 'yaml';
import { type InitOptions, init } from '../../verify/init/init.ts';
import type { Served } from './serve.ts';
import { PASSWORD } from './small-app.ts';

export interface Found {
  text: string;
  file: Record<string, unknown>;
  said: string[];
}

/**
 * Runs `baton init` on an app in this process.
 * @param options override the default options: two accounts, and permission to write
 */
export async function found({ url }: Served, options: Partial<InitOptions> = {}): Promise<Found> {
  const said: string[] = [];
  const text = await init({
    reached: { url, headers: {} },
    accounts: ['alice', 'bob'].map(user => ({ user, password: PASSWORD, passwordEnv: 'PASSWORD' })),
    pause: 0,
    signal: new AbortController().signal,
    say: line => said.push(line),
    mayWrite: async () => true,
    ...options,
  });
  return { text, file: parse(text), said };
}
