import { decodeHTML } from 'entities';

const LINK = /<(?:link|script|img)\b[^>]*?\s(?:href|src)\s*=\s*["']?([^"'\s>]+)/gi;
const EXTENSION = /\.(?:css|m?js|png|svg|ico|jpe?g|gif|webp)(?:\?|$)/i;

/** Returns the addresses of stylesheets, scripts and images in the page, without duplicates. */
export function staticFiles(page: string): string[] {
  const addresses = [...page.matchAll(LINK)].map(match => decodeHTML(match[1] ?? ''));
  return [...new Set(addresses)].filter(address => EXTENSION.test(address));
}
