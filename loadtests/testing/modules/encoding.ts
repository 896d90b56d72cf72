/** The module `k6/encoding` of the fake k6. */
export const b64encode = (text: string): string => Buffer.from(text).toString('base64');
