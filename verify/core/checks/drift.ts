/** Describes a session that expired too early or too late. */
import type { Operation } from '../history/history.ts';
import { seconds } from '../result/format.ts';
import type { SessionState } from '../timeline/sessions.ts';
import { type Violation, violation } from './framework.ts';
import type { Life, Timeout } from './life.ts';

export function drift(
  operation: Operation,
  { login, last }: Pick<SessionState, 'login' | 'last'>,
  life: Life,
  timeout: Timeout,
  when: 'early' | 'late',
): Violation {
  const there = operation.instance ?? 'the app';
  const waited = seconds(life.elapsed(operation, timeout), 1);
  const since = timeout === 'idle' ? 'after its last renewal' : 'after its login';
  const declared = `${timeout} timeout of ${seconds(life.declared(timeout), 1)}`;
  const renewal = timeout === 'idle' && life.latest !== undefined && life.latest !== login;
  const used = last === login || last === operation ? undefined : last;
  const [verb, limit] = when === 'late' ? ['honours', 'beyond'] : ['refuses', 'before'];
  const [expected, came] =
    when === 'late' ? ['signed out', 'signed in'] : [`signed in as ${operation.user}`, 'signed out'];
  return violation(
    `${there} ${verb} a session ${waited} ${since}, ${limit} the declared ${declared}`,
    [login, 'logged in'],
    renewal ? [life.latest, 'the last request that may have renewed the session'] : [used, 'signed in'],
    [operation, `${came} after ${waited}`, expected],
  );
}
