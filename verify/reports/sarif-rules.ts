/** Makes the rules of SARIF reports, one for each guarantee. */

import { GUARANTEES, type Guarantee } from '../core/result/guarantees.ts';
import type { Explanation } from './explain/explanation.ts';
import { EXPLANATIONS } from './explain/index.ts';

const STANDARDS = {
  ASVS: { name: 'OWASP-ASVS', fullName: 'OWASP Application Security Verification Standard', version: '5.0' },
  WSTG: { name: 'OWASP-WSTG', fullName: 'OWASP Web Security Testing Guide', version: '4.2' },
} as const;

type Standard = keyof typeof STANDARDS;

/** Key: guarantee; value: severity of its violation, 0 to 10, by which GitHub sorts security alerts. */
const SEVERITY: Partial<Record<Guarantee, number>> = {
  forgery: 9.8,
  isolation: 9.1,
  rotation: 8.8,
  'private-responses': 7.5,
  'logout-final': 6.5,
  'token-refresh': 6.5,
  expiry: 5.4,
  'cookie-policy': 5.4,
};

const idsOf = (guarantee: Guarantee): string[] =>
  GUARANTEES[guarantee].standards.map((standard: string) =>
    standard.replace(/^OWASP /, '').replaceAll(' ', '-'),
  );

const standardOf = (id: string): Standard => (id.startsWith('ASVS') ? 'ASVS' : 'WSTG');

/** Returns `ASVS-5.0-7.2.4:rotation`, or `baton:routing` if no standard requires the guarantee. */
export const ruleId = (guarantee: Guarantee): string => `${idsOf(guarantee)[0] ?? 'baton'}:${guarantee}`;

export function ruleOf(guarantee: Guarantee): object {
  const ids = idsOf(guarantee);
  const { holds, anomalies } = GUARANTEES[guarantee];
  const severity = SEVERITY[guarantee];
  const explanation = EXPLANATIONS.find(entry => entry.guarantee === guarantee);
  return {
    id: ruleId(guarantee),
    name: guarantee,
    shortDescription: { text: `${guarantee}: it holds when ${holds}` },
    fullDescription: { text: explanation?.definition ?? holds },
    ...(explanation === undefined ? {} : { help: helpOf(explanation) }),
    defaultConfiguration: { level: 'error' },
    properties: {
      tags: ['sessions', ...anomalies, ...ids, ...(severity === undefined ? [] : ['security'])],
      ...(severity === undefined ? {} : { 'security-severity': severity.toFixed(1) }),
      precision: 'very-high',
    },
    relationships: ids.map(id => ({
      target: { id, toolComponent: { name: STANDARDS[standardOf(id)].name } },
      kinds: ['relevant'],
    })),
  };
}

function helpOf({ causes, mend, guarantee }: Explanation): { text: string; markdown: string } {
  const list = (items: readonly string[]): string => items.map(item => `- ${item}`).join('\n');
  const remedies = mend.map(({ stack, how }) => `${stack}: ${how}`);
  const text = (head: string): string =>
    `${head}What usually breaks it:\n${list(causes)}\n\nHow to mend it:\n${list(remedies)}\n\nbaton explain ${guarantee}`;
  return { text: text(''), markdown: text(`## ${guarantee}\n\n`).replace(/baton explain .*$/, '`$&`') };
}

/** Returns the standards of the rules, as SARIF taxonomies. */
export function taxonomies(guarantees: readonly Guarantee[]): object[] {
  const ids = [...new Set(guarantees.flatMap(idsOf))].sort();
  return (Object.keys(STANDARDS) as Standard[]).flatMap(standard => {
    const taxa = ids.filter(id => standardOf(id) === standard).map(id => ({ id, name: id }));
    return taxa.length === 0 ? [] : [{ ...STANDARDS[standard], organization: 'OWASP', taxa }];
  });
}
