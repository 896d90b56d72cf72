import { until } from '../../stack/wait.ts';
import type { Fault } from './fault.ts';

/** Time limit for a failover by Sentinel, milliseconds. Usually it takes a few seconds. */
const REPLACED_MS = 20_000;

export const sentinelFailover: Fault = {
  name: 'sentinel-failover',
  part: 'store',
  does: 'the primary is killed, Sentinel promotes a replica, and the instances learn of it from Sentinel',
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
