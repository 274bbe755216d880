// A registry on this machine with a few small packages, which can be told to misbehave.

import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import { gzipSync } from 'node:zlib';

/** A gzipped tarball in ustar format with `files` under `package/`. */
export function tarball(files) {
  const blocks = [];
  for (const [name, contents] of Object.entries(files)) {
    const body = Buffer.from(contents);
    const header = Buffer.alloc(512);
    header.write(`package/${name}`, 0);
    header.write('0000644\0', 100);
    header.write('0000000\0', 108);
    header.write('0000000\0', 116);
    header.write(`${body.length.toString(8).padStart(11, '0')}\0`, 124);
    header.write('00000000000\0', 136);
    header.write('        ', 148);
    header.write('0', 156);
    header.write('ustar\0' + '00', 257);
    const sum = header.reduce((total, byte) => total + byte, 0);
    header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
    blocks.push(header, body, Buffer.alloc((512 - (body.length % 512)) % 512));
  }
  return gzipSync(Buffer.concat([...blocks, Buffer.alloc(1024)]));
}

/** Manifests of the registry's packages. */
const PACKAGES = [
  { name: 'top', version: '1.0.0', dependencies: { middle: '^1.0.0', leaf: '^2.0.0' } },
  { name: 'middle', version: '1.2.0', dependencies: { leaf: '^1.0.0' } },
  { name: 'leaf', version: '1.5.0', bin: { leaf: './cli.js' } },
  { name: 'leaf', version: '2.0.0', bin: { leaf: './cli.js' } },
  { name: 'wants-old-leaf', version: '1.0.0', peerDependencies: { leaf: '^1.0.0' } },
];

/** The files of a package, by manifest. */
function filesOf(manifest) {
  return {
    'package.json': JSON.stringify(manifest),
    'cli.js': `#!/usr/bin/env node\r\nconsole.log('leaf', ${JSON.stringify(manifest.version)}, ...process.argv.slice(2))\n`,
    'index.js': `exports.name = ${JSON.stringify(manifest.name)};\n`,
  };
}

/**
 * Starts it. `faults` maps the path of a request to a handler `(request, response, tarball)` that answers instead; `requests` lists the
 * paths asked for, `tarballs()` those of tarballs among them.
 */
export function startRegistry() {
  const faults = new Map();
  const tarballs = new Map();
  const packuments = new Map();
  for (const manifest of PACKAGES) {
    const { name, version } = manifest;
    const bytes = tarball(filesOf(manifest));
    const file = `/${name}/-/${name}-${version}.tgz`;
    tarballs.set(file, bytes);
    const packument = packuments.get(name) ?? { name, 'dist-tags': {}, versions: {} };
    packument['dist-tags'].latest = version;
    // Another host than the one asked: packuments of a mirror name the registry that it mirrors.
    packument.versions[version] = { ...manifest, dist: { tarball: `http://registry.invalid${file}`, integrity: `sha512-${createHash('sha512').update(bytes).digest('base64')}` } };
    packuments.set(name, packument);
  }
  const requests = [];
  const server = createServer((request, response) => {
    requests.push(request.url);
    const fault = faults.get(request.url);
    if (fault) return fault(request, response, tarballs.get(request.url));
    const packument = packuments.get(decodeURIComponent(request.url.slice(1)));
    if (packument) {
      const text = JSON.stringify(packument);
      const etag = `"${createHash('sha1').update(text).digest('hex')}"`;
      if (request.headers['if-none-match'] === etag) response.writeHead(304, { etag }).end();
      else response.writeHead(200, { 'content-type': 'application/json', etag }).end(text);
    } else if (tarballs.has(request.url)) {
      response.writeHead(200, { 'content-type': 'application/octet-stream' }).end(tarballs.get(request.url));
    } else {
      response.writeHead(404).end('{}');
    }
  });
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve({
      url: `http://127.0.0.1:${server.address().port}/`,
      faults,
      requests,
      tarballs: () => requests.filter((url) => url.endsWith('.tgz')),
      close: () => { server.closeAllConnections(); server.close(); },
    }));
  });
}
