module.exports = { mode: 'production', entry: './src/index.js', target: 'node', output: { filename: 'main.js' } };
