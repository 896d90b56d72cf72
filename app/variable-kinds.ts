/** Parses the values of environment variables. Each schema's error message states the expected value. */
import express from 'express';
import { z } from 'zod';

export function wholeNumber(unit: string, min: number, max: number) {
  const expected = `a whole number of ${unit} from ${min} to ${max}`;
  return z
    .string()
    .regex(/^\d{1,15}$/, expected)
    .transform(Number)
    .refine(value => value >= min && value <= max, expected);
}

export const milliseconds = (min = 0, max = 3_600_000) => wholeNumber('milliseconds', min, max);
export const seconds = wholeNumber('seconds', 1, 31_536_000);
export const oneOf = <const T extends readonly [string, ...string[]]>(names: T) =>
  z.enum(names, `one of ${names.join(', ')}`);
export const truth = z.enum(['true', 'false'], 'true or false').transform(value => value === 'true');

function urlOf(protocols: readonly string[], example: string) {
  return z.string().refine(value => {
    const url = URL.parse(value);
    return url !== null && protocols.includes(url.protocol) && url.hostname !== '';
  }, `a URL such as ${example}`);
}

export const redisUrl = urlOf(['redis:', 'rediss:'], 'redis://127.0.0.1:6379');
export const databaseUrl = urlOf(['postgres:', 'postgresql:'], 'postgres://127.0.0.1:5432/baton');
export const smtpUrl = urlOf(['smtp:', 'smtps:'], 'smtps://user:password@mail.example.com');
export const publicUrl = urlOf(['http:', 'https:'], 'https://cards.example.com');
export const memcachedAddress = z.string().regex(/^[\w.-]+:\d{1,5}$/, 'HOST:PORT such as 127.0.0.1:11211');
export const storeUrl = urlOf(['http:', 'https:'], 'http://127.0.0.1:8333');
export const region = z.string().regex(/^[a-z0-9-]+$/, 'a region such as us-east-1');
export const table = z
  .string()
  .regex(/^[\w.-]{3,255}$/, '3 to 255 letters, digits, dots, dashes or underscores');
export const bucket = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/, '3 to 63 lower-case letters, digits or dashes');
/** Parses an access key in the format KEY_ID:SECRET; undefined for ''. */
export const credentials = z
  .string()
  .regex(/^([^\s:]+:\S+)?$/, 'KEY_ID:SECRET')
  .transform(text => {
    const [accessKeyId = '', ...rest] = text.split(':');
    return text === '' ? undefined : { accessKeyId, secretAccessKey: rest.join(':') };
  });
export const instanceId = z
  .string()
  .regex(/^[\w.-]{1,128}$/, '1 to 128 letters, digits, dots, dashes or underscores');

export const addresses = z
  .string()
  .regex(/^([\w.-]+:\d{1,5}(,|$))*$/, 'HOST:PORT, comma-separated, such as 10.0.0.1:6379,10.0.0.2:6379')
  .transform(text => {
    const parts = text.split(',').filter(part => part !== '');
    return parts.map(address => {
      const [host = '', port] = address.split(':');
      return { host, port: Number(port) };
    });
  });

export const secrets = z
  .string()
  .transform(value => value.split(',').map(part => part.trim()))
  .refine(
    parts => parts.every(part => part.length >= 16),
    'secrets of 16 characters or more, comma-separated',
  );

export const scryptCost = wholeNumber('scrypt rounds (a power of two)', 2, 1 << 20).refine(
  value => Number.isInteger(Math.log2(value)),
  'a power of two from 2 to 1048576',
);

/** Values of Express's `trust proxy`: `true`, `false`, a number of proxies, or addresses. */
export const trustProxy = z
  .string()
  .transform(value => {
    if (value === 'true' || value === 'false') return value === 'true';
    return /^\d+$/.test(value) ? Number(value) : value;
  })
  .refine(value => {
    try {
      express().set('trust proxy', value);
      return true;
    } catch {
      return false;
    }
  }, 'true, false, a number of proxies, or addresses such as loopback, 10.0.0.0/8');
