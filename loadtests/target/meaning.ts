/** Determines from the target file what a request means to the judge, such as a login or a read. */
import http from 'k6/http';
import type { Action, With } from '../../verify/core/history/history.ts';
import type { Asked } from '../../verify/core/response/interpret.ts';
import { type Body, paramsOf, REFUSABLE, type Response } from '../lib/client.ts';
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

/** Maximum number of cached meanings. A virtual user sends requests to few paths. */
const CACHED = 100;

export type Meanings = (method: string, url: string, body: Body) => RequestMeaning;

/** Returns a function that determines what a request means, and caches the meanings of GET requests. */
export function meaningsOf(app: App): Meanings {
  const cached = new Map<string, RequestMeaning>();
  return (method, url, body) => {
    if (method !== 'GET') return meaningOf(app, method, url, body);
    const what = cached.get(url) ?? meaningOf(app, method, url, body);
    if (cached.size < CACHED) cached.set(url, what);
    return what;
  };
}

/** @param url a path from the root of the target, with or without a query */
function meaningOf(app: App, method: string, url: string, body: Body): RequestMeaning {
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

/** Returns what a request sends in the field that the target file fills with `{value}`. */
function valueIn(request: FormRequest | undefined, path: string, body: Body): string | undefined {
  if (request?.path !== path || body === null || typeof body === 'string') return undefined;
  const field = Object.keys(request.form).find(name => request.form[name] === '{value}');
  return field === undefined ? undefined : body[field];
}

/**
 * Returns the objects that the app shows without a user name, but only to signed-in clients. A successful read of such
 * an object proves that the client is signed in.
 */
export function unnamedReads(app: App, url: string): string[] {
  const { user } = app.signedIn;
  const named = typeof user === 'object' && 'json' in user;
  const reads = app.probes.filter(
    ({ read: { items } }) => !named && typeof items === 'object' && 'json' in items,
  );
  // Excludes headers with placeholders, whose values are known only after a login.
  const fixed = Object.entries(app.headers ?? {}).filter(([, text]) => !/\{\w+\}/.test(text));
  const headers = Object.fromEntries(fixed);
  const params = { ...paramsOf(new http.CookieJar()), headers, responseCallback: REFUSABLE };
  const hidden = ({ status }: Response): boolean => status >= 300 && status < 500 && status !== 429;
  return reads.filter(({ read }) => hidden(http.get(url + read.path, params))).map(({ object }) => object);
}
