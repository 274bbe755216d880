// The parts of facade, host and command line that need no browser.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadSource } from '../load-source.mjs';

test('encodings are those of Buffer', async () => {
  const { encode, decode } = await loadSource('api/encoding.ts');
  const bytes = Uint8Array.from({ length: 256 }, (_, i) => (i * 7) & 0xff);
  for (const encoding of ['ascii', 'utf8', 'utf-8', 'utf16le', 'ucs2', 'ucs-2', 'base64', 'base64url', 'latin1', 'binary', 'hex']) {
    assert.equal(decode(bytes, encoding), Buffer.from(bytes).toString(encoding), `decode ${encoding}`);
    for (const text of ['', 'plain', 'grüße €', 'aGVsbG8', 'aGVsbG8=', 'a-_b', '0aFF', '0az', '0af']) {
      assert.deepEqual([...encode(text, encoding)], [...Buffer.from(text, encoding)], `encode ${JSON.stringify(text)} as ${encoding}`);
    }
  }
  assert.throws(() => encode('x', 'rot13'), { code: 'ERR_UNKNOWN_ENCODING' });
});

test('a bad tree is refused with the place named', async () => {
  const { checkTree } = await loadSource('api/tree.ts');
  checkTree({ a: { directory: { 'b.js': { file: { contents: '' } }, l: { file: { symlink: 'b.js' } }, x: { file: { contents: new Uint8Array(1) } } } } });
  const cases = [
    [null, /'\/'.*found null/],
    ['text', /'\/'.*found string/],
    [{ a: { directory: { b: { file: { contents: 7 } } } } }, /'\/a\/b': contents must be a string or a Uint8Array, found number/],
    [{ a: {} }, /'\/a': expected \{file\} or \{directory\}/],
    [{ a: { file: null } }, /'\/a'.*found null/],
    [{ 'a/b': { directory: {} } }, /"a\/b" is not a file name/],
    [{ '..': { directory: {} } }, /"\.\." is not a file name/],
    [{ a: { file: { symlink: '' } } }, /symlink must be a non-empty string/],
    [{ a: { file: { contents: '' }, directory: {} } }, /both a file and a directory/],
  ];
  for (const [tree, message] of cases) assert.throws(() => checkTree(tree), (error) => error.code === 'ERR_INVALID_TREE' && message.test(error.message));
});

test('snapshots are read from JSON and MessagePack', async () => {
  const { parseSnapshot } = await loadSource('api/snapshot.ts');
  const json = new TextEncoder().encode('{"d":{"a":{"d":{"b":{"f":{"c":"\u00ff","b":true}}}},"t":{"f":{"c":"€"}},"l":{"f":{"l":"a/b"}}}}');
  const tree = parseSnapshot(json);
  assert.deepEqual([...tree.a.directory.b.file.contents], [0xff]);
  assert.equal(tree.t.file.contents, '€');
  assert.equal(tree.l.file.symlink, 'a/b');
  // {"d":{"x":{"f":{"c":<bin 1 2>}}}}
  const packed = Uint8Array.of(0x81, 0xa1, 0x64, 0x81, 0xa1, 0x78, 0x81, 0xa1, 0x66, 0x81, 0xa1, 0x63, 0xc4, 2, 1, 2);
  assert.deepEqual([...parseSnapshot(packed).x.file.contents], [1, 2]);
  assert.throws(() => parseSnapshot(packed.subarray(0, 14)), /ends in the middle/);
  assert.throws(() => parseSnapshot(Uint8Array.of(0x50, 0x4b)), /neither JSON nor MessagePack/);
});

test('paths of the public API stay inside the working directory', async () => {
  const { resolveInside } = await loadSource('host/processes.ts');
  const root = '/home/app';
  for (const [given, expected] of [
    ['x', '/home/app/x'], ['/x', '/home/app/x'], ['.', root], ['/', root], ['', root], ['../../etc', '/home/app/etc'],
    ['/home/app/x', '/home/app/x'], ['/home/app', root], ['a/./b//c/..', '/home/app/a/b'],
  ]) assert.equal(resolveInside(root, given), expected, given);
});

test('cookies are kept by path and expire', async () => {
  const { CookieJar } = await loadSource('host/cookies.ts');
  const jar = new CookieJar();
  jar.store('a=1', '/x/login', 0);
  jar.store('b=2; Path=/; HttpOnly; Max-Age=10', '/x/login', 0);
  jar.store('c=3; Path=/other', '/', 0);
  assert.equal(jar.header('/x/page', 1), 'a=1; b=2');
  assert.equal(jar.header('/xy', 1), 'b=2');
  assert.equal(jar.header('/other/deep', 1), 'c=3; b=2');
  assert.equal(jar.header('/x/page', 10_001), 'a=1');
  jar.store('a=; Max-Age=0', '/x/login', 1);
  assert.equal(jar.header('/x/page', 10_001), undefined);
});

test('HTML goes in at the start of the head, however the page is cut', async () => {
  const { HtmlInjector } = await loadSource('host/html-injector.ts');
  const inject = (page, size) => {
    const injector = new HtmlInjector('[!]');
    const bytes = new TextEncoder().encode(page);
    const out = [];
    for (let i = 0; i < bytes.length; i += size) out.push(...injector.push(bytes.slice(i, i + size)));
    return new TextDecoder().decode(Uint8Array.from([...out, ...injector.finish()]));
  };
  for (const size of [1, 3, 1000]) {
    assert.equal(inject('<!doctype html><html><head lang="ü"><title>ü</title>', size), '<!doctype html><html><head lang="ü">[!]<title>ü</title>');
    assert.equal(inject('<!DOCTYPE html>\n<p>x', size), '<!DOCTYPE html>[!]\n<p>x');
    assert.equal(inject('plain', size), '[!]plain');
  }
  assert.equal(HtmlInjector.applies([['Content-Type', 'text/html; charset=utf-8']]), true);
  assert.equal(HtmlInjector.applies([]), false);
  assert.equal(HtmlInjector.applies([['content-type', 'text/html'], ['content-encoding', 'br']]), false);
});

test('globs of export', async () => {
  const { matcher } = await loadSource('host/trees.ts');
  assert.equal(matcher([], true)('x'), true);
  const match = matcher(['**/*.js', 'docs', './a?c'], false);
  for (const path of ['x.js', 'a/b/x.js', 'docs', 'docs/x/y', 'abc']) assert.equal(match(path), true, path);
  for (const path of ['x.jsx', 'adocs', 'a/c']) assert.equal(match(path), false, path);
});

test('arguments of the command line', async () => {
  const { parseArguments, UsageError } = await loadSource('cli/options.ts');
  assert.deepEqual(
    parseArguments(['exec', '--browser=firefox', '--mount', '/a:/b', '--mount', 'c', '--export', 'out:/x', '--timeout', '2.5', '--', 'node', '--mount']),
    {
      command: 'exec', browser: 'firefox', mounts: [{ hostDir: '/a', path: '/b' }, { hostDir: 'c', path: undefined }],
      exports: [{ path: 'out', hostDir: '/x' }], timeoutSeconds: 2.5, verbose: false, argv: ['node', '--mount'],
    },
  );
  assert.deepEqual(parseArguments(['exec', 'echo', '-n']).argv, ['echo', '-n']);
  assert.equal(parseArguments(['serve', '.', '--port', '8080']).port, 8080);
  assert.match(parseArguments(['exec', '--node', 'v26', 'node']).node, /^26\.\d+\.\d+$/);
  assert.throws(() => parseArguments(['exec', '--node', '22', 'node']), { name: 'Error', message: /there is no Node '22': choose 24 \(24\.[\d.]+\) or 26 / });
  for (const bad of [[], ['run'], ['exec'], ['exec', '--browser', 'lynx', '--', 'x'], ['exec', '--timeout', '0', '--', 'x'], ['exec', '--mount', 'a:b', '--', 'x'],
    ['exec', '--export', 'x', '--', 'x'], ['exec', '--verbose=1', '--', 'x'], ['serve', 'a', 'b'], ['serve', '--port', '70000'], ['exec', '--mount']]) {
    assert.throws(() => parseArguments(bad), UsageError, bad.join(' '));
  }
});

test('names of Node versions', async () => {
  const { NODE_VERSIONS, findNode, requireNode } = await loadSource('api/node-version.ts');
  const [node24, node26] = NODE_VERSIONS.map(({ version }) => version);
  for (const name of ['24', 'v24', '24.1.0', '24.x', 'lts/*', 'lts/krypton', 'lts/Krypton', ' 24\n']) assert.equal(findNode(name), node24, name);
  for (const name of ['26', 'v26.1.0', 'node', 'current', 'latest']) assert.equal(findNode(name), node26, name);
  for (const name of ['', '22', 'lts/iron', 'iojs', '>=24', '24beta']) assert.equal(findNode(name), undefined, name);
  assert.equal(requireNode(26), node26);
  assert.throws(() => requireNode(27), RangeError);
});

test('snapshots and archives hold the whole tree', async () => {
  const { encodeJson, encodeMessagePack, parseSnapshot } = await loadSource('api/snapshot.ts');
  const { writeZip } = await loadSource('api/zip.ts');
  const bytes = (length) => Uint8Array.from({ length }, (_, i) => (i * 31) & 0xff);
  const many = Object.fromEntries(Array.from({ length: 70_000 }, (_, i) => [`f${i}`, { file: { contents: bytes(1) } }]));
  const tree = {
    'grüße €.bin': { file: { contents: bytes(300) } },
    ['n'.repeat(255)]: { file: { contents: bytes(70_000) } },
    empty: { directory: {} },
    folder: { directory: { link: { file: { symlink: '../grüße €.bin' } }, none: { file: { contents: new Uint8Array(0) } }, twenty: { directory: Object.fromEntries(Object.entries(many).slice(0, 20)) } } },
  };
  const plain = (folder) => Object.fromEntries(Object.entries(folder).map(([name, node]) => [name, 'directory' in node ? { directory: plain(node.directory) } : node]));
  assert.deepEqual(plain(parseSnapshot(encodeJson(tree))), tree);
  assert.deepEqual(plain(parseSnapshot(encodeMessagePack({ ...tree, many: { directory: many } }))), { ...tree, many: { directory: many } });
  assert.deepEqual(plain(parseSnapshot(await writeZip(tree))), tree);
  assert.deepEqual(plain(parseSnapshot(await writeZip({}))), {});
  assert.throws(() => parseSnapshot(Uint8Array.of(0x50, 0x4b, 3, 4, 0, 0)), /Invalid snapshot/);
  assert.throws(() => parseSnapshot(new TextEncoder().encode('text')), /Invalid snapshot/);
});
