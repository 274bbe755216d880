module.exports = { double: (n) => n * 2, fail() { throw new TypeError('task failed'); } };
