/** Checks that Baton's judge and reports give the same result in real k6 as in Node. Skipped without k6. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { used } from '../tests/used.ts';
import { Picture, PREFIX } from '../verify/core/testing/picture.ts';
import { judgeFile } from '../verify/judge-file.ts';
import { terminal } from '../verify/reports/terminal.ts';
import { REAL_K6, realK6 } from './testing/scripts.ts';

const SCRIPT = fileURLToPath(new URL('./testing/core.ts', import.meta.url));

/** Returns a history with a stale read, a lost session, and a page that shows another user's value. */
function history(): string {
  const picture = new Picture();
  const [own, other] = ['alice', 'bob'].map(user => `${PREFIX}.${user}.s.1.aaaaaaaa`) as [string, string];
  picture
    .session('s1', 'alice')
    .form('app-1')
    .login('app-2')
    .write(own, 'app-1')
    .hops(60, [own])
    .read('app-2', []);
  const second = picture
    .session('s2', 'bob')
    .form('app-2')
    .login('app-1')
    .write(other, 'app-2')
    .hops(60, [other]);
  second.read('app-1', [other, own]).signedOut('app-2').ended();
  picture.finish();
  return [picture.run, ...picture.events].map(event => `${JSON.stringify(event)}\n`).join('');
}

describe.skipIf(realK6 === undefined)('the core inside real k6', () => {
  it('judges and reports a history as Node does', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'baton-core-'));
    try {
      const file = join(folder, 'history.ndjson');
      writeFileSync(file, history());
      const result = await judgeFile(file);
      expect(result.guarantees.flatMap(verdict => verdict.anomalies.map(({ name }) => name))).toEqual(
        expect.arrayContaining(['LOSS', 'BLEED', 'STALE', 'BACK']),
      );
      const ran = await realK6?.run(SCRIPT, { FILE: file });
      expect(ran?.stdout).toBe(`${terminal(result, { colour: true, width: 80 })}${JSON.stringify(result)}\n`);
      expect(ran?.code).toBe(0);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

used('real k6', REAL_K6);
