// Node on a terminal: what its streams say of themselves, resizing, raw mode, the line discipline, the prompt of readline.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { eachBrowser } from './harness.mjs';

/**
 * Runs a program on a terminal; `steps` are `[text to wait for, action]`: a string is typed, an object is a new size.
 * Answers `{output, code}`.
 */
function onTerminal(page, program, steps = []) {
  return page.evaluate(async (program, steps) => {
    const process = await container.spawn('node', ['-e', program], { terminal: { cols: 40, rows: 10 } });
    const input = process.input.getWriter();
    let output = '';
    let at = 0;
    const reading = process.output.pipeTo(new WritableStream({
      async write(text) {
        output += text;
        while (steps.length > 0) {
          const found = output.indexOf(steps[0][0], at);
          if (found < 0) break;
          const [awaited, action] = steps.shift();
          at = found + awaited.length;
          if (typeof action === 'string') await input.write(action);
          else process.resize(action);
        }
      },
    }));
    const code = await process.exit;
    await reading;
    return { output, code };
  }, program, steps);
}

eachBrowser('node on a terminal', (context) => {
  let page;
  before(async () => { page = await context.container(); });
  after(() => page?.close());

  test('the streams are terminals of its size', async () => {
    const program = `const { stdin, stdout, stderr } = process;
      console.log(stdin.isTTY, stdout.isTTY, stderr.isTTY, stdin.isRaw, stdout.columns, stdout.rows, stdout.getWindowSize(), stdin.constructor.name, stdout.constructor.name, stdout.hasColors())`;
    const { output, code } = await onTerminal(page, program);
    assert.match(output.replace(/\u001b\[\d+m/g, ''), /^true true true false 40 10 \[ 40, 10 \] ReadStream WriteStream (?:true|false)\r\n$/);
    assert.equal(code, 0);
  });

  test('a resize is an event', async () => {
    const program = `process.stdout.on('resize', () => { console.log(process.stdout.columns + 'x' + process.stdout.rows); process.exit() }); setInterval(() => {}, 1000); console.log('ready')`;
    assert.equal((await onTerminal(page, program, [['ready', { cols: 100, rows: 30 }]])).output, 'ready\r\n100x30\r\n');
  });

  test('lines are echoed, edited and handed over whole; ^D ends the input', async () => {
    const program = `process.stdin.setEncoding('utf8').on('data', (text) => console.log(JSON.stringify(text))).on('end', () => console.log('end')); console.log('ready')`;
    const { output } = await onTerminal(page, program, [['ready', 'ax\x7fb\r'], ['"ab\\n"', '\x04']]);
    assert.match(output, /^ready\r\nax\x08 \x08b\r\n"ab\\n"\r\nend\r\n$/);
  });

  test('raw mode hands over every key at once, without echo', async () => {
    const program = `process.stdin.setRawMode(true); process.stdin.on('data', (key) => { console.log(key); if (key[0] === 3) { process.stdin.setRawMode(false); process.exit(5) } }); console.log('ready', process.stdin.isRaw)`;
    const { output, code } = await onTerminal(page, program, [['ready', 'a'], ['61>', '\x1b[A'], ['41>', '\x03']]);
    assert.equal(output.replace(/\u001b\[\d+m/g, ''), 'ready true\r\n<Buffer 61>\r\n<Buffer 1b 5b 41>\r\n<Buffer 03>\r\n');
    assert.equal(code, 5);
  });

  test('^C interrupts, or is caught', async () => {
    const { code } = await onTerminal(page, `setInterval(() => {}, 1000); console.log('ready')`, [['ready', '\x03']]);
    assert.equal(code, 130);
    const caught = await onTerminal(page, `process.on('SIGINT', () => { console.log('caught'); process.exit(4) }); setInterval(() => {}, 1000); console.log('ready')`, [['ready', '\x03']]);
    assert.match(caught.output, /caught/);
    assert.equal(caught.code, 4);
  });

  test('readline asks a question', async () => {
    const program = `const rl = require('readline').createInterface({ input: process.stdin, output: process.stdout }); rl.question('name? ', (name) => { console.log('hello ' + name); rl.close() })`;
    const { output, code } = await onTerminal(page, program, [['name? ', 'me\r']]);
    assert.match(output, /name\? .*me\r+\nhello me\r\n$/s);
    assert.equal(code, 0);
  });

  test('the REPL evaluates', { timeout: 20_000 }, async () => {
    const { output, code } = await page.evaluate(async () => {
      const process = await container.spawn('node', [], { terminal: { cols: 80, rows: 24 } });
      const input = process.input.getWriter();
      let output = '';
      let step = 0;
      const reading = process.output.pipeTo(new WritableStream({
        async write(text) {
          output += text;
          if (step === 0 && output.includes('> ')) { step = 1; await input.write('6 * 7\r'); }
          else if (step === 1 && output.includes('42')) { step = 2; await input.write('.exit\r'); }
        },
      }));
      const code = await process.exit;
      await reading;
      return { output, code };
    });
    assert.match(output, /Welcome to Node\.js v24\.21\.0/);
    assert.match(output, /42/);
    assert.equal(code, 0);
  });
});
