const decoded = (text: string): Uint8Array<ArrayBuffer> => new Uint8Array(Buffer.from(text, 'base64'));

export const PNG = decoded(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4z8AAAAMBAQDJ/pLvAAAAAElFTkSuQmCC',
);
export const WEBP = decoded('UklGRiQAAABXRUJQVlA4IBgAAAAwAQCdASoBAAEAAgA0JaQAA3AA/vuUAAA=');
/** The first bytes of a JPEG picture. The app checks only these bytes. */
export const JPEG = decoded('/9j/4AAQSkZJRgABAQEASABIAAD/2wBDAP8=');
