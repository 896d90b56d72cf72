import { escapeUTF8 } from 'entities';
import type { Request } from 'express';

/**
 * Returns a page that shows the signed-in user.
 * @param body HTML
 */
export function page(request: Request, title: string, body: string): string {
  const user = request.session?.user;
  const who = user === undefined ? '' : ` data-user="${escapeUTF8(user)}"`;
  const greeting = user === undefined ? '<a href="/app/login">Sign in</a>' : `Hello, ${escapeUTF8(user)}`;
  return `<!doctype html><html lang="en"><head><title>${title}</title></head>
<body${who}><header>${greeting}</header><h1>${title}</h1>
${body}
</body></html>
`;
}

/** Returns an HTML list. Baton finds each item by its attribute `data-item`. */
export function list(items: readonly string[]): string {
  return `<ul>${items.map(item => `<li data-item="${escapeUTF8(item)}">${escapeUTF8(item)}</li>`).join('')}</ul>`;
}

/**
 * Returns a form with text fields.
 * @param hidden HTML of hidden fields
 */
export function form(action: string, fields: readonly string[], button: string, hidden = ''): string {
  const inputs = fields.map(name => {
    const type = name === 'password' ? 'password' : 'text';
    return `<label>${name} <input name="${name}" type="${type}"></label>`;
  });
  return `<form method="post" action="${action}">${hidden}${inputs.join('')}<button>${button}</button></form>`;
}
