/** Shows a run on a terminal as one screen. */
import { counted, grouped } from './core/result/format.ts';
import { printable } from './reports/printable.ts';
import type { RunStatus } from './run-status.ts';

const BAR = 20;
/** Maximum number of instances and of anomalies on the screen. */
const MOST = { instances: 8, anomalies: 5 };

/**
 * Returns the lines of the screen.
 *
 * @param time the elapsed time, as text
 * @param share how much of the load is done, from 0 to 1
 */
export function screen(status: RunStatus, time: string, share: number, rate: number): string[] {
  const { requests, instances, live, losses, signedOut, failed, faults, begun, worker } = status;
  const total = Math.max(
    1,
    [...instances.values()].reduce((sum, count) => sum + count, 0),
  );
  const shown = [...instances].sort(([a], [b]) => (a < b ? -1 : 1)).slice(0, MOST.instances);
  const width = Math.max(...shown.map(([name]) => name.length), 0);
  const rest = instances.size - shown.length;
  const active = [...faults.values()];
  const whose = worker === undefined ? '' : `${worker}: `;
  const sessions =
    worker === undefined ? `${counted(live.size, 'live session')}, ${grouped(losses)} lost   ` : '';
  return [
    `  ${bar(share)}  ${time}`,
    `  ${whose}${counted(requests, 'request')}, ${grouped(Math.round(rate))}/s   ${sessions}signed out ${signedOut}   failed ${failed}`,
    ...shown.map(
      ([name, count]) =>
        `  ${name.padEnd(width)}  ${bar(count / total)}  ${grouped(count)} (${((100 * count) / total).toFixed(1)} %)`,
    ),
    ...(rest > 0 ? [`  and ${counted(rest, 'more instance')}`] : []),
    ...(begun === 0
      ? []
      : [
          `  ${counted(begun, 'fault')}${active.length === 0 ? ', none active' : `, now: ${active.join(', ')}`}`,
        ]),
    ...anomalies(status),
  ].map(printable);
}

const bar = (share: number): string => {
  const full = Math.round(Math.min(1, Math.max(0, share)) * BAR);
  return '█'.repeat(full) + '░'.repeat(BAR - full);
};

/** Describes the first anomaly of each kind in one line. */
function anomalies({ anomalies: all, run }: RunStatus): string[] {
  const kinds = new Map(all.toReversed().map(anomaly => [`${anomaly.name} ${anomaly.guarantee}`, anomaly]));
  const lines = [...kinds].reverse().map(([kind, { summary, witness, guarantee }]) => {
    const last = witness.at(-1)?.operation;
    const at = last === undefined ? '' : `  ${(last.call / 1e6).toFixed(2)} s, session ${last.session}`;
    return `  ✗ ${kind}${run?.claims.includes(guarantee) ? '' : ' (not claimed)'}${at}: ${summary}`;
  });
  const more = lines.length - MOST.anomalies;
  return more <= 0
    ? lines
    : [...lines.slice(0, MOST.anomalies), `  and ${counted(more, 'more kind')} of anomalies`];
}

/** Cuts a line to a number of terminal columns. Wide characters, such as Chinese ones, take two columns. */
export function fitted(line: string, columns: number): string {
  let width = 0;
  let end = 0;
  for (const character of line) {
    width += /[\u{1100}-\u{11ff}\u{2e80}-\u{10ffff}]/u.test(character) ? 2 : 1;
    if (width > columns) break;
    end += character.length;
  }
  return line.slice(0, end);
}
