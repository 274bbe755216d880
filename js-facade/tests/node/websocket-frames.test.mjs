// Frames of WebSocket clients, written by the package ws, however they are cut.

import assert from 'node:assert/strict';
import { Duplex } from 'node:stream';
import { test } from 'node:test';
import { Receiver, Sender } from 'ws';
import { loadSource } from '../load-source.mjs';

const { BINARY, CLOSE, FrameReader, PING, TEXT, encodeFrame } = await loadSource('host/websocket-frames.ts');

/** What a client of `ws` writes while `act` works its sender. */
async function written(act) {
  const parts = [];
  const sender = new Sender(new Duplex({ read() {}, write(chunk, encoding, done) { parts.push(chunk); done(); } }), {});
  act(sender);
  await new Promise((resolve) => setImmediate(resolve));
  return Buffer.concat(parts);
}

function readAll(bytes, size, limit = 1 << 20) {
  const reader = new FrameReader(limit);
  const messages = [];
  for (let at = 0; at < bytes.length; at += size) {
    reader.push(bytes.subarray(at, at + size));
    for (let message = reader.next(); message !== null; message = reader.next()) messages.push([message.opcode, Buffer.from(message.payload).toString()]);
  }
  return messages;
}

const options = { mask: true, fin: true, binary: false };

test('messages come out whole, however the bytes are cut', async () => {
  const long = 'z'.repeat(70_000);
  const bytes = await written((sender) => {
    sender.send('one', options);
    sender.send('two', { ...options, binary: true });
    sender.send('th', { ...options, fin: false });
    sender.ping('ping', true);
    sender.send('ree', options);
    sender.send('y'.repeat(126), options);
    sender.send(long, options);
    sender.close(1000, 'bye', true);
  });
  const expected = [[TEXT, 'one'], [BINARY, 'two'], [PING, 'ping'], [TEXT, 'three'], [TEXT, 'y'.repeat(126)], [TEXT, long], [CLOSE, '\x03\ufffdbye']];
  for (const size of [1, 2, 3, 7, 1000, bytes.length]) assert.deepEqual(readAll(bytes, size), expected, `pieces of ${size}`);
});

test('what breaks the protocol is refused', async () => {
  const unmasked = await written((sender) => sender.send('x', { ...options, mask: false }));
  const refused = (bytes, limit) => {
    try { readAll(Buffer.from(bytes), bytes.length, limit); } catch (error) { return error.code; }
  };
  assert.equal(refused(unmasked), 1002);
  assert.equal(refused([0xc1, 0x80, 0, 0, 0, 0]), 1002, 'a reserved bit');
  assert.equal(refused([0x83, 0x80, 0, 0, 0, 0]), 1002, 'a reserved opcode');
  assert.equal(refused([0x09, 0x80, 0, 0, 0, 0]), 1002, 'a fragment of a ping');
  assert.equal(refused([0x80, 0x80, 0, 0, 0, 0]), 1002, 'a continuation of nothing');
  assert.equal(refused([0x82, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0]), 1009);
  assert.equal(refused(await written((sender) => sender.send('x'.repeat(101), options)), 100), 1009);
});

test('ws reads our frames', async () => {
  const receiver = new Receiver({ isServer: false });
  const messages = [];
  receiver.on('message', (data, isBinary) => messages.push([isBinary ? BINARY : TEXT, data.length]));
  for (const size of [0, 125, 126, 65_535, 65_536]) receiver.write(encodeFrame(size % 2 ? TEXT : BINARY, new Uint8Array(size).fill(120)));
  await new Promise((resolve) => setTimeout(resolve, 50));
  assert.deepEqual(messages, [[BINARY, 0], [TEXT, 125], [BINARY, 126], [TEXT, 65_535], [BINARY, 65_536]]);
});
