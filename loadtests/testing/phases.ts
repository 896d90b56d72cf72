/** Logs in and reads, and prints how many requests were tagged as login and as load. */
import { accountOf } from '../lib/accounts.ts';
import type { SummaryData } from '../lib/k6-summary.ts';
import { script } from '../lib/script.ts';
import { Session } from '../lib/session.ts';

const planned = script({
  name: 'phases',
  begin: vu => new Session(vu, accountOf(vu.app.accounts, vu.number)),
  iterate(session) {
    if (!session.alive) session.login();
    else session.read();
  },
});
export const { setup, teardown } = planned;
export default planned.iteration;

export const options = {
  vus: 1,
  iterations: 5,
  thresholds: { 'http_reqs{phase:login}': [], 'http_reqs{phase:load}': [] },
};

export function handleSummary({ metrics }: SummaryData): Record<string, string> {
  const of = (phase: string): number => metrics?.[`http_reqs{phase:${phase}}`]?.values['count'] ?? 0;
  return { stdout: `${of('login')} of login, ${of('load')} of load\n` };
}
