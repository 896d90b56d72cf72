/** Small pictures for tests. */

const decoded = (text: string): Uint8Array<ArrayBuffer> => new Uint8Array(Buffer.from(text, 'base64'));

/** One red pixel. */
export const PNG = decoded(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4z8AAAAMBAQDJ/pLvAAAAAElFTkSuQmCC',
);
/** One pixel. */
export const WEBP = decoded('UklGRiQAAABXRUJQVlA4IBgAAAAwAQCdASoBAAEAAgA0JaQAA3AA/vuUAAA=');
/** The start of a picture. The app checks only the start. */
export const JPEG = decoded('/9j/4AAQSkZJRgABAQEASABIAAD/2wBDAP8=');
