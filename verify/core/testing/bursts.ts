/** Builds the history of a burst: one session sends overlapping adds through two instances, then reads. */
import type { ObjectEvent } from '../history/history.ts';
import type { Picture, SessionPicture } from './picture.ts';

const APART = 10_000;

export const declared = (
  picture: Picture,
  session: SessionPicture,
  kind: ObjectEvent['kind'],
  more: Partial<ObjectEvent> = {},
): Picture => picture.add({ type: 'object', object: `basket@${session.name}`, kind, ...more });

/**
 * Adds pairs of overlapping adds on two instances, with a read after each pair.
 * @returns the final state
 */
export function burst(picture: Picture, session: SessionPicture, pairs: number, counts = false): string[] {
  const state: string[] = [];
  for (let pair = 0; pair < pairs; pair++) {
    const call = picture.now + APART;
    for (const instance of ['app-1', 'app-2']) {
      const value = `${instance}-${pair}`;
      state.push(value);
      const shown = { call, return: call + 600 };
      if (counts) session.increment(instance, shown);
      else session.write(value, instance, shown);
    }
    session.read(pair % 2 === 0 ? 'app-1' : 'app-2', counts ? [String(state.length)] : [...state], {
      call: call + 2000,
      return: call + 2500,
    });
  }
  picture.now += APART;
  return state;
}
