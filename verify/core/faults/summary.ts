import type { FaultSummary } from '../result/result.ts';
import { upperBound } from '../result/statistics.ts';
import { lengthOf } from './gaps.ts';
import { type FaultWindow, tookEffect } from './window.ts';

export const summaryOf = (windows: readonly FaultWindow[]): FaultSummary[] =>
  windows.map(window => {
    const { id, name, where, did, begin, end, healthy = false, healed, relogins } = window;
    const { during, gap, waits, sessions, writes } = window;
    const all = sessions.survived + sessions.gone;
    return {
      id,
      name,
      ...(where === undefined ? {} : { where }),
      ...(did === undefined ? {} : { did }),
      bit: tookEffect(window),
      healthy,
      ...(healed === false ? { healed } : {}),
      ...(end === undefined ? {} : { duration: end - begin }),
      requests: during.requests,
      failed: during.failed,
      relogins,
      sessions: { survived: sessions.survived, of: all, atLeast: 1 - upperBound(sessions.gone, all) },
      writes: { acknowledged: writes.survived + writes.gone, lost: writes.gone },
      gap: lengthOf(gap),
      wait: { longest: waits.longest, p99: waits.quantile(0.99) },
    };
  });
