/**
 * Workload hop: drives many concurrent sessions. Each session sends one request at a time. Actions are random, because
 * a fixed sequence could match a round robin.
 */
import type { Context } from '../client/context.ts';
import { counted } from '../core/result/format.ts';
import { Arrivals } from './arrivals.ts';
import { HopClient, type HopShared, type Pace } from './hop-client.ts';
import { writeUndisturbed } from './undisturbed.ts';
import { over, type Plan, seated, type Workload } from './workload.ts';

/** With at most this number of sessions, a round robin can by chance route each session always to the same instance. */
const FEW = 4;

export const hopAt = (pace: Pace): Workload => ({
  name: 'hop',
  does: 'many sessions read and write on all instances, each one request at a time',
  feeds: [
    'continuity',
    'isolation',
    'instances-agree',
    'routing',
    'read-your-writes',
    'monotonic-reads',
    'at-most-once',
    'availability',
    'evidence',
  ],
  run: (context, plan) => {
    const sessions = Math.min(plan.sessions, context.seats?.capacity ?? plan.sessions);
    return seated(context, sessions, own => hops(own, plan, sessions, pace));
  },
});

async function hops(context: Context, plan: Plan, sessions: number, pace: Pace): Promise<void> {
  let outside = sessions;
  const ends = (): boolean => over(context, plan);
  const { rate } = plan;
  const { clock } = context.recorder;
  const arrivals = rate && new Arrivals(rate, rate.length * 1000, () => clock.now(), ends);
  const entered = () => {
    if (--outside > 0) return;
    arrivals?.start();
    plan.entered?.();
  };
  const few = sessions <= FEW;
  const { number, of } = plan.part ?? { number: 0, of: 1 };
  const shared: HopShared = {
    clients: sessions * of,
    replayed: 0,
    few,
    pace,
    over: ends,
    arrivals,
    entered,
  };
  const clients = Array.from(
    { length: sessions },
    (_, i) => new HopClient(context, { number: number + of * i, place: i }, shared),
  );
  await Promise.all(clients.map(client => client.run()));
  const late = clients.filter(client => client.late).length;
  if (late > 0 && !context.signal.aborted) context.recorder.remark(lateLogins(late, clients.length));
  if (plan.undisturbed !== undefined) {
    await plan.undisturbed;
    await writeUndisturbed(
      context,
      clients.flatMap(client => client.open ?? []),
    );
  }
  await plan.settle?.();
  await Promise.all(clients.map(client => client.leave()));
}

const lateLogins = (late: number, all: number): string =>
  `${late} of ${counted(all, 'client')} of \`hop\` did not log in, because the time of the load was over before their turn: ` +
  'Baton sends only as many logins at the same time as the app handles in 4 s, and at least two. Give the run more ' +
  'time (`--duration`), or fewer sessions (`--sessions`)';
