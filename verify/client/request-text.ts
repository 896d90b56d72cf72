/** Builds the text of HTTP/1.1 requests (RFC 9112). */

/** Headers that many requests share, so that their text is built only once. */
export class RequestHead {
  readonly fields: readonly string[];
  readonly #values = new Map<string, string>();
  #kept: { origin: string; text: string } | undefined;

  constructor(fields: readonly string[]) {
    this.fields = fields;
    for (let i = fields.length - 2; i >= 0; i -= 2)
      this.#values.set((fields[i] as string).toLowerCase(), fields[i + 1] as string);
  }

  has(name: string): boolean {
    return this.#values.has(name);
  }

  /**
   * Returns the first value of a header.
   *
   * @param name in lower case
   */
  get(name: string): string | undefined {
    return this.#values.get(name);
  }

  /**
   * Returns the header lines.
   *
   * @throws an error with the code INVALID_HEADER
   */
  textFor(origin: string): string {
    if (this.#kept?.origin !== origin)
      this.#kept = { origin, text: linesOf(this.fields, origin, 'keep-alive') };
    return this.#kept.text;
  }
}

/** Headers that Baton derives from the body. */
const FRAMING = ['content-length', 'transfer-encoding'];
/** Methods that need no Content-Length without a body. */
const BODILESS = ['GET', 'HEAD', 'OPTIONS', 'TRACE'];

const NAME = /^[!#$%&'*+.^_`|~\w-]+$/;
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

function line(name: string, value: string): string {
  if (!NAME.test(name) || !VALUE.test(value))
    throw Object.assign(
      new Error(`expected a header without control characters, got ${JSON.stringify(name)}`),
      {
        code: 'INVALID_HEADER',
      },
    );
  return `${name}: ${value}\r\n`;
}

function linesOf(fields: readonly string[], origin: string, connection: string): string {
  const given = new Map<string, string>();
  let lines = '';
  for (let i = 0; i < fields.length; i += 2) {
    const [name, value] = [fields[i] as string, fields[i + 1] as string];
    const key = name.toLowerCase();
    if (key === 'host' || key === 'connection') given.set(key, value);
    else if (!FRAMING.includes(key)) lines += line(name, value);
  }
  const host = given.get('host') ?? origin.slice(origin.indexOf('//') + 2);
  return line('host', host) + line('connection', given.get('connection') ?? connection) + lines;
}

interface Parts {
  origin: string;
  path: string;
  method: string;
  head: RequestHead;
  /** Headers of this request only. Baton makes their values, so they are not validated. */
  own: readonly string[];
  body: string | null;
}

/**
 * Returns the text of a request, or its bytes, in Latin-1.
 *
 * @param last true if the connection carries no further request
 * @throws an error with the code INVALID_HEADER
 */
export function requestOf({ origin, path, method, head, own, body }: Parts, last: boolean): string | Buffer {
  let text = `${method} ${path} HTTP/1.1\r\n`;
  text += last ? linesOf(head.fields, origin, 'close') : head.textFor(origin);
  for (let i = 0; i < own.length; i += 2) text += `${own[i]}: ${own[i + 1]}\r\n`;
  if (body === null) return BODILESS.includes(method) ? `${text}\r\n` : `${text}content-length: 0\r\n\r\n`;
  const bytes = Buffer.byteLength(body);
  text += `content-length: ${bytes}\r\n\r\n`;
  if (bytes === body.length) return text + body;
  return Buffer.concat([Buffer.from(text, 'latin1'), Buffer.from(body)]);
}
