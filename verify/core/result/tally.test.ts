import { describe, expect, it } from 'vitest';
import { Picture } from '../testing/picture.ts';

describe('the tally of a run', () => {
  it('is zero for an empty run', () => {
    expect(new Picture().result().tally).toEqual({
      operations: 0,
      ok: 0,
      fail: 0,
      info: 0,
      sessions: 0,
      users: 0,
      handoffs: 0,
      resent: 0,
      duration: 0,
      failures: {},
      instances: [],
      latency: [],
    });
  });

  it('counts outcomes, logins, and requests by instance', () => {
    const p = new Picture();
    const fail = { outcome: 'fail' as const };
    p.now = 5000;
    const one = p
      .session('s1', 'alice')
      .form('app-2')
      .login('app-2')
      .read('app-1')
      .read('app-1')
      .read('app-2');
    p.session('s2', 'alice')
      .login('app-1')
      .write('a', 'app-2', { outcome: 'info', status: undefined, note: 'reset' });
    p.session('s3', 'bob').refusedLogin('app-1');
    p.session('s4', 'carol').login('app-3', {
      ...fail,
      status: 429,
      signedIn: undefined,
      instance: undefined,
    });
    for (const status of [500, 429, 429]) one.asks('app-1', { ...fail, status });
    one.asks('app-1', { ...fail, status: undefined, instance: undefined });
    one
      .read('app-2', [], { call: 1000, return: 1200, resent: true })
      .read('app-1', [], { return: p.now + 70_000 });
    // This test ignores `latency`, which latency.test.ts tests.
    const { latency: _, ...tally } = p.result().tally;
    expect(tally).toMatchInlineSnapshot(`
      {
        "ages": {
          "loggedOut": 0,
          "overlapped": 0,
          "rested": 1500,
          "used": 12500,
        },
        "duration": 88000,
        "fail": 6,
        "failures": {
          "429": 3,
          "500": 1,
          "no answer": 1,
          "reset": 1,
        },
        "handoffs": 7,
        "info": 1,
        "instances": [
          {
            "instance": "app-1",
            "requests": 8,
            "sessions": 2,
            "share": 0.6153846153846154,
          },
          {
            "instance": "app-2",
            "requests": 5,
            "sessions": 2,
            "share": 0.38461538461538464,
          },
        ],
        "namedBy": {
          "header": 13,
        },
        "ok": 8,
        "operations": 15,
        "resent": 1,
        "sessions": 2,
        "users": 3,
      }
    `);
  });

  it('lasts from the first call to the last return, or to the call of a request that never returned', () => {
    const lasting = (end: number | undefined) => {
      const p = new Picture();
      p.session('s', 'alice').login('app-1', { call: 1000, return: 1500 });
      p.session('t', 'bob').login('app-1', { call: 9000, return: end, outcome: 'info' });
      return p.result().tally.duration;
    };
    expect([lasting(undefined), lasting(9100)]).toEqual([8000, 8100]);
  });
});
