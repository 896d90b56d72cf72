/** Small pictures for tests. */

const decoded = (text: string): Uint8Array<ArrayBuffer> => new Uint8Array(Buffer.from(text, 'base64'));

/** A PNG picture of one red pixel. */
export const PNG = decoded(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4z8AAAAMBAQDJ/pLvAAAAAElFTkSuQmCC',
);
/** A WebP picture of one pixel. */
export const WEBP = decoded('UklGRiQAAABXRUJQVlA4IBgAAAAwAQCdASoBAAEAAgA0JaQAA3AA/vuUAAA=');
/** The first bytes of a JPEG picture. They are enough, because the app checks only the first bytes. */
export const JPEG = decoded('/9j/4AAQSkZJRgABAQEASABIAAD/2wBDAP8=');
