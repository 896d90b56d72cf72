/** Sends the old cookies of sessions that have logged out, because an app may keep or restore one session in many. */
import type { Context } from '../client/context.ts';
import { Departed, type DepartedSession } from '../client/departed.ts';
import { inTurn } from './workload.ts';

const AT_ONCE = 4;

/** Returns where to keep the sessions that log out; undefined if the app does not claim that a logout is final. */
export const departedOf = ({ target }: Context): Departed | undefined =>
  target.claims.includes('logout-final') ? new Departed() : undefined;

/** Replays each session that has departed since the last call, once through the balancer, and ends it. */
export async function replayDeparted(context: Context): Promise<void> {
  const sessions = context.departed?.take() ?? [];
  await inTurn(context, sessions.length, AT_ONCE, async (own, n) => {
    const session = sessions[n] as DepartedSession;
    if (!own.signal.aborted) await session.replay();
    session.end();
  });
}
