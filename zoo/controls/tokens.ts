/** Healthy variants of the token host (a JSON API), which replace a refresh token in different ways. */

import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import type { Control } from '../entry.ts';

const host = parse(readFileSync(new URL('../hosts/tokens/target.yaml', import.meta.url), 'utf8'));

const design = (name: string, sound: string, refresh: object = {}): Control => ({
  kind: 'control',
  name: `refresh-${name}`,
  sound,
  deployment: { host: 'tokens', env: { DESIGN: name } },
  target: { refresh: { ...host.refresh, ...refresh } },
});

export const graceWindow = design(
  'grace-window',
  'Each refresh replaces the refresh token in one step. For 4 s the replaced token still gets new tokens, so that overlapping refreshes and retries succeed. Later its use ends the session. Access tokens are self-contained, and live for up to 4 s after a logout.',
);

export const successorReplay = design(
  'successor-replay',
  'As refresh-grace-window, but within the grace period all refreshes with a replaced token get the same successor.',
);

export const singleFlight = design(
  'single-flight',
  'Only one refresh of a token is made, under a lock in Redis. All others wait for it, and get its result for 4 s. Later the token ends the session.',
);

export const noRotation = design(
  'no-rotation',
  'The refresh token stays the same until the logout. Each request looks up the session, so that a logout ends access tokens too.',
  { revokes: 'access' },
);
