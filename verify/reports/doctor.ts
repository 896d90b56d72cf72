import type { Guarantee } from '../core/result/guarantees.ts';
import { wrap } from './wrap.ts';

export interface Tool {
  name: string;
  version?: string;
  /** Why the installed program cannot be used. */
  wrong?: string;
  /** Features of Baton that need this program. */
  for: string;
  /** How to get a usable program, as a sentence for the user. */
  remedy: string;
}

export interface Lack {
  guarantee: Guarantee;
  claimed: boolean;
  lacks: string;
  remedy: string;
}

/** Returns a line for each program. Each line ends with a newline. */
export function toolsText(tools: readonly Tool[], width: number): string {
  const names = Math.max(...tools.map(({ name }) => name.length));
  const lines = tools.flatMap(tool => {
    const good = tool.version !== undefined && tool.wrong === undefined;
    const head = `  ${good ? '✓' : '-'} ${tool.name.padEnd(names)}  `;
    if (good) return [`${head}${tool.version}`];
    const state = tool.wrong ?? 'not found';
    return indented(head, `${state}; needed for ${tool.for}: ${tool.remedy}`, width);
  });
  return ['this machine', ...lines, ''].join('\n');
}

/**
 * Returns lines about the guarantees that no run can judge. Claimed guarantees come first. Each line ends with a
 * newline.
 */
export function lacksText(title: string, lacks: readonly Lack[], width: number): string {
  const claimed = lacks.filter(lack => lack.claimed);
  const others = lacks.filter(lack => !lack.claimed);
  const names = Math.max(0, ...lacks.map(({ guarantee }) => guarantee.length));
  const section = (heading: string, some: readonly Lack[]): string[] =>
    some.length === 0
      ? []
      : [
          `  ${heading}`,
          ...some.flatMap(({ guarantee, lacks: what, remedy }) =>
            indented(`    ? ${guarantee.padEnd(names)}  `, `${what}: ${remedy}`, width),
          ),
        ];
  return [
    title,
    ...section('claimed, but cannot be judged with this target file', claimed),
    ...section('not claimed, and cannot be judged with this target file', others),
    ...(claimed.length === 0 ? ['  ✓ every claimed guarantee can be judged'] : []),
    '',
  ].join('\n');
}

function indented(head: string, text: string, width: number): string[] {
  const [first = '', ...more] = wrap(text, Math.max(40, width - head.length));
  return [`${head}${first}`, ...more.map(line => `${' '.repeat(head.length)}${line}`)];
}
