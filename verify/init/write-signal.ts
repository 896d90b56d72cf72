/** Writes the part of a target file that says how responses name their instance. */
import { COMMAND } from '../core/command.ts';
import { comment } from './comment.ts';
import type { AppFindings } from './findings.ts';
import type { Alone, Signal } from './signal.ts';

/** Returns the part of the target file about instances; only a comment if no response names its instance. */
export function signalPart({ signal, carried }: Pick<AppFindings, 'signal' | 'carried'>): string {
  if (signal === undefined || 'pinned' in signal)
    return [
      '# No response names its instance, so guarantees that need to know the instance stay unknown.',
      ...(signal === undefined ? NO_NAME : onlyOne(signal)),
      '',
    ].join('\n');
  const names = `${signal.names.length} instances were seen: ${signal.names.join(', ')}.`;
  // Omits `sticky` if the cookie carries the session, because a run cannot drop a session cookie.
  const off = signal.by === undefined || carried.cookies.includes(signal.by) ? {} : { sticky: signal.by };
  return comment(`How to recognise the instance; ${names}${stickyText(signal, off)}`, {
    instance: { ...signal.instance, ...off },
  });
}

const NO_NAME = [
  '# Let the balancer or the app send a header that names the instance (nginx: add_header X-Served-By $upstream_addr always;)',
  '# and add:',
  '# instance:',
  '#   header: x-served-by',
];

function onlyOne({ name, header, pinned }: Alone): string[] {
  const why = pinned
    ? 'and other instances over other connections: the balancer pins each connection to an instance, so handoffs are rare'
    : 'in every response: there is only one instance, or the balancer chooses by the address of the client';
  return [`# The header ${header} named ${name}, ${why}.`, '# instance:', `#   header: ${header}`];
}

function stickyText({ sticky, by }: Signal, off: { sticky?: string }): string {
  if (!sticky) return '';
  if (off.sticky !== undefined)
    return (
      `\nThe balancer pins a client to one instance by the cookie ${by}: without this cookie, requests are balanced again.` +
      `\n${COMMAND} verify --sticky-report shows what breaks then.`
    );
  return by === undefined
    ? '\nThe balancer pins a client to one instance, but not by a cookie. To bypass the balancer, add `addresses` of the instances.'
    : `\nThe balancer pins a client to one instance by the cookie ${by}, which carries the session. To bypass the balancer, add \`addresses\` of the instances.`;
}
