/** Tests with a fake kubectl, which records its arguments and responds as kubectl's documentation says. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Bench } from './testing/try.ts';

/** The fake kubectl. It lists the pods `old-1` and `old-2` until a rollout or a deletion. */
const STAND_IN = `
case "$*" in
  *spec.replicas*|*status.replicas*) cat replicas ;;
  *matchLabels*) echo '{"app":"shop","tier":"web"}' ;;
  *"get pods"*) cat pods ;;
  *"rollout restart"*) printf 'u1 old-1 web 2026-01-01T00:00:00Z a\\nu3 new-1 web  a\\nu4 new-2 web  b\\n' >pods ;;
  *"delete pod"*|*drain*) printf 'u1 old-1 web 2026-01-01T00:00:00Z a\\nu2 old-2 web  b\\n' >pods ;;
  *eviction*) cat >eviction; printf 'u2 old-2 web  b\\n' >pods ;;
  *unschedulable*) cat cordoned ;;
  *scale*) echo "$*" | sed 's/.*--replicas=//' >replicas ;;
esac
`;

let bench: Bench;
beforeEach(() => {
  bench = new Bench();
  const files = { pods: 'u1 old-1 web  a\nu2 old-2 web  b\n', cordoned: '', replicas: '2\n' };
  bench.standIn('kubectl', STAND_IN, files);
});
afterEach(() => bench.remove());

const shop = (more: object = {}) => ({
  shop: { kubernetes: { deployment: 'shop', ...more }, within: '90s' },
});

const SELECTOR = 'get deployment/shop --output jsonpath={.spec.selector.matchLabels}';
const PODS =
  'get pods --selector app=shop,tier=web --output jsonpath={range .items[*]}{.metadata.uid} {.metadata.name} ' +
  '{.metadata.namespace} {.metadata.deletionTimestamp} {.spec.nodeName}{"\\n"}{end}';
const SETTLED = 'rollout status deployment/shop --timeout=90s';

it('rollout-restart waits for the rollout, and has taken effect when none of the old pods is left', async () => {
  const { bit, did, heal } = await bench.inject(shop(), 'shop-rollout-restart');
  expect([bit, did]).toEqual([true, '2 pods replaced by 2']);
  await heal();
  const restart = 'rollout restart deployment/shop';
  expect(bench.commands()).toEqual([SELECTOR, PODS, restart, SETTLED, SELECTOR, PODS, SETTLED]);
});

it('delete-pod deletes one, and waits for its successor', async () => {
  const { heal, did } = await bench.inject(shop(), 'shop-delete-pod', 3);
  await heal();
  const [name = ''] = /old-\d/.exec(did ?? '') ?? [];
  const given = bench.commands();
  expect(given.slice(0, 3)).toEqual([SELECTOR, PODS, `delete pod ${name} --wait=false`]);
  expect(given.at(-1)).toBe(SETTLED);
});

it('evict-pod asks for the eviction of one, and waits for its successor', async () => {
  const { bit, did, heal } = await bench.inject(shop({ do: ['evict-pod'] }), 'shop-evict-pod', 3);
  await heal();
  expect([bit, did]).toEqual([true, 'old-1 evicted']);
  expect(bench.commands()).toContain('create --raw /api/v1/namespaces/web/pods/old-1/eviction --filename -');
  expect(JSON.parse(readFileSync(join(bench.folder, 'bin', 'eviction'), 'utf8'))).toEqual({
    apiVersion: 'policy/v1',
    kind: 'Eviction',
    metadata: { name: 'old-1', namespace: 'web' },
  });
  expect(bench.commands().at(-1)).toBe(SETTLED);
});

it('drain evicts the pods of one node, and then lets it take pods again', async () => {
  const { bit, did, heal } = await bench.inject(shop({ do: ['drain'] }), 'shop-drain', 3);
  expect([bit, did]).toEqual([true, '1 of 1 pod evicted from a']);
  await heal();
  expect(bench.commands()).toContain(
    'drain a --pod-selector app=shop,tier=web --ignore-daemonsets --delete-emptydir-data --timeout=45s',
  );
  expect(bench.commands().slice(-2)).toEqual(['uncordon a', SETTLED]);
});

it('drain refuses a node that is cordoned already, because it would take pods afterwards', async () => {
  bench.put('cordoned', 'true');
  await expect(bench.inject(shop({ do: ['drain'] }), 'shop-drain', 3)).rejects.toThrow(
    'expected a node that takes pods, but a is cordoned: run kubectl uncordon a',
  );
  expect(bench.commands().join()).not.toMatch(/drain|,uncordon/);
});

it.each([
  ['scale-out', 3],
  ['scale-in', 1],
])('%s scales, and back', async (action, replicas) => {
  const { bit, did, heal } = await bench.inject(shop(), `shop-${action}`);
  expect([bit, did]).toEqual([true, `scaled from 2 to ${replicas}`]);
  await heal();
  expect(bench.commands()).toEqual([
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
  bench.put('replicas', '1\n');
  await expect(bench.inject(there, 'shop-scale-in')).rejects.toThrow('to have two pods or more, it has 1');
  expect(bench.commands()).toEqual([
    '--context kind --namespace staging get deployment/shop --output jsonpath={.spec.replicas}',
  ]);
});
