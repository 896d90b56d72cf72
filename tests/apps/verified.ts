import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import type { Event } from '../../verify/core/history/history.ts';
import { parseEvent } from '../../verify/core/history/parse.ts';
import type { Anomaly, Judgement } from '../../verify/core/result/verdict.ts';
import { HISTORY } from '../../verify/history-reader.ts';
import type { VerifyOptions } from '../../verify/plan.ts';
import { verify } from '../../verify/run.ts';
import { parseTarget } from '../../verify/target/load.ts';
import { secretOf } from './logins.ts';
import { type How, type Served, serve } from './serve.ts';
import { PASSWORD, type SmallApp } from './small-app.ts';

const ENVIRONMENT = { PASSWORD, ALICE_TOTP: secretOf('alice'), BOB_TOTP: secretOf('bob') };

/** The default target file for the small app. */
export const USUAL = {
  version: 1,
  accounts: ['alice', 'bob'].map(user => ({ user, password: PASSWORD })),
  login: { page: '/login', path: '/login', form: { user: '{user}', pass: '{password}' } },
  csrf: { field: 'csrf' },
  signedIn: { page: '/account', user: 'id="user">([^<]+)' },
  probes: [
    {
      object: 'notes',
      kind: 'bag',
      read: { path: '/notes', items: 'class="note">([^<]+)' },
      add: { path: '/notes', form: { text: '{value}', csrf: '{csrf}' } },
    },
  ],
  logout: { path: '/logout', form: { csrf: '{csrf}' } },
  instance: { header: 'x-instance' },
};

/** Serves an app while `act` runs, and then stops the server. */
export async function withApp<T>(app: SmallApp, act: (served: Served) => Promise<T>, how?: How): Promise<T> {
  const served = await serve(asked => app.answer(asked), how);
  try {
    return await act(served);
  } finally {
    await served.stop();
  }
}

export interface Judged {
  /** Key: claimed guarantee; value: its verdict. */
  claimed: Record<string, Judgement>;
  /** Key: guarantee; value: the counts on which its verdict is based, by name. */
  rests: Record<string, Readonly<Record<string, number>>>;
  /** Key: claimed guarantee; value: Baton's finding, as a sentence. */
  findings: Record<string, string>;
  anomalies: readonly Anomaly[];
  /** All events of the run's history. */
  events: readonly Event[];
  remarks: readonly string[];
}

/**
 * Runs Baton on a target in this process.
 * @param file the target file as text, or as an object
 */
export async function judged(file: object | string, options: VerifyOptions = {}): Promise<Judged> {
  const out = mkdtempSync(join(tmpdir(), 'baton-apps-'));
  try {
    const text = typeof file === 'string' ? file : stringify(file);
    const target = parseTarget(text, 'target.yaml', ENVIRONMENT);
    const { result, folder } = await verify(target, { duration: 800, sessions: 8, seed: 1, ...options, out });
    const lines = readFileSync(join(folder, HISTORY), 'utf8').split('\n');
    const of = result.guarantees.filter(({ claimed }) => claimed);
    return {
      claimed: Object.fromEntries(of.map(({ guarantee, judgement }) => [guarantee, judgement])),
      rests: Object.fromEntries(of.map(({ guarantee, rests }) => [guarantee, rests])),
      findings: Object.fromEntries(of.map(({ guarantee, finding }) => [guarantee, finding])),
      anomalies: of.flatMap(({ anomalies }) => anomalies),
      events: lines.filter(line => line !== '').map(parseEvent),
      remarks: result.remarks,
    };
  } finally {
    rmSync(out, { recursive: true });
  }
}

/** Returns the names of the claimed guarantees that have the given verdict. */
export const those = ({ claimed }: Judged, judgement: Judgement): string[] =>
  Object.keys(claimed).filter(guarantee => claimed[guarantee] === judgement);
