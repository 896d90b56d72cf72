/** `npm run bench:judge`: measures the speed of Baton's judge, mostly against other software in the same run. */
import { linearizabilityBench, totalsBench } from './linearizability.ts';
import { memoryBench, speedBench } from './throughput.ts';

/** `npm run bench:judge linearizability` prints only the table with this name. */
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
