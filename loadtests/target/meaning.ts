/** Determines what a request means to the judge, such as a login or a read, from the target file. */
import type { Action, With } from '../../verify/core/history/history.ts';
import type { Asked } from '../../verify/core/response/interpret.ts';
import type { Body } from '../lib/client.ts';
import type { App, FormRequest, ProbeRequests } from './app.ts';

/** What a request means to the judge: the action and, for a read or write, its object and value. */
export interface RequestMeaning extends Asked {
  probe?: ProbeRequests;
  value?: string;
  with?: With;
  /** Hash that replaces the session cookie in the history. */
  sent?: string;
}

/** The home page shows the first probe's object or, without probes, the user's name. */
const readOf = (probe: ProbeRequests | undefined): RequestMeaning =>
  probe === undefined ? { action: 'read' } : { action: 'read', probe, object: probe.object };

export const isSafe = (action: Action): boolean => action === 'read' || action === 'form';

/**
 * Returns what a request means to the judge.
 * @param url a path from the root of the target, with or without a query
 */
export function meaningOf(app: App, method: string, url: string, body: Body): RequestMeaning {
  const { login, logout, probes, signedIn } = app;
  const path = url.split(/[?#]/)[0] || '/';
  const reads = method === 'GET' || method === 'HEAD';
  if (reads && path === login.page) return { action: 'form' };
  if (login.steps?.some(step => step.path === path && reads === (step.method === 'GET')))
    return { action: 'form' };
  if (!reads && path === login.path) return { action: 'login' };
  if (path === logout?.path) return { action: 'logout' };
  if (!reads) return writtenTo(probes, path, body) ?? { action: 'set' };
  const probe = probes.find(({ read }) => read.path === path);
  return probe === undefined ? { action: 'read', unmarked: path !== signedIn.page } : readOf(probe);
}

function writtenTo(probes: readonly ProbeRequests[], path: string, body: Body): RequestMeaning | undefined {
  for (const probe of probes) {
    const added = valueIn(probe.add, path, body);
    if (added !== undefined) return { action: 'add', probe, value: added };
    const removed = valueIn(probe.remove, path, body);
    if (removed !== undefined) return { action: 'remove', probe, value: removed };
  }
  return undefined;
}

/** Returns the value of the field that is `{value}` in the target's form. */
function valueIn(request: FormRequest | undefined, path: string, body: Body): string | undefined {
  if (request?.path !== path || body === null || typeof body === 'string') return undefined;
  const field = Object.keys(request.form).find(name => request.form[name] === '{value}');
  return field === undefined ? undefined : body[field];
}
