import { describe, expect, it } from 'vitest';
import { fullEnd, fullStart } from '../testing/full.ts';
import { joinedModule } from '../testing/joined-module.ts';
import { CALLED, RETURNED } from './fields.ts';
import type { End, Start } from './history.ts';
import { joined } from './joined.ts';
import { LINES } from './lines.ts';

it('joined.ts is generated from fields.ts (vitest -u writes it)', async () => {
  await expect(joinedModule()).toMatchFileSnapshot('joined.ts');
});

describe('a start line and its end line', () => {
  it('are one operation, with every field of both', () => {
    expect(joined(fullStart, fullEnd)).toEqual({ ...fullStart, ...fullEnd, type: 'op' });
  });

  it('give no field that is not theirs', () => {
    const strange = { ...fullStart, saw: null, status: 'x' } as unknown as Start;
    const other = { id: 1, outcome: 'ok', session: 'other', value: 'other' } as unknown as End;
    const operation = joined(strange, other);
    expect(operation).toMatchObject({ session: 's', value: 'v' });
    expect(operation).not.toHaveProperty('saw');
    expect(operation).not.toHaveProperty('status');
    expect(Object.keys({ ...CALLED, ...RETURNED })).toEqual(Object.keys(LINES.op.fields));
  });
});
