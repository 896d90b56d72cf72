/** A k6 script that prints how many requests have the tag `login`, and how many the tag `load`. */
import { type Run, type SummaryData, verified } from '../lib/k6.ts';

const { start, end, session } = verified('phases');
export const [setup, teardown] = [start, end];

export const options = {
  vus: 1,
  iterations: 5,
  thresholds: { 'http_reqs{phase:login}': [], 'http_reqs{phase:load}': [] },
};

export default function (run: Run): void {
  const s = session(run);
  if (!s.alive) s.login();
  else s.get(s.nextPage());
}

export function handleSummary({ metrics }: SummaryData): Record<string, string> {
  const of = (phase: string): number => metrics?.[`http_reqs{phase:${phase}}`]?.values['count'] ?? 0;
  return { stdout: `${of('login')} of login, ${of('load')} of load\n` };
}
