/** All entries of the zoo. */
import { cardStoreOnFiveInstances } from './controls/card-store-on-five-instances.ts';
import { cardStoreOnTwoInstances } from './controls/card-store-on-two-instances.ts';
import { memoryStorePerInstance } from './defects/memory-store-per-instance.ts';
import { noIdRotationAtLogin } from './defects/no-id-rotation-at-login.ts';
import { secretMismatchBetweenInstances } from './defects/secret-mismatch-between-instances.ts';
import { wholeSessionLastWriterWins } from './defects/whole-session-last-writer-wins.ts';
import type { Control, Defect, Entry } from './entry.ts';

/** By the guarantee under which the literature files them. */
export const DEFECTS: readonly Defect[] = [
  memoryStorePerInstance,
  secretMismatchBetweenInstances,
  wholeSessionLastWriterWins,
  noIdRotationAtLogin,
];

const CONTROLS: readonly Control[] = [cardStoreOnTwoInstances, cardStoreOnFiveInstances];

export const ENTRIES: readonly Entry[] = [...DEFECTS, ...CONTROLS];
