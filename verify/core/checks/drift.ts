/** Describes a session that ended too early or too late. */
import type { Operation } from '../history/history.ts';
import { seconds } from '../result/format.ts';
import type { WitnessStep } from '../result/verdict.ts';
import type { SessionState } from '../timeline/sessions.ts';
import type { Violation } from './framework.ts';
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
  const scene: WitnessStep[] = [];
  if (login !== undefined) scene.push({ operation: login, came: 'logged in' });
  if (timeout === 'idle' && life.latest !== undefined && life.latest !== login)
    scene.push({ operation: life.latest, came: 'the last request that may have renewed it' });
  else if (last !== undefined && last !== login && last !== operation)
    scene.push({ operation: last, came: 'signed in' });
  return when === 'late'
    ? {
        at: operation,
        summary: `${there} honours a session ${waited} ${since}, beyond the declared ${declared}`,
        witness: [...scene, { operation, expected: 'signed out', came: `signed in after ${waited}` }],
      }
    : {
        at: operation,
        summary: `${there} refuses a session ${waited} ${since}, before the declared ${declared}`,
        witness: [
          ...scene,
          { operation, expected: `signed in as ${operation.user}`, came: `signed out after ${waited}` },
        ],
      };
}
