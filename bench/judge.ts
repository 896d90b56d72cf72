/** `npm run bench:judge`: measures the speed of Baton's judge, and compares it with other software. */
import { linearizabilityBench, totalsBench } from './linearizability.ts';
import { memoryBench, speedBench } from './throughput.ts';

/** Key: NAME in `npm run bench:judge NAME`, which prints only one table. */
const SECTIONS: Record<string, () => string[] | Promise<string[]>> = {
  speed: speedBench,
  linearizability: linearizabilityBench,
  totals: totalsBench,
  memory: memoryBench,
};

const [only] = process.argv.slice(2);
for (const [name, bench] of Object.entries(SECTIONS)) {
  if (only !== undefined && only !== name) continue;
  process.stdout.write(`## ${name}\n\n${(await bench()).join('\n')}\n\n`);
}
