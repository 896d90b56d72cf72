/** Finds out what a request means to the judge (login, read …), from the pages in the target file. */
import type { Action, With } from '../../verify/core/history/history.ts';
import type { Asked } from '../../verify/core/response/interpret.ts';
import type { Body } from '../lib/client.ts';
import type { App, FormRequest, ProbeRequests } from './app.ts';

/** Action of a request, with the object and the value of a read or write. */
export interface RequestMeaning extends Asked {
  probe?: ProbeRequests;
  value?: string;
  with?: With;
  /** Hash of the session cookie, which replaces the cookie in the history. */
  sent?: string;
}

/** Returns the meaning of the home page: a read of the first probe's object or, without probes, of the user's name. */
const readOf = (probe: ProbeRequests | undefined): RequestMeaning =>
  probe === undefined ? { action: 'read' } : { action: 'read', probe, object: probe.object };

export const isSafe = (action: Action): boolean => action === 'read' || action === 'form';

/** @param url a path from the root of the target, with or without a query */
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

/** Returns the field of the body for which the target's form has the placeholder `{value}`. */
function valueIn(request: FormRequest | undefined, path: string, body: Body): string | undefined {
  if (request?.path !== path || body === null || typeof body === 'string') return undefined;
  const field = Object.keys(request.form).find(name => request.form[name] === '{value}');
  return field === undefined ? undefined : body[field];
}
