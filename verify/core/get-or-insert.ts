/**
 * Returns the value of a key. If the map has none, makes it and inserts it first. (`Map.getOrInsertComputed`, which
 * neither Node 24 nor k6 has.)
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
