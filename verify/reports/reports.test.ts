/** Tests every report with a parser or schema of its format. */
import { describe, expect, it } from 'vitest';
import { CHECKS } from '../core/checks/index.ts';
import type { Result } from '../core/result/result.ts';
import { Picture, type SessionPicture } from '../core/testing/picture.ts';
import {
  checkJunit,
  codeQualityProblems,
  ctrfProblems,
  elementsOf,
  markdownOf,
  sarifProblems,
} from '../testing/report-readers.ts';
import { REPORTS } from './index.ts';
import { bytesOf } from './markup.ts';
import { broken, compared, disturbed, healthy, huge, inputOf } from './testing/results.ts';

const write = (format: string, result: Result): string => REPORTS[format]?.report(inputOf(result)) ?? '';
const interrupted = (): Result => ({ ...healthy(), finished: 'interrupted' });
const unclaimed = (): Result => {
  const result = healthy();
  const guarantees = result.guarantees.map(verdict => ({ ...verdict, claimed: false }));
  return { ...result, judgement: 'unknown', guarantees };
};

describe('the top of the HTML report', () => {
  const run = (draw: (session: SessionPicture, picture: Picture) => void): Result => {
    const picture = new Picture({ claims: CHECKS.map(({ guarantee }) => guarantee) });
    picture.session('s2', 'bob').login('app-1').hops(4);
    draw(picture.session('s1', 'alice').login('app-1'), picture);
    return picture.inTime().finish().result();
  };

  it.each<[string, string, (session: SessionPicture) => void]>([
    ['LOSS', 'app-2', session => session.hops(3).signedOut('app-2')],
    ['BLEED', 'app-2', session => session.read('app-2', [], { sawUser: 'bob' })],
    ['STALE', 'app-2', session => session.write('v1', 'app-1').read('app-2', [])],
    ['BACK', 'app-1', session => session.write('v1', 'app-1').read('app-2', ['v1']).read('app-1', [])],
    ['ZOMBIE', 'app-2', session => session.logout('app-1').honours('old', 'app-2')],
  ])('answers what broke (%s), on which instance, since when', (name, instance, draw) => {
    const page = write('html', run(draw));
    const top = page.slice(page.indexOf('<header'), page.indexOf('</header>'));
    const line = top.split('<li>').find(part => part.includes(`<strong>${name}</strong>`)) ?? '';
    expect(line).toContain(`on <strong>${instance}</strong>`);
    expect(line).toMatch(/first <strong>\d+\.\d\d s<\/strong> after the start<br\/>\w/);
  });
});

describe.each([
  ['healthy', healthy],
  ['broken', () => broken()],
  ['interrupted', interrupted],
  ['nothing claimed', unclaimed],
  ['huge', huge],
  ['disturbed', () => disturbed()],
])('a result that is %s', (_, make) => {
  const result = make();

  it('junit is accepted by its readers', () => {
    checkJunit(write('junit', result));
  });

  it('ctrf is valid', () => {
    expect(ctrfProblems(write('ctrf', result))).toEqual([]);
  });

  it('sarif is valid', () => {
    expect(sarifProblems(write('sarif', result))).toEqual([]);
  });

  it('codequality is valid, with unique fingerprints', () => {
    const text = write('codequality', result);
    expect(codeQualityProblems(text)).toEqual([]);
    const prints = (JSON.parse(text) as { fingerprint: string }[]).map(issue => issue.fingerprint);
    expect(new Set(prints).size).toBe(prints.length);
  });

  it('html is well-formed and self-contained', () => {
    const page = write('html', result);
    const elements = elementsOf(page);
    expect(elements['main']).toBe(1);
    expect(Object.keys(elements)).not.toEqual(
      expect.arrayContaining(['script', 'link', 'img', 'iframe', 'object', 'form', 'base']),
    );
    expect(page.replaceAll(/xmlns="[^"]*"/g, '')).not.toMatch(/src=|href="[^#]|url\(|@import/);
  });

  it('annotations are lines of at most ten of each kind', () => {
    const lines = write('annotations', result).split('\n').slice(0, -1);
    for (const line of lines) {
      expect(line).toMatch(/^::(error|notice) file=deploy\/baton\.yaml,(line=\d+,)?title=[^:,]+::[^\r\n]*$/);
      expect(line.length).toBeLessThan(20_000);
    }
    for (const kind of ['::error', '::notice']) {
      expect(lines.filter(line => line.startsWith(kind)).length).toBeLessThanOrEqual(10);
    }
  });

  it('summary and comment keep to the limits of GitHub', () => {
    expect(bytesOf(write('summary', result))).toBeLessThanOrEqual(1 << 20);
    expect([...write('comment', result)].length).toBeLessThanOrEqual(65_536);
  });
});

describe('junit', () => {
  it('has a test case for each guarantee: failures, errors, skipped, in this order', () => {
    const text = write('junit', broken());
    const cases = [...text.matchAll(/<testcase name="([^"]+)"[^>]*>\n\s*<(\w+)/g)];
    expect(cases.slice(0, 5).map(match => match.slice(1).join(' '))).toEqual([
      'continuity failure',
      'isolation failure',
      'no-lost-updates failure',
      'expiry error',
      'linearizability skipped',
    ]);
    expect(text).toMatch(/tests="21" failures="3" errors="1" skipped="17"/);
  });

  it('passes only if the exit code is 0', () => {
    expect(write('junit', healthy())).toMatch(/failures="0" errors="0"/);
    expect(write('junit', interrupted())).toMatch(/failures="0" errors="1"/);
    expect(write('junit', unclaimed())).toMatch(/failures="0" errors="1"/);
  });
});

describe('ctrf', () => {
  it('fails unknown claims, with that raw status', () => {
    const { results } = JSON.parse(write('ctrf', broken()));
    const expiry = results.tests.find((test: { name: string }) => test.name === 'expiry');
    expect(expiry).toMatchObject({ status: 'failed', rawStatus: 'unknown' });
    expect(results.summary).toMatchObject({ tests: 21, failed: 4, skipped: 17 });
  });
});

describe('sarif', () => {
  it('names OWASP requirements as rules, and the line of the claim', () => {
    const [run] = JSON.parse(write('sarif', broken())).runs;
    expect(run.results[0]).toMatchObject({
      ruleId: 'WSTG-SESS-01:continuity',
      level: 'error',
      locations: [
        {
          physicalLocation: {
            artifactLocation: { uri: 'deploy/baton.yaml' },
            region: { startLine: 12 },
          },
        },
      ],
    });
    const rules = run.tool.driver.rules;
    expect(rules.map((rule: { id: string }) => rule.id)).toContain('ASVS-5.0-7.2.4:rotation');
    for (const result of run.results) expect(rules[result.ruleIndex].id).toBe(result.ruleId);
  });

  it('gives the same fingerprint to the same story of another run', () => {
    const prints = (result: Result): string[] =>
      JSON.parse(write('sarif', result)).runs[0].results.map(
        (found: { partialFingerprints: object }) => Object.values(found.partialFingerprints)[0],
      );
    const again = JSON.parse(JSON.stringify(broken()).replaceAll('app-2', 'app-7')) as Result;
    expect(prints(again)).toEqual(prints(broken()));
    expect(new Set(prints(broken())).size).toBe(prints(broken()).length);
  });
});

describe('with a baseline', () => {
  const all = (format: string): string => REPORTS[format]?.report(compared()) ?? '';

  it('junit and ctrf fail what is worse, and what cannot be compared', () => {
    checkJunit(all('junit'));
    expect(all('junit')).toMatch(/<testcase name="baseline: share"[^>]*>\n\s*<failure type="violated"/);
    expect(all('junit')).toMatch(/<testcase name="baseline: expiry"[^>]*>\n\s*<error type="unknown"/);
    expect(ctrfProblems(all('ctrf'))).toEqual([]);
    expect(JSON.parse(all('ctrf')).results).toMatchObject({
      summary: { failed: 2 },
      environment: { healthy: false },
    });
  });

  it('annotations, summary and page begin with it', () => {
    expect(all('annotations')).toMatch(
      /^::error file=deploy\/baton\.yaml,title=share is worse::app-1app-2 served 20 %.*%0Acompared with run app-2, 2026-01-01\n/,
    );
    expect(all('summary')).toMatch(/^## ❌ Sessions: worse than the baseline\n[\s\S]*\| worse \| share \|/);
    expect(elementsOf(all('html'))['table']).toBe(2);
    expect(all('html')).toContain(
      'Worse: share (app-1app-2), share (app-2app-2), since run app-2, 2026-01-01',
    );
  });
});

describe('with faults', () => {
  const all = (format: string): string => write(format, disturbed());

  it.each(['junit', 'summary', 'comment', 'html', 'annotations'])(
    '%s shows what happened to clients',
    format => {
      const text = all(format).replaceAll(/&#(\d+);/g, (_, code) => String.fromCharCode(code));
      for (const words of [
        'rolling-restart',
        '2 instances restarted under 353 req/s: 5,148 requests in 14.6 s, 0 failed',
        '32 of 32 survived (≥ 91 % at 95 %)',
        '1,204 acknowledged, 0 lost',
        '0.21 s (waits: p99 0.04 s, longest 0.39 s)',
        'store-stop of redis',
        '300 failed, no effect seen, NOT HEALED, not healthy again',
      ])
        expect(text).toContain(format === 'annotations' ? words.replaceAll('%', '%25') : words);
    },
  );

  it.each(['ctrf', 'sarif'])('%s has their counts', format => {
    const read = JSON.parse(all(format));
    const { faults } = read.results?.environment.extra ?? read.runs[0].properties;
    expect(faults).toEqual(disturbed().faults);
  });

  it('a fault that could not be healed fails every report', () => {
    expect(all('junit')).toMatch(/failures="0" errors="1"/);
    expect(JSON.parse(all('ctrf')).results).toMatchObject({
      summary: { failed: 1 },
      environment: { healthy: false },
    });
    expect(all('annotations')).toMatch(
      /^::error file=.*,title=not healed::store-stop of redis could not be healed/,
    );
    for (const format of ['summary', 'html'])
      expect(all(format)).toContain('store-stop of redis could not be healed');
  });
});

describe('comment', () => {
  it('begins with the verdict, then the worst violation with its proof', () => {
    const text = write('comment', broken());
    expect(text).toMatch(/^<!-- baton-verify -->\n\n## ❌ Sessions: violated\n/);
    expect(text.indexOf('| continuity |')).toBeLessThan(text.indexOf('| expiry |'));
    expect(text).toContain('<details open><summary><b>LOSS</b> continuity: app-1 knew the session');
    expect(text).toMatch(/```text\n {2}1 {2}0\.000 s {2}login/);
    expect(text).toMatch(/├─+┤/);
  });

  it('counts the sections that it left out', () => {
    expect(write('comment', huge())).toMatch(/… \d+ more sections are in the run’s result\.json\.\n$/);
  });

  it('is a heading, a table and paragraphs', () => {
    expect(markdownOf(write('comment', healthy())).blocks.filter(block => block !== 'space')).toEqual([
      'html',
      'heading',
      'paragraph',
      'paragraph',
      'table',
      'paragraph',
      'paragraph',
      'code',
    ]);
  });
});
