import { describe, expect, it } from 'vitest';
import { fullEnd, fullStart } from '../testing/full.ts';
import { Picture, runLine } from '../testing/picture.ts';
import { LINES } from './lines.ts';
import { HistoryError, parseEvent } from './parse.ts';

const { id, clock, client, session, user, action, request, call } = fullStart;
const plainOp = { id, clock, client, session, user, action, request, call, type: 'op', outcome: 'ok' };

const error = (line: string): string => {
  try {
    parseEvent(line);
  } catch (thrown) {
    if (thrown instanceof HistoryError) return thrown.message;
  }
  throw new Error(`no HistoryError for ${line}`);
};

describe('parseEvent', () => {
  it('refuses a wrong type in every field of an operation', () => {
    for (const name of Object.keys(LINES.op.fields)) {
      for (const others of [{ ...fullStart, ...fullEnd, type: 'op' }, plainOp]) {
        const line = JSON.stringify({ ...others, [name]: [[]] });
        expect(() => parseEvent(line), name).toThrow(`"${name}" of the op line: expected `);
      }
    }
  });

  it('reads back a written line', () => {
    const picture = new Picture();
    picture
      .session('s1', 'alice')
      .form('app-1')
      .login('app-1')
      .write('a', 'app-2')
      .read('app-1', ['a'])
      .ended();
    for (const event of [runLine(), ...picture.finish().events]) {
      expect(parseEvent(JSON.stringify(event))).toEqual(event);
    }
  });

  it.each([
    ['{"type":"op","id":1', 'expected one JSON object, got '],
    ['[]', 'expected a JSON object, got []'],
    ['null', 'expected a JSON object, got null'],
    ['{"type":"nonsense"}', '"type": expected one of run, clock, object'],
    ['{"type":"__proto__"}', '"type": expected one of'],
    [
      '{"type":"end","outcome":"ok"}',
      '"id" of the end line: expected a whole number, 0 or more, got nothing',
    ],
    ['{"type":"end","id":1e400,"outcome":"ok"}', '"id" of the end line: expected a whole number'],
    [
      '{"type":"start","id":1,"clock":"c0","client":"c1","session":"s1","user":"u","action":"read","request":"r","call":1,"steered":"yes"}',
      '"steered" of the start line: expected true or false, got "yes"',
    ],
    [
      '{"type":"end","id":1,"outcome":"ok","starved":1}',
      '"starved" of the end line: expected true or false, got 1',
    ],
    ['{"type":"end","id":1,"outcome":"maybe"}', 'expected "ok" or "fail" or "info", got "maybe"'],
    [
      '{"type":"end","id":1,"outcome":"ok","saw":[1]}',
      '"saw" of the end line: expected a list of texts, got [1]',
    ],
    [
      '{"type":"end","id":1,"outcome":"ok","cookies":[{"name":"sid"}]}',
      '"cookies" of the end line: expected "set" or "deleted" at [0].change, got nothing',
    ],
    [
      '{"type":"end","id":1,"outcome":"ok","caching":{"expires":"soon"}}',
      '"caching" of the end line: expected a number at expires, got "soon"',
    ],
  ])('refuses %s', (line, message) => {
    expect(error(line)).toContain(message);
  });
});

/** One event of each type, with all fields. */
const cookies = [
  {
    name: 'sid',
    change: 'set',
    label: 'a',
    attributes: { httpOnly: true, secure: false, bytes: 9, bits: 8.5, path: '/' },
  },
  { name: 'sid', change: 'deleted' },
];
const called = 'id clock client session user action request call';
const full: [event: Record<string, unknown>, must: string][] = [
  [
    {
      ...runLine({ claims: ['rotation'], logs: ['balancer'] }),
      declared: { expiry: { idle: 1, renew: 'each' }, deadline: 5, budgets: { gap: 0.1 }, cookies: 'asvs' },
    },
    'format version run seed started target url command claims routing canary logs',
  ],
  [{ type: 'clock', clock: 'c0', base: 'b', uncertainty: 0 }, 'clock base uncertainty'],
  [
    { type: 'session', session: 's', user: 'u', event: 'ended', clock: 'c0', at: -1, reason: 'over' },
    'session user event clock at',
  ],
  [{ type: 'object', object: 'o', kind: 'bag', initial: ['a'], cap: 9 }, 'object kind'],
  [{ type: 'phase', phase: 'final', clock: 'c0', at: 1 }, 'phase clock at'],
  [{ ...fullStart }, called],
  [{ ...fullEnd, cookies, caching: { control: 'x', expires: -1, hit: true } }, 'id outcome'],
  [{ ...fullStart, ...fullEnd, type: 'op', cookies }, `${called} outcome`],
  [
    {
      type: 'fault',
      id: 1,
      name: 'n',
      clock: 'c0',
      begin: 1,
      end: 2,
      where: 'w',
      part: 'store',
      down: true,
      bit: false,
      healthy: true,
      unready: 'u',
    },
    'id name clock begin',
  ],
  [
    { type: 'served', source: 's', kind: 'instance', request: 'r', status: 200, instance: 'i', tried: ['i'] },
    'source kind request status',
  ],
  [{ type: 'finish', clock: 'c0', at: 1, reason: 'failed' }, 'clock at reason'],
];

describe.each(full)('a line with all its fields: %o', (event, must) => {
  it('is read unchanged', () => expect(parseEvent(JSON.stringify(event))).toEqual(event));

  it.each(Object.keys(event).filter(name => name !== 'type'))(
    'is accepted without %s only if that field is optional',
    name => {
      const { [name]: _, ...without } = event;
      const line = JSON.stringify(without);
      if (must.split(' ').includes(name)) {
        expect(error(line)).toMatch(
          new RegExp(`^"${name}" of the ${event['type']} line: expected .*, got nothing$`),
        );
      } else expect(parseEvent(line)).toEqual(without);
    },
  );

  it.each(Object.keys(event).filter(name => name !== 'type'))('is refused with a wrong type in %s', name => {
    const value = event[name];
    const strange: unknown[] = [
      null,
      name === 'caching' ? { hit: 1 } : name === 'issued' ? { refresh: 1 } : { a: {} },
      [{}],
      ...(Array.isArray(value) ? ['x', 1, true, [1], [null], {}] : []),
    ];
    if (typeof value === 'number') strange.push('1', 1.5, true, 2 ** 53, []);
    if (typeof value === 'string') strange.push(1, true, [], ['x']);
    if (typeof value === 'boolean') strange.push(0, 'true', []);
    if (name === 'declared') strange.splice(1, 1, { deadline: '1' });
    if (typeof value === 'object' && !Array.isArray(value)) strange.push('x', 1, [], [1]);
    for (const wrong of strange) {
      expect(error(JSON.stringify({ ...event, [name]: wrong })), JSON.stringify(wrong)).toContain(
        `"${name}" of the `,
      );
    }
  });
});

describe('fields with fixed values or parts', () => {
  const end = { type: 'end', id: 1, outcome: 'ok' };
  const accepts = (event: object): boolean => {
    try {
      return parseEvent(JSON.stringify(event)).type !== undefined;
    } catch {
      return false;
    }
  };

  it('hold one of their fixed values', () => {
    const start: object = { ...fullStart };
    for (const action of [
      'form',
      'login',
      'logout',
      'logout-all',
      'read',
      'add',
      'remove',
      'set',
      'cas',
      'increment',
      'clear',
    ])
      expect(accepts({ ...start, action }), action).toBe(true);
    for (const cookies of ['old', 'before-login', 'another', 'invented', 'forged', 'none'])
      expect(accepts({ ...start, with: cookies }), cookies).toBe(true);
    for (const routing of ['spread', 'sticky', 'least-outstanding'])
      expect(accepts(runLine({ routing } as never))).toBe(true);
    for (const phase of ['warm-up', 'load', 'heal', 'settle', 'final'])
      expect(accepts({ type: 'phase', phase, clock: 'c', at: 0 }), phase).toBe(true);
    for (const kind of ['set', 'list', 'bag', 'register', 'counter'])
      expect(accepts({ type: 'object', object: 'o', kind }), kind).toBe(true);
    for (const reason of ['complete', 'interrupted', 'failed'])
      expect(accepts({ type: 'finish', clock: 'c', at: 0, reason }), reason).toBe(true);
    expect([accepts({ ...start, action: 'dance' }), accepts({ ...start, with: 'new' })]).toEqual([
      false,
      false,
    ]);
    expect([
      accepts({ ...end, id: 0 }),
      accepts({ ...end, id: -1 }),
      accepts({ ...end, return: -1 }),
    ]).toEqual([true, false, true]);
  });

  const attributes = { httpOnly: true, secure: false, bytes: 9, bits: 8 };

  it('are cookie changes with name, change, label and attributes', () => {
    const cookie = (more: object) => accepts({ ...end, cookies: [{ name: 'sid', change: 'set', ...more }] });
    expect([
      cookie({}),
      cookie({ change: 'deleted' }),
      cookie({ label: 'a' }),
      cookie({ attributes }),
    ]).toEqual([true, true, true, true]);
    expect([
      cookie({ name: 1 }),
      cookie({ change: 'gone' }),
      cookie({ label: 1 }),
      cookie({ attributes: [] }),
    ]).toEqual([false, false, false, false]);
    expect([
      cookie({ attributes: { ...attributes, secure: 'yes' } }),
      cookie({ attributes: { ...attributes, lifetime: null } }),
      cookie({ attributes: {} }),
      cookie({ attributes: null }),
    ]).toEqual([false, false, false, false]);
    expect([
      accepts({ ...end, cookies: [null] }),
      accepts({ ...end, cookies: ['x'] }),
      accepts({ ...end, cookies: {} }),
    ]).toEqual([false, false, false]);
  });

  it('are caching headers and declarations of the target, each with fields of its type', () => {
    const says = (caching: unknown) => accepts({ ...end, caching });
    expect([says({ control: 'no-store', expires: -1, hit: true }), says({}), says({ new: {} })]).toEqual([
      true,
      true,
      true,
    ]);
    expect([says({ hit: 'yes' }), says({ control: 1 }), says([]), says(null)]).toEqual([
      false,
      false,
      false,
      false,
    ]);
    const declares = (declared: unknown) => accepts({ ...runLine(), declared });
    expect([
      declares({
        expiry: { idle: 1, renew: 'each' },
        budgets: { gap: 1, faults: { kill: { errors: 0.1 } } },
      }),
      declares({ weights: { a: 1 } }),
      declares({}),
    ]).toEqual([true, true, true]);
    expect([
      declares({ expiry: { renew: 'now' } }),
      declares({ budgets: { faults: { kill: { errors: '1' } } } }),
      declares({ weights: { a: 'x' } }),
      declares({ weights: [1] }),
    ]).toEqual([false, false, false, false]);
  });
});

it('shortens a long value in the message', () => {
  expect(error(`{"type":"${'x'.repeat(100)}"}`)).toMatch(/got "x{56}…$/);
  expect(error(`{"type":"${'x'.repeat(58)}"}`)).toMatch(/got "x{58}"$/);
  expect(error(`{"type":"${'x'.repeat(59)}"}`)).toMatch(/got "x{56}…$/);
});
