import { stringify } from 'yaml';

export const yaml = (value: object): string => stringify(value, { lineWidth: 0 });

export const comment = (text: string, value: object): string =>
  `${text
    .split('\n')
    .map(line => `# ${line}\n`)
    .join('')}${yaml(value)}`;
