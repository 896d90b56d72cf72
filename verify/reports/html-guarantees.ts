/** Makes the list of guarantees of the HTML report. */
import type { Check } from '../core/checks/check.ts';
import { grouped } from '../core/result/format.ts';
import { GUARANTEES, type Guarantee } from '../core/result/guarantees.ts';
import type { Result } from '../core/result/result.ts';
import type { Judgement, Verdict } from '../core/result/verdict.ts';
import type { Explanation } from './explain/explanation.ts';
import { escaped } from './markup.ts';
import { findingOf, worstFirst } from './report.ts';

export const MARK: Record<Judgement, string> = { valid: '✓', violated: '✗', unknown: '?' };

/** Returns the explanation of a guarantee. Returns undefined inside k6, to keep the k6 script small. */
export type Explain = (
  guarantee: Guarantee,
) => { explanation: Explanation; check: Pick<Check, 'assumes' | 'minimum'> } | undefined;

export function guaranteesHtml({ guarantees }: Result, explain: Explain): string {
  const shown = worstFirst(guarantees).filter(({ claimed, judgement }) => claimed || judgement !== 'unknown');
  const silent = guarantees.filter(verdict => !shown.includes(verdict)).map(verdict => verdict.guarantee);
  return (
    `<div class="guarantees">${shown.map(verdict => guarantee(verdict, explain)).join('')}</div>` +
    (silent.length === 0
      ? ''
      : `<p class="dim">Not claimed, and this run is no evidence for ${silent.join(', ')}.</p>`)
  );
}

function guarantee(verdict: Verdict, explain: Explain): string {
  const { guarantee: name, claimed, judgement, rests, violations } = verdict;
  const how = claimed ? judgement : `${judgement}, not claimed`;
  const counts = Object.entries(rests).map(
    ([count, value]) => `<div><dt>${escaped(count)}</dt><dd>${grouped(value)}</dd></div>`,
  );
  const proofs =
    violations === 0
      ? ''
      : `<p><a href="#${name}-1">The requests that prove the violation</a> (${grouped(violations)} found)</p>`;
  return (
    `<details id="guarantee-${name}"><summary><span class="verdict ${judgement}">${MARK[judgement]} ${how}</span>` +
    `<strong>${name}</strong><span class="finding">${escaped(findingOf(verdict))}</span></summary>` +
    `<div class="inside"><p>It holds when ${escaped(GUARANTEES[name].holds)}.</p>${proofs}` +
    (counts.length === 0 ? '' : `<h3>What the verdict rests on</h3><dl>${counts.join('')}</dl>`) +
    `${explained(name, explain)}</div></details>`
  );
}

function explained(name: Guarantee, explain: Explain): string {
  const known = explain(name);
  if (known === undefined) return '';
  const { explanation, check } = known;
  const { definition, picture, causes, mend, standards } = explanation;
  const list = (title: string, items: readonly string[]): string =>
    items.length === 0 ? '' : `<h3>${title}</h3><ul>${items.map(item => `<li>${item}</li>`).join('')}</ul>`;
  const drawn = picture.replace(/^\n+|\s+$/g, '');
  return (
    `<p>${escaped(definition)}</p>` +
    (drawn === '' ? '' : `<pre tabindex="0">${escaped(drawn)}</pre>`) +
    list('What usually breaks it', causes.map(escaped)) +
    list(
      'How to mend it',
      mend.map(({ stack, how }) => `<strong>${escaped(stack)}</strong>: ${escaped(how)}`),
    ) +
    list('How it is judged', [`assumes that ${escaped(check.assumes)}`, `needs ${escaped(check.minimum)}`]) +
    list('Standards', standards.map(escaped))
  );
}
