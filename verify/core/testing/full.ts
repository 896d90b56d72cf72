/** A start line and an end line with everything that they may say. */
import type { End, Start } from '../history.ts';

/** Every field that the two lines may have: the types make this list complete. */
export const fullStart: Required<Start> = {
  type: 'start',
  id: 1,
  clock: 'c0',
  client: 'c',
  session: 's',
  user: 'u',
  action: 'add',
  object: 'o@s',
  value: 'v',
  expected: 'e',
  state: ['x'],
  request: 'r',
  call: 1,
  path: '/p',
  with: 'old',
  change: 'cut',
  direct: true,
  steered: true,
  sent: 'label',
};
export const fullEnd: Required<End> = {
  type: 'end',
  id: 1,
  return: 2,
  outcome: 'ok',
  status: 200,
  note: '200',
  instance: 'app-1',
  source: 'header',
  signedIn: 'in',
  sawUser: 'u',
  saw: ['v'],
  canaries: [],
  cookies: [],
  version: 3,
  skew: 4,
  caching: {},
  exposed: [],
};
