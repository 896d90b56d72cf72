import { until } from '../../stack/wait.ts';
import type { Fault } from './fault.ts';

/** Sentinels agree that a primary is down, and replace it, within a few seconds. */
const REPLACED_MS = 20_000;

export const sentinelFailover: Fault = {
  name: 'sentinel-failover',
  part: 'store',
  does: 'the primary is killed, and Sentinel makes a replica the primary, which instances are told by it',
  down: true,
  loses: true,
  lacks: ({ store }) =>
    store.sentinels === undefined ? 'Redis under Sentinel: STACK_REDIS=sentinel' : undefined,
  async inject({ stack: { store }, undo, did }) {
    const before = store.url;
    undo(() => store.restart());
    const from = performance.now();
    await store.kill();
    await until(() => store.url !== before, {
      withinMs: REPLACED_MS,
      what: 'Sentinel to replace the primary',
    });
    did(`another primary after ${((performance.now() - from) / 1_000).toFixed(1)} s`);
    return true;
  },
};
