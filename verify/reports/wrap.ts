/** Breaks texts into lines for a terminal. */

export interface TerminalOptions {
  colour: boolean;
  /** Maximum length of a line, in columns of the terminal. */
  width: number;
}

/** Breaks a text into lines of at most `width` columns. A word that is longer gets its own line. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return line === '' ? lines : [...lines, line];
}
