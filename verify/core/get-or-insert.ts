/**
 * Returns the value of a key. If the map does not have the key, makes a value and inserts it first. Node 24
 * and k6 do not have `Map.getOrInsertComputed`, which does the same.
 */
export function getOrInsert<K, V>(
  map: { get(key: K): V | undefined; set(key: K, value: V): unknown },
  key: K,
  make: () => V,
): V {
  let value = map.get(key);
  if (value === undefined) {
    value = make();
    map.set(key, value);
  }
  return value;
}
