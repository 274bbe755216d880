const unused = 1;

export function twice(x) {
  if (x == NaN) return undefinedName;
  return 2 * x;
}
