/**
 * Tests that joining requests with logs needs bounded memory if a log has no entries, and that the check `evidence`
 * still judges all requests.
 */
import { describe, expect, it } from 'vitest';
import { FaultLedger } from '../faults/ledger.ts';
import type { Operation, Served } from '../history/history.ts';
import { Picture, runLine } from '../testing/picture.ts';
import { type LoggedRequest, RequestLogs } from './request-logs.ts';

const REQUESTS = 60_000;
const read = (id: number): Operation => ({
  type: 'op',
  id,
  clock: 'c0',
  client: 's1',
  session: 's1',
  user: 'alice',
  action: 'read',
  request: `test-${id}`,
  call: id * 10,
  return: id * 10 + 5,
  outcome: 'ok',
  status: 200,
  instance: id % 2 === 0 ? 'app-1' : 'app-2',
});
const served = (id: number, instance: string): Served => ({
  type: 'served',
  source: instance,
  kind: 'instance',
  request: `test-${id}`,
  instance,
  status: 200,
});

describe('the requests that wait for entries of a log', () => {
  it('are kept whole up to a limit, and as an outline beyond it', () => {
    const run = runLine({ logs: ['app-1', 'app-2'] });
    let missing = 0;
    const logged = (_request: LoggedRequest, complete: boolean): void => {
      if (!complete) missing++;
    };
    const waiting = new RequestLogs(run, new FaultLedger(run), [{ logged }]);
    for (let id = 1; id <= REQUESTS; id++) waiting.ended(read(id));
    expect(waiting.kept).toEqual({ whole: 20_000, outlined: REQUESTS - 20_000 });
    waiting.finish();
    expect(missing).toBe(REQUESTS);
  });

  it('keep the entry of the balancer in their outline', () => {
    const all = 20_100;
    const joined = (name: (id: number) => string | undefined) => {
      const run = runLine({ logs: ['balancer', 'app-1', 'app-2'] });
      let complete = 0;
      const logged = (_request: LoggedRequest, isComplete: boolean): void => {
        if (isComplete) complete++;
      };
      const waiting = new RequestLogs(run, new FaultLedger(run), [{ logged }]);
      for (let id = 1; id <= all; id++) {
        waiting.ended(read(id));
        const instance = name(id);
        const entry = { ...served(id, ''), source: 'balancer', kind: 'balancer' } as const;
        const { instance: _, ...unnamed } = entry;
        waiting.event(instance === undefined ? unnamed : { ...entry, instance });
      }
      const { outlined } = waiting.kept;
      for (let id = 1; id <= all; id++) waiting.event(served(id, read(id).instance ?? ''));
      return { outlined, complete };
    };
    expect(joined(id => read(id).instance)).toEqual({ outlined: 100, complete: all });
    expect(joined(() => undefined)).toEqual({ outlined: 100, complete: all });
    // A request keeps its details if the balancer's log and the response name different instances.
    expect(joined(() => 'app-9')).toEqual({ outlined: 0, complete: all });
  });

  const judged = (log: (id: number) => Served | undefined) => {
    const picture = new Picture({ logs: ['app-1', 'app-2'] });
    for (let id = 1; id <= REQUESTS; id++) picture.add(read(id));
    for (let id = 1; id <= REQUESTS; id++) {
      const line = log(id);
      if (line !== undefined) picture.add(line);
    }
    return picture.finish().verdict('evidence');
  };

  it('are all judged when the entries come at the end', () => {
    const verdict = judged(id => served(id, read(id).instance ?? ''));
    expect(verdict).toMatchObject({ judgement: 'valid', rests: { requests: REQUESTS } });
  });

  it('are disputed by name if the log then names another instance, and counted if it has no entry', () => {
    const lies = judged(id => served(id, id === 3 ? 'app-1' : (read(id).instance ?? '')));
    expect(lies.anomalies.map(({ summary }) => summary)).toEqual([
      'request test-3: the response says app-2, the log of app-1 says app-1',
    ]);
    const silent = judged(id => (id <= 5 ? undefined : served(id, read(id).instance ?? '')));
    expect(silent.why).toBe(`5 requests of ${REQUESTS} with a response are missing in a log`);
  });
});
