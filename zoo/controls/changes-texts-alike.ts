import type { Control } from '../entry.ts';
import { servePlain } from '../hosts/plain/serve.ts';

export const changesTextsAlike: Control = {
  kind: 'control',
  name: 'changes-texts-alike',
  sound:
    'The app changes what users write, and each instance does it in the same way: it stores a number without zeros at its beginning, joins the values of a repeated field, and leaves out letters outside ASCII. It refuses braces.',
  deployment: {
    host: 'plain',
    program: new URL(import.meta.url),
  },
};

/** Changes texts as the app does. Different values can become the same text, because characters are removed. */
const normal = (values: unknown[]): string => {
  const text = values.join(', ').replaceAll(/[^ -~]/g, '');
  return /^\d+$/.test(text) ? String(Number(text)) : text;
};

if (import.meta.main)
  servePlain({
    onSession: () => (request, response, next) => {
      const item: unknown = request.body?.item;
      if (typeof item === 'string' && /[{}]/.test(item))
        return void response.status(422).send('No braces, please');
      if (item !== undefined) request.body.item = normal([item].flat());
      next();
    },
  });
