import { describe, expect, it } from 'vitest';
import { Picture } from '../verify/core/testing/picture.ts';
import { replaced } from './docs.ts';
import type { ZooEntry } from './entry.ts';
import { DEFECTS } from './index.ts';
import { controls, lineOf, matrix, nothing, outcomeOf, summary, take } from './measure.ts';
import type { Trial } from './run.ts';

const defect: ZooEntry = {
  ...(DEFECTS[0] as (typeof DEFECTS)[0]),
  name: 'planted',
  must: { guarantee: 'continuity', anomaly: 'LOSS' },
  mustNot: ['isolation'],
};
const control: ZooEntry = { kind: 'control', name: 'well', sound: 'is well', deployment: defect.deployment };

/** The trial has one session, which app-2 loses if `lost` is true. */
function trialOf(entry: ZooEntry, lost: boolean, more: Partial<Trial> = {}): Trial {
  const picture = new Picture();
  const session = picture.session('s1', 'alice').login('app-1');
  session.read('app-1', []);
  if (lost) session.read('app-2', [], { signedIn: 'out', outcome: 'fail' });
  const result = picture.result();
  const shown = result.guarantees.find(({ violations }) => violations > 0)?.anomalies[0];
  return { entry, result, folder: '', shown, reached: undefined, accused: [], unproven: [], ...more };
}

function measured(entry: ZooEntry, trials: readonly Trial[]) {
  const all = nothing(entry);
  for (const [seed, trial] of trials.entries()) take(all, outcomeOf(trial, seed));
  return all;
}

describe('what was measured', () => {
  const reached = (seconds: number) => ({ reached: { seconds, requests: seconds * 100 } });
  const found = measured(defect, [
    trialOf(defect, true, reached(1)),
    trialOf(defect, true, { ...reached(3), accused: ['isolation'] }),
    trialOf(defect, false),
  ]);
  const well = measured(control, [
    trialOf(control, false),
    trialOf(control, false, { unproven: ['forgery'] }),
  ]);

  it('counts a defect that was not found, and one that was accused of more', () => {
    expect([found.trials, found.passed, found.accused, found.seconds]).toEqual([3, 1, 1, [1, 3]]);
    expect(lineOf(found)).toMatch(
      /^✗ planted +continuity: found in 2 of 3 \(median 3\.0 s, 300 requests\), wrongly accused in 1$/,
    );
  });

  it('counts a control with insufficient evidence', () => {
    expect(lineOf(well)).toMatch(/^✗ well +valid in 1 of 2 runs \(0 accused, 1 unknown\)$/);
    expect(controls([found, well]).at(-1)).toBe('| `well` | 2 | 1 | 0 | 1 |');
  });

  it('marks what a defect must break, with the number of trials if it is not in all', () => {
    expect(matrix([found, well]).at(-1)).toBe('| `planted` | 2 of 3 | 3.0 s | 300 | ● 2 |');
  });

  it('marks a false accusation differently from another guarantee that breaks too', () => {
    const wrong: ZooEntry = {
      ...defect,
      must: { guarantee: 'rotation', anomaly: 'FIXED' },
      mustNot: ['continuity'],
    };
    expect(matrix([measured(wrong, [trialOf(wrong, true)])]).at(-1)).toMatch(/\| ✗ \|$/);
    const also: ZooEntry = { ...wrong, mustNot: [] };
    expect(matrix([measured(also, [trialOf(also, true)])]).at(-1)).toMatch(/\| ○ \|$/);
  });

  it('sums up', () => {
    expect(summary([found, well])).toBe(
      '1 broken deployments: the defect was found in 2 of 3 runs, half of the defects within 3.0 s. Another guarantee ' +
        'was wrongly called violated in 1 runs. 1 healthy deployments: wrongly accused in 0 of 2 runs.',
    );
  });
});

describe('the marks in the docs', () => {
  it('enclose the last measurement, also when it is written again', () => {
    const text = 'before\n<!-- measured -->\nold\n<!-- /measured -->\nafter\n';
    const once = replaced(text, 'measured', ['new', 'lines'], 'x.md');
    expect(once).toBe('before\n<!-- measured -->\nnew\nlines\n<!-- /measured -->\nafter\n');
    expect(replaced(once, 'measured', ['new', 'lines'], 'x.md')).toBe(once);
  });

  it('are named in the error when they are missing', () => {
    expect(() => replaced('nothing', 'measured', [], 'x.md')).toThrow('x.md: expected the marks');
  });
});
