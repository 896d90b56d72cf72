export const b64encode = (text: string): string => Buffer.from(text).toString('base64');
