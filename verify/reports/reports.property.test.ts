/** Tests that reports stay valid with arbitrary texts in a result, and that no text becomes markup. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  checkJunit,
  codeQualityProblems,
  ctrfProblems,
  elementsOf,
  markdownOf,
  sarifProblems,
} from '../testing/report-readers.ts';
import { REPORTS } from './index.ts';
import { terminal } from './terminal.ts';
import { broken, compared, disturbed, inputOf } from './testing/results.ts';

const write = (format: string, text: string): string => REPORTS[format]?.report(inputOf(broken(text))) ?? '';

const NASTY = [
  '<script>alert(1)</script>',
  '</style><script>alert(1)</script>',
  '" onmouseover="alert(1)',
  "' x='",
  ']]>',
  '<![CDATA[',
  '-->',
  '<!-- baton-verify -->',
  '&amp;&#60;&nbsp;',
  '::error::forged',
  '\n::error::forged',
  '%0A::error::forged',
  '\u001b[31mred\u001b]0;title\u0007',
  '\u009b31m',
  '\u202egnp.exe',
  '\u0000',
  '\ud800',
  '\udc00\ud800',
  '\ufffe\uffff',
  '```\n# heading\n```',
  '`````',
  '|a|b|\n|-|-|',
  '</details>',
  '[link](javascript:alert(1))',
  '![](http://evil.test/x.png)',
  '@everyone #1 :tada: $x$ www.evil.test https://evil.test',
  '{0} [here](1) \\',
  '\r\n',
  '  spaces  in  a  row  ',
  '',
  '😀'.repeat(1001),
  'x'.repeat(100_000),
];

const texts = fc.oneof(
  fc.constantFrom(...NASTY),
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc
    .array(fc.constantFrom(...NASTY.filter(text => text.length < 100)), { maxLength: 4 })
    .map(all => all.join('')),
);
const runs = { numRuns: NASTY.length + 40, examples: NASTY.map((text): [string] => [text]) };
const plain = 'alice';

const forEach = (check: (text: string) => void): void => {
  fc.assert(
    fc.property(texts, text => void check(text)),
    runs,
  );
};

describe('with any text of the target', () => {
  it('junit stays valid, with the same elements', () => {
    const elements = elementsOf(write('junit', plain));
    forEach(text => {
      const xml = write('junit', text);
      checkJunit(xml);
      expect(elementsOf(xml)).toEqual(elements);
    });
  });

  it('html stays well-formed, with the same elements', () => {
    const elements = elementsOf(write('html', plain));
    forEach(text => expect(elementsOf(write('html', text))).toEqual(elements));
  });

  it('comparisons show it only as text, in every report', () => {
    const report = (format: string, text: string): string => REPORTS[format]?.report(compared(text)) ?? '';
    const page = elementsOf(report('html', plain));
    const { blocks } = markdownOf(report('comment', plain));
    forEach(text => {
      expect(elementsOf(report('html', text))).toEqual(page);
      expect(markdownOf(report('comment', text)).blocks).toEqual(blocks);
      checkJunit(report('junit', text));
      expect(report('annotations', text).split(/\r\n|[\r\n]/)).toHaveLength(3);
    });
  });

  it('names of disturbed parts are only text, in every report', () => {
    const report = (format: string, text: string): string =>
      REPORTS[format]?.report(inputOf(disturbed(text))) ?? '';
    const page = elementsOf(report('html', plain));
    const { blocks } = markdownOf(report('comment', plain));
    forEach(text => {
      expect(elementsOf(report('html', text))).toEqual(page);
      expect(markdownOf(report('comment', text)).blocks).toEqual(blocks);
      checkJunit(report('junit', text));
      expect(report('annotations', text).split(/\r\n|[\r\n]/)).toHaveLength(3);
    });
  });

  it('the JSON formats stay valid', () => {
    forEach(text => {
      expect(ctrfProblems(write('ctrf', text))).toEqual([]);
      expect(sarifProblems(write('sarif', text))).toEqual([]);
      expect(codeQualityProblems(write('codequality', text))).toEqual([]);
    });
  });

  it('annotations keep the number and kinds of their lines', () => {
    const kinds = (text: string): string[] =>
      write('annotations', text)
        .split(/\r\n|[\r\n]/)
        .map(line => /^(::\w+ )?/.exec(line)?.[0] ?? '');
    const expected = kinds(plain);
    forEach(text => expect(kinds(text)).toEqual(expected));
  });

  it('Markdown keeps its blocks, and gets neither elements nor links', () => {
    const expected = markdownOf(write('comment', plain));
    const tags = (html: string): string[] => [...html.matchAll(/<\/?[a-z!][\w-]*/gi)].map(([tag]) => tag);
    forEach(text => {
      const { blocks, html } = markdownOf(write('comment', text));
      expect(blocks).toEqual(expected.blocks);
      expect(tags(html)).toEqual(tags(expected.html));
    });
  });

  it('no report contains control characters', () => {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: the test searches for them
    const steering = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/;
    forEach(text => {
      for (const format of ['junit', 'html', 'comment', 'annotations']) {
        expect(write(format, text)).not.toMatch(steering);
      }
      expect(terminal(broken(text), { colour: false, width: 100 })).not.toMatch(steering);
    });
  });

  it('one long text does not make a report long', () => {
    for (const format of Object.keys(REPORTS).filter(name => name !== 'json')) {
      expect(write(format, 'x'.repeat(100_000)).length).toBeLessThan(400_000);
    }
  });
});
