/**
 * Writes the view of the timeline into the page's address, such as `#continuity-1` (an anomaly) or
 * `#session=r1&request=…&time=0.2-1.5`.
 */
import type { ViewState } from './state.ts';

/** Shows the anomaly, session or time that the page's address names. Returns false if it names none. */
export function follow(state: ViewState): boolean {
  const hash = location.hash.slice(1);
  const target = document.getElementById(hash);
  if (target instanceof HTMLDetailsElement) target.open = true;
  const mark = state.facts.anomalies.find(({ id }) => id === hash);
  if (mark !== undefined) {
    state.anomaly(mark);
    return true;
  }
  const parts = new URLSearchParams(hash);
  const [names, request, time] = [parts.getAll('session'), parts.get('request'), parts.get('time')];
  if (names.length === 0 && request === null && time === null) return false;
  state.focus = state.data.sessions.filter(({ name }) => names.includes(name));
  state.chosen = request === null ? undefined : state.data.requests.get(`${state.facts.run}-${request}`);
  state.select();
  const [from, until] = (time ?? '').split('-').map(Number);
  if (from !== undefined && until !== undefined && until > from) state.show(from * 1e6, until * 1e6);
  return true;
}

/** Returns the end of an address (from `#` on) that opens the current view. */
export function linkOf({ focus, chosen, from, until, facts }: ViewState): string {
  const parts = new URLSearchParams();
  for (const { name } of focus) parts.append('session', name);
  if (chosen !== undefined) parts.set('request', chosen.request.slice(facts.run.length + 1));
  parts.set('time', `${(Math.max(0, from) / 1e6).toFixed(5)}-${(until / 1e6).toFixed(5)}`);
  return `#${parts}`;
}
