import type { When } from './act.ts';
import { DEFECTS } from './defects.ts';
import type { Draw } from './draw.ts';
import { HEALTHY } from './healthy.ts';

const CONDITIONS: Readonly<Record<When, (draw: Draw) => string>> = {
  always: () => '',
  aged: ({ wait }) => ` of sessions older than ${wait} ms`,
  rested: ({ wait }) => ` of sessions that rested ${wait} ms`,
  overlapping: () => ' of overlapping requests',
  head: () => ' of HEAD requests',
  'after an error': () => ' of requests after an error or a request that was cut off',
  'one instance': () => ' on one instance',
  'some users': () => ' of a quarter of the users',
  'begun elsewhere': () => ' of sessions that began on another instance',
  'second login': () => ' of users who have logged in before',
  large: ({ size }) => ` of sessions with ${size} characters or more`,
  awkward: () => ' of sessions with non-ASCII text',
};

/** Returns a line that describes a random change of an app: the app, the rate, the condition and the change. */
export function describeDraw(draw: Draw): string {
  const { kind, host, act, when, every, ms } = draw;
  const { does = '' } = (kind === 'defect' ? DEFECTS : HEALTHY)[act] ?? {};
  return `${host}, 1 in ${every}${CONDITIONS[when](draw)}: ${does.replace('`ms`', `${ms} ms`)}`;
}
