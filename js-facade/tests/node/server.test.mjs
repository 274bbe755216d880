// What the server behind `wosix serve` and `wosix exec` refuses, and what an export may write.

import assert from 'node:assert/strict';
import { existsSync, lstatSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { createServer, request } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { loadSource } from '../load-source.mjs';

/** Status, headers and text of one GET; the path is sent as it is, without what a URL parser would tidy. */
function get(port, target, headers = {}) {
  return new Promise((resolve, reject) => {
    request({ host: '127.0.0.1', port, path: target, headers: { host: `wosix.localhost:${port}`, ...headers } }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk) => (text += chunk)).on('end', () => resolve({ status: response.statusCode, headers: response.headers, text }));
    }).on('error', reject).end();
  });
}

describe('the server', () => {
  let registry, server;
  before(async () => {
    const { startServer } = await loadSource('cli/server.ts');
    registry = createServer((incoming, response) => response.end(`${incoming.headers.authorization} ${incoming.url}`));
    await new Promise((resolve) => registry.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${registry.address().port}/npm/`;
    server = await startServer({ registry: { url, authorization: 'Bearer secret' }, anyPort: true, root: 'ide' });
  });
  after(async () => {
    await server?.close();
    registry?.close();
  });

  test('knows no foreign host name', async () => {
    for (const host of ['example.com', 'localhost.example.com', 'notlocalhost']) assert.equal((await get(server.port, '/', { host })).status, 421, host);
  });

  test('proxies the registry, with credentials, for pages of its own origin only', async () => {
    for (const site of ['cross-site', 'same-site']) {
      const { status, text } = await get(server.port, '/-/registry/private', { 'sec-fetch-site': site });
      assert.equal(status, 403, site);
      assert.doesNotMatch(text, /secret/);
    }
    const own = await get(server.port, '/-/registry/private?x=1', { 'sec-fetch-site': 'same-origin' });
    assert.deepEqual([own.status, own.text], [200, 'Bearer secret /npm/private?x=1']);
    assert.equal(own.headers['cross-origin-resource-policy'], 'same-origin');
  });

  test('the credentials go nowhere but below the registry', async () => {
    for (const target of ['/-/registry/../admin', '/-/registry/%2e%2e/admin', '/-/registry//example.com/x', '/-/registry/http://example.com/x']) {
      const { text } = await get(server.port, target);
      assert.ok(!text.startsWith('Bearer') || text.startsWith('Bearer secret /npm/'), `${target}: ${text}`);
    }
  });

  test('serves nothing outside its folder, and says when a path makes no sense', async () => {
    for (const target of ['/wosix/..%2f..%2f..%2fetc%2fpasswd', '/wosix/%2e%2e/package.json', '/..%2f..%2fetc/passwd', '/wosix/a%00b']) {
      assert.equal((await get(server.port, target)).status, 404, target);
    }
    assert.equal((await get(server.port, '/wosix/%zz')).status, 400);
  });

  test('lets pages of this machine frame /headless, and nobody the page itself', async () => {
    const policy = async (target) => (await get(server.port, target)).headers['content-security-policy'];
    assert.match(await policy('/headless'), /^frame-ancestors http:\/\/localhost:\* /);
    for (const target of ['/', '/wosix/pages/headless.html']) assert.equal(await policy(target), "frame-ancestors 'self'", target);
  });
});

test('an export is not led elsewhere by a link that an earlier one left', async () => {
  const { TreeWriter } = await loadSource('cli/host-tree.ts');
  const folder = mkdtempSync(path.join(tmpdir(), 'wosix-export-test-'));
  try {
    const target = path.join(folder, 'target');
    const outside = path.join(folder, 'outside');
    for (const made of [target, outside]) mkdirSync(made);
    symlinkSync(outside, path.join(target, 'sub'));
    const writer = new TreeWriter(target, 'name');
    await writer.entry({ path: 'sub', type: 'directory', mode: 0o755 });
    await writer.entry({ path: 'sub/file', type: 'file', mode: 0o644, size: 4, mtimeMs: 0 });
    await writer.contents(Buffer.from('text'));
    await writer.finish();
    assert.equal(existsSync(path.join(outside, 'file')), false);
    assert.equal(lstatSync(path.join(target, 'sub')).isDirectory(), true);
    assert.equal(readFileSync(path.join(target, 'sub/file'), 'utf8'), 'text');
    await assert.rejects(writer.entry({ path: 'sub/../../x', type: 'directory', mode: 0o755 }), /cannot export/);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
