/** Uploads a picture directly to an object store such as S3, with the upload form of a page. */
import http from 'k6/http';

/** The first bytes of a WebP picture. The app checks only these bytes. */
const PICTURE = 'RIFF\x24\0\0\0WEBPVP8 ';
const BOUNDARY = 'baton-picture-boundary';

/**
 * Sends a page's upload form with a picture. Returns the key of the picture.
 * @throws Error if the page has no such form, or the store refuses the upload
 */
export function uploadWith(page: string): string {
  const [form = '', url = ''] =
    /<form[^>]* action="([^"]+)" enctype="multipart[\s\S]*?<\/form>/.exec(page) ?? [];
  const fields = [...form.matchAll(/<input type="hidden" name="([^"]+)" value="([^"]*)">/g)];
  const part = (name: string, value: string) =>
    `--${BOUNDARY}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`;
  const parts = fields.map(([, name = '', value = '']) => part(name, value)).join('');
  const { status, headers, body } = http.post(
    url,
    `${parts}${part('file"; filename="picture.webp', PICTURE)}--${BOUNDARY}--\r\n`,
    {
      headers: { 'Content-Type': `multipart/form-data; boundary=${BOUNDARY}` },
      redirects: 0,
      tags: { name: 'upload' },
      responseCallback: http.expectedStatuses(303),
    },
  );
  const key = /[?&]key=([^&]+)/.exec(headers['Location'] ?? '')?.[1];
  if (key !== undefined) return decodeURIComponent(key);
  throw new Error(
    `expected the store of pictures to accept an upload with 303 and a key, got status ${status}: ${body}`,
  );
}
