/** Writes the explanation of a guarantee, for a terminal or for docs/guarantees/. */
import type { Check } from '../core/checks/check.ts';
import { COMMAND } from '../core/command.ts';
import { GUARANTEES } from '../core/result/guarantees.ts';
import type { Explanation } from './explain/explanation.ts';
import { wrap } from './wrap.ts';

/**
 * Returns the explanation as text. Each line ends with a newline.
 *
 * @param width maximum length of a line, columns
 */
export function explainText(entry: Explanation, check: Check, width: number): string {
  const { anomalies, holds } = GUARANTEES[entry.guarantee];
  const block = (text: string): string[] => wrap(text, width - 2).map(line => `  ${line}`);
  const list = (items: readonly string[]): string[] =>
    items.flatMap(item => wrap(item, width - 4).map((line, i) => (i === 0 ? `  · ${line}` : `    ${line}`)));
  const part = (title: string, lines: readonly string[]): string[] =>
    lines.length === 0 ? [] : ['', title, ...lines];
  return [
    `${entry.guarantee}  (${anomalies.join(', ')})`,
    ...block(`It holds when ${holds}.`),
    '',
    ...block(entry.definition),
    ...part(
      'picture',
      entry.picture.split('\n').filter(line => line.trim() !== ''),
    ),
    ...part('what usually breaks it', list(entry.causes)),
    ...part('how to mend it', list(entry.mend.map(({ stack, how }) => `${stack}: ${how}`))),
    ...part('how it is judged', [
      ...block(`assumes that ${check.assumes}`),
      ...block(`needs ${check.minimum}`),
    ]),
    ...part('standards', list(entry.standards)),
    '',
  ].join('\n');
}

export function explainPage(entry: Explanation, check: Check): string {
  const { anomalies, holds } = GUARANTEES[entry.guarantee];
  const list = (items: readonly string[]): string => items.map(item => `- ${item}`).join('\n');
  const part = (title: string, text: string): string => (text === '' ? '' : `\n## ${title}\n\n${text}\n`);
  return [
    `# ${entry.guarantee}\n\n**It holds when ${holds}.** Anomalies: ${anomalies.join(', ')}.\n\n${entry.definition}\n`,
    part('Picture', `\`\`\`\n${entry.picture.replace(/^\n+|\s+$/g, '')}\n\`\`\``),
    part('What usually breaks it', list(entry.causes)),
    part('How to mend it', list(entry.mend.map(({ stack, how }) => `**${stack}**: ${how}`))),
    part('How it is judged', list([`Assumes that ${check.assumes}.`, `Needs ${check.minimum}.`])),
    part('Standards', list(entry.standards)),
    `\nThe same in a terminal: \`${COMMAND} explain ${entry.guarantee}\`\n`,
  ].join('');
}
