/** What the fake k6 provides as the module `k6/encoding`. */
export const b64encode = (text: string): string => Buffer.from(text).toString('base64');
