/** Replays the cookies of many logged-out sessions. A faulty app may keep only one session in many alive. */
import type { Context } from '../client/context.ts';
import { Departed, type DepartedSession } from '../client/departed.ts';
import { inTurn } from './workload.ts';

const AT_ONCE = 4;

/** Returns a store for logged-out sessions; undefined if the app does not claim that a logout is final. */
export const departedOf = ({ target }: Context): Departed | undefined =>
  target.claims.includes('logout-final') ? new Departed() : undefined;

/** Replays the old cookie of each session that has logged out since the last call, and ends the session. */
export async function replayDeparted(context: Context): Promise<void> {
  const sessions = context.departed?.take() ?? [];
  await inTurn(context, sessions.length, AT_ONCE, async (own, n) => {
    const session = sessions[n] as DepartedSession;
    if (!own.signal.aborted) await session.replay();
    session.end();
  });
}
