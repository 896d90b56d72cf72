/** What `baton doctor` found, for a person. */
import type { Guarantee } from '../core/guarantees.ts';
import { wrap } from './wrap.ts';

/** A program, and whether this machine has it. */
export interface Tool {
  name: string;
  /** Absent when it is not there. */
  version?: string;
  /** It is there, and does not do. */
  wrong?: string;
  /** What it is needed for. */
  for: string;
  /** What to do when it is missing or wrong. */
  remedy: string;
}

/** A guarantee that no run against a target can tell anything of, as it is described. */
export interface Lack {
  guarantee: Guarantee;
  claimed: boolean;
  /** What is not there. */
  lacks: string;
  /** What to do. */
  remedy: string;
}

/** @returns a line for each program, and what to do about those that are missing; ended by newlines */
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

/** @returns what a target cannot be judged by, those that it claims first, and why; lines ended by newlines */
export function lacksText(title: string, lacks: readonly Lack[], width: number): string {
  const claimed = lacks.filter(lack => lack.claimed);
  const others = lacks.filter(lack => !lack.claimed);
  const names = Math.max(0, ...lacks.map(({ guarantee }) => guarantee.length));
  const told = (heading: string, some: readonly Lack[]): string[] =>
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
    ...told('claimed, and unknown as it stands', claimed),
    ...told('not claimed, and unknown as it stands', others),
    ...(claimed.length === 0 ? ['  ✓ every guarantee that is claimed can be judged'] : []),
    '',
  ].join('\n');
}

function indented(head: string, text: string, width: number): string[] {
  const [first = '', ...more] = wrap(text, Math.max(40, width - head.length));
  return [`${head}${first}`, ...more.map(line => `${' '.repeat(head.length)}${line}`)];
}
