/** Parts of paths, as text and as bytes: a name need not be UTF-8. */

const SLASH = 0x2f;

/** The path of an entry. */
export function joinBytes(directory: Uint8Array, name: Uint8Array): Uint8Array {
  const slash = directory[directory.length - 1] === SLASH ? 0 : 1;
  const path = new Uint8Array(directory.length + slash + name.length);
  path.set(directory);
  path[directory.length] = SLASH;
  path.set(name, directory.length + slash);
  return path;
}

/** The path without its last component; itself for `/` and for a single relative name. */
export function parentOf(path: string): string {
  const end = trimSlashes(path);
  const slash = end.lastIndexOf('/');
  if (slash < 0) return path;
  return slash === 0 ? '/' : trimSlashes(end.slice(0, slash));
}

/** The path without slashes at its end (`/` stays). */
export function trimSlashes(path: string): string {
  let end = path.length;
  while (end > 1 && path[end - 1] === '/') end--;
  return path.slice(0, end);
}
