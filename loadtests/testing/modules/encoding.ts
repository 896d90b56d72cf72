/** `k6/encoding` of the double. */
export const b64encode = (text: string): string => Buffer.from(text).toString('base64');
