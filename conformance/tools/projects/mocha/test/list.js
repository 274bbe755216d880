const assert = require('node:assert');

describe('a list', () => {
  it('knows its length', () => assert.strictEqual([1, 2].length, 2));
  it('waits', (done) => { setTimeout(done, 10); });
});
