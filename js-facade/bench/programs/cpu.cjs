// Parses, writes, sorts, searches and groups records, each as often as a time allows.

const RECORDS = 20_000;
const ROUNDS = 3;
const ROUND_MS = 250;

// Numbers of a fixed seed (a linear congruence), so that both engines get the same data.
let seed = 42;
const random = (below) => {
  seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
  return (seed >>> 8) % below;
};

const words = Array.from({ length: 500 }, () => Array.from({ length: 3 + random(8) }, () => String.fromCharCode(97 + random(26))).join(''));
const text = (count) => Array.from({ length: count }, () => words[random(words.length)]).join(' ');
const records = Array.from({ length: RECORDS }, (_, id) => ({
  id,
  name: text(2),
  email: `${text(1)}@${text(1)}.example`,
  score: random(1_000_000) / 1000,
  active: random(2) === 1,
  tags: [text(1), text(1), text(1)],
  address: { street: text(2), city: text(1), position: { x: random(1000), y: random(1000) } },
  note: random(4) === 0 ? null : text(12),
}));
const json = JSON.stringify(records);
const megabytes = json.length / 1e6;

const work = {
  'JSON.parse': { unit: 'MB/s', amount: megabytes, run: () => JSON.parse(json).length === RECORDS },
  'JSON.stringify': { unit: 'MB/s', amount: megabytes, run: () => JSON.stringify(records).length === json.length },
  'sort by name and score': {
    unit: 'k records/s',
    amount: RECORDS / 1000,
    run: () => records.toSorted((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : a.score - b.score)).length === RECORDS,
  },
  'RegExp over text': {
    unit: 'MB/s',
    amount: megabytes,
    run: () => {
      let found = 0;
      for (const { groups } of json.matchAll(/"email":"(?<user>[a-z]+)@(?<host>[a-z.]+)"/g)) if (groups.user && groups.host) found++;
      return found === RECORDS && json.replace(/\b[aeiou]\w*/g, (word) => word.toUpperCase()).length === json.length;
    },
  },
  'group in a Map': {
    unit: 'k records/s',
    amount: RECORDS / 1000,
    run: () => {
      const groups = new Map();
      for (const record of records) {
        for (const tag of record.tags) {
          const group = groups.get(tag);
          if (group) group.push(record.id);
          else groups.set(tag, [record.id]);
        }
      }
      let members = 0;
      for (const ids of groups.values()) members += new Set(ids).size;
      return groups.size > 0 && members <= 3 * RECORDS;
    },
  },
};

/** Milliseconds of one run, in the best of the rounds. */
function fastest(name, run) {
  let best = Infinity;
  // The first round warms up.
  for (let round = 0; round <= ROUNDS; round++) {
    const begin = performance.now();
    let count = 0;
    let elapsed;
    do {
      if (!run()) throw new Error(`${name}: wrong result`);
      count++;
      elapsed = performance.now() - begin;
    } while (elapsed < ROUND_MS);
    if (round > 0) best = Math.min(best, elapsed / count);
  }
  return best;
}

const figures = [];
let together = 0;
for (const [name, { unit, amount, run }] of Object.entries(work)) {
  const milliseconds = fastest(name, run);
  together += milliseconds;
  figures.push({ name, value: amount / milliseconds * 1000, unit, better: 'more' });
}
figures.push({ name: 'the five together', value: 1000 / together, unit: '/s', better: 'more' });
console.log(JSON.stringify(figures));
