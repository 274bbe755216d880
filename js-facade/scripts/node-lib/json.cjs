// JSON for constants, one of which is infinite.

/** As `JSON.stringify`, with infinity (`zlib.constants.Z_MAX_CHUNK`) as a number that `JSON.parse` rounds to it. */
exports.stringify = (value) =>
  JSON.stringify(value, (_key, item) => (item === Infinity ? '\0Infinity' : item)).replaceAll('"\\u0000Infinity"', '1e999');
