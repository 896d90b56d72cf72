/**
 * Faults of a Kubernetes deployment, without a cluster. A fake kubectl records its arguments and responds like the
 * documentation of kubectl says. The test proves that exactly the expected commands are run.
 */
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Bench } from './testing/try.ts';

/** The fake kubectl. Its pods are `old-1 old-2` until a rollout or a deletion. A file holds the number of replicas. */
const STAND_IN = `#!/bin/sh
cd "$(dirname "$0")"
printf '%s\\n' "$*" >>orders
case "$*" in
  *spec.replicas*|*status.replicas*) cat replicas ;;
  *matchLabels*) echo '{"app":"shop","tier":"web"}' ;;
  *"get pods"*) cat pods ;;
  *"rollout restart"*) printf 'u1 old-1 2026-01-01T00:00:00Z\\nu3 new-1 \\nu4 new-2 \\n' >pods ;;
  *"delete pod"*) printf 'u1 old-1 2026-01-01T00:00:00Z\\nu2 old-2 \\n' >pods ;;
  *scale*) echo "$*" | sed 's/.*--replicas=//' >replicas ;;
esac
`;

let bench: Bench;
let path: string | undefined;
beforeEach(() => {
  bench = new Bench();
  const bin = join(bench.folder, 'bin');
  mkdirSync(bin);
  writeFileSync(join(bin, 'kubectl'), STAND_IN);
  chmodSync(join(bin, 'kubectl'), 0o755);
  writeFileSync(join(bin, 'pods'), 'u1 old-1 \nu2 old-2 \n');
  writeFileSync(join(bin, 'replicas'), '2\n');
  path = process.env['PATH'];
  process.env['PATH'] = `${bin}${delimiter}${path}`;
});
afterEach(() => {
  process.env['PATH'] = path;
  bench.remove();
});

const orders = (): string[] =>
  readFileSync(join(bench.folder, 'bin', 'orders'), 'utf8')
    .trim()
    .split('\n');
const shop = (more: object = {}) => ({
  shop: { kubernetes: { deployment: 'shop', ...more }, within: '90s' },
});

const SELECTOR = 'get deployment/shop --output jsonpath={.spec.selector.matchLabels}';
const PODS =
  'get pods --selector app=shop,tier=web --output jsonpath={range .items[*]}{.metadata.uid} {.metadata.name} ' +
  '{.metadata.deletionTimestamp}{"\\n"}{end}';
const SETTLED = 'rollout status deployment/shop --timeout=90s';

it('rollout-restart waits for the rollout, and has taken effect when none of the old pods is left', async () => {
  const { bit, did, heal } = await bench.inject(shop(), 'shop-rollout-restart');
  expect([bit, did]).toEqual([true, '2 pods replaced by 2']);
  await heal();
  const restart = 'rollout restart deployment/shop';
  expect(orders()).toEqual([SELECTOR, PODS, restart, SETTLED, SELECTOR, PODS, SETTLED]);
});

it('delete-pod deletes one, and waits for its successor', async () => {
  const { heal, did } = await bench.inject(shop(), 'shop-delete-pod', 3);
  await heal();
  const [name = ''] = /old-\d/.exec(did ?? '') ?? [];
  const given = orders();
  expect(given.slice(0, 3)).toEqual([SELECTOR, PODS, `delete pod ${name} --wait=false`]);
  expect(given.at(-1)).toBe(SETTLED);
});

it.each([
  ['scale-out', 3],
  ['scale-in', 1],
])('%s scales, and back', async (action, replicas) => {
  const { bit, did, heal } = await bench.inject(shop(), `shop-${action}`);
  expect([bit, did]).toEqual([true, `scaled from 2 to ${replicas}`]);
  await heal();
  expect(orders()).toEqual([
    'get deployment/shop --output jsonpath={.spec.replicas}',
    `scale deployment/shop --replicas=${replicas}`,
    SETTLED,
    'get deployment/shop --output jsonpath={.status.replicas}',
    'scale deployment/shop --replicas=2',
    SETTLED,
  ]);
});

it('goes to the context and the namespace that are named, and never below one pod', async () => {
  const there = shop({ namespace: 'staging', context: 'kind' });
  writeFileSync(join(bench.folder, 'bin', 'replicas'), '1\n');
  await expect(bench.inject(there, 'shop-scale-in')).rejects.toThrow('to have two pods or more, it has 1');
  expect(orders()).toEqual([
    '--context kind --namespace staging get deployment/shop --output jsonpath={.spec.replicas}',
  ]);
});
