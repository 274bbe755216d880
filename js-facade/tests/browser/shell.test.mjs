// jsh in a real container: pipes, redirections and exit codes through the kernel, and what a person at the terminal sees.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { eachBrowser, run } from './harness.mjs';

const PROMPT = '❯ ';
const ANSI = /\x1b(?:\[[0-9;?]*[ -/]*[@-~]|\][^\x07]*\x07|[=>])/g;

/** An interactive shell in the page, typed at from here. */
class Terminal {
  static async open(page, args = [], terminal = { cols: 80, rows: 24 }, env = {}) {
    await page.evaluate(async (args, terminal, env) => {
      const process = await container.spawn('jsh', args, { terminal, env });
      globalThis.terminal = { process, writer: process.input.getWriter(), output: '', code: null };
      const { terminal: state } = globalThis;
      void process.output.pipeTo(new WritableStream({ write: (text) => void (state.output += text) }));
      void process.exit.then((code) => { state.code = code; });
    }, args, terminal, env);
    return new Terminal(page);
  }

  constructor(page) {
    this.page = page;
    this.seen = 0;
  }

  /** Types `text`; answers what is shown from then on until `until` shows up (or the text that a pattern matches). */
  async type(text, until = PROMPT) {
    this.seen = await this.page.evaluate(async (text) => {
      const { output, writer } = terminal;
      await writer.write(text);
      return output.length;
    }, text);
    return this.waitFor(until);
  }

  /** Output since the last {@link type}, without control sequences, once it holds `text`. */
  async waitFor(text) {
    const holds = (shown) => (typeof text === 'string' ? shown.includes(text) : text.test(shown));
    return (await this.poll((raw) => holds(raw.replace(ANSI, '')), text)).replace(ANSI, '');
  }

  /** Output since the last {@link type} once it matches. */
  waitForRaw(pattern) {
    return this.poll((raw) => pattern.test(raw), pattern);
  }

  async poll(holds, what) {
    for (const end = Date.now() + 15_000; ; ) {
      const raw = await this.raw();
      if (holds(raw)) return raw;
      if (Date.now() > end) throw new Error(`waited in vain for ${what}; the terminal shows ${JSON.stringify(raw.slice(-2000))}`);
      await new Promise((resolve) => setTimeout(resolve, 30));
    }
  }

  raw() {
    return this.page.evaluate((seen) => terminal.output.slice(seen), this.seen);
  }

  /** Runs a command line; answers its output alone: what comes between the end of the line's editing and the start of the next one's. */
  async command(line) {
    await this.type(`${line}\r`, '');
    const raw = await this.waitForRaw(/\x1b\[\?2004l[^]*\x1b\[\?2004h[^]*❯/);
    const output = raw.slice(raw.lastIndexOf('\x1b[?2004l'), raw.lastIndexOf('\x1b[?2004h')).replace(ANSI, '');
    // Less the first line of the prompt.
    return output.replaceAll('\r', '').trim().split('\n').slice(0, -1).join('\n');
  }

  resize(cols, rows) {
    return this.page.evaluate((size) => terminal.process.resize(size), { cols, rows });
  }

  exit() {
    return this.page.evaluate(() => terminal.process.exit);
  }
}

/** Commands in the process table, without the asking `ps`. */
async function processes(page) {
  const { stdout } = await run(page, 'ps', []);
  return stdout.split('\n').filter((line) => line && !/\bps\b|PID/.test(line));
}

/** Waits until `ps` shows as many processes as before. */
async function settled(page, before) {
  let now = [];
  for (let i = 0; i < 50; i++) {
    now = await processes(page);
    if (now.length <= before.length) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  assert.fail(`still there:\n${now.join('\n')}`);
}

eachBrowser('shell', (context) => {
  let page;
  before(async () => { page = await context.container(); });
  after(() => page?.close());

  const sh = (script, options) => run(page, 'jsh', ['-c', script], options);

  test('pipes, lists and exit codes', async () => {
    assert.deepEqual(await sh('printf "b\\na\\nb\\n" | sort | uniq -c | tr -s " "; false || echo or; true && echo and; ! true; echo $?'), {
      stdout: ' 1 a\n 2 b\nor\nand\n1\n', stderr: '', code: 0,
    });
    assert.equal((await sh('false | true')).code, 0);
    assert.equal((await sh('set -o pipefail; false | true')).code, 1);
    assert.equal((await sh('(exit 4)')).code, 4);
  });

  test('what cannot be run', async () => {
    assert.deepEqual(await sh('nothing-here'), { stdout: '', stderr: 'jsh: command not found: nothing-here\n', code: 127 });
    assert.deepEqual(await sh('echo x > plain; ./plain'), { stdout: '', stderr: 'jsh: permission denied: ./plain\n', code: 126 });
    const syntax = await sh('echo (');
    assert.equal(syntax.code, 2);
    assert.match(syntax.stderr, /Syntax error/);
  });

  test('redirections and here-documents', async () => {
    assert.deepEqual(await sh('ls nowhere > both 2>&1; echo more >> both; wc -l < both; cat <<< word; cat <<EOF\n$((6 * 7))\nEOF'), {
      stdout: '2\nword\n42\n', stderr: '', code: 0,
    });
    assert.equal((await sh('cat < missing')).code, 1);
    assert.deepEqual(await sh('cat; echo end', { stdin: 'from stdin\n' }), { stdout: 'from stdin\nend\n', stderr: '', code: 0 });
  });

  test('globs, variables, substitutions', async () => {
    assert.deepEqual(await sh('mkdir -p g/d; cd g; touch a.js b.js c.txt; echo *.js [!a]* ; echo "*"; echo $(ls | wc -l) ${PWD##*/}; x=1 node -p process.env.x; echo ~; cd d; cd - > /dev/null; pwd'), {
      stdout: 'a.js b.js b.js c.txt d\n*\n4 g\n1\n/home\n/home/project/g\n', stderr: '', code: 0,
    });
  });

  test('SIGTERM ends a shell and the command that it waits for', async () => {
    const before = await processes(page);
    const code = await page.evaluate(async () => {
      const process = await container.spawn('jsh', ['-c', 'echo up; node -e "setInterval(() => {}, 1000)"; echo not reached']);
      await process.output.getReader().read();
      await new Promise((resolve) => setTimeout(resolve, 300));
      process.kill();
      return process.exit;
    });
    assert.equal(code, 143);
    await settled(page, before);
  });

  test('kill() of npm start leaves nothing running', async () => {
    const before = await processes(page);
    const code = await page.evaluate(async () => {
      await container.fs.mkdir('app', { recursive: true });
      await container.fs.writeFile('app/package.json', JSON.stringify({ name: 'app', version: '1.0.0', scripts: { start: 'node server.js' } }));
      await container.fs.writeFile('app/server.js', 'require("http").createServer().listen(4321, () => console.log("listening"));');
      const process = await container.spawn('npm', ['start'], { cwd: 'app' });
      const reader = process.output.getReader();
      for (let text = ''; !text.includes('listening');) text += (await reader.read()).value;
      process.kill();
      return process.exit;
    });
    assert.notEqual(code, 0);
    await settled(page, before);
  });

  test('a prompt, lines and their exit codes', async () => {
    const terminal = await Terminal.open(page);
    assert.match(await terminal.waitFor(PROMPT), /~\/project/);
    assert.equal(await terminal.command('echo hello'), 'hello');
    assert.equal(await terminal.command('false; echo $?'), '1');
    assert.equal(await terminal.command('no-such-command'), 'jsh: command not found: no-such-command');
    assert.equal(await terminal.command('echo $?'), '127');
    assert.equal(await terminal.command('for i in 1 2; do\r echo "n$i"; done'), 'n1\nn2');
    await terminal.type('\x04', '');
    assert.equal(await terminal.exit(), 0);
  });

  test('line editing, history and completion', async () => {
    const terminal = await Terminal.open(page);
    await terminal.waitFor(PROMPT);
    // Home, insert, end, backspace.
    assert.equal(await terminal.command('cho abcd\x01e\x05\x7fX'), 'abcX');
    // Left twice, delete a word.
    assert.equal(await terminal.command('echo one two\x17three'), 'one three');
    assert.equal(await terminal.command('garbage\x15echo clean'), 'clean');
    assert.equal(await terminal.command('echo grüße\x1b[D\x1b[D\x1b[3~'), 'grüe');
    assert.equal(await terminal.command('\x1b[A'), 'grüe');
    assert.equal(await terminal.command('\x1b[A\x1b[A'), 'clean');
    await terminal.command('mkdir -p completion; echo found > completion/only-file.txt');
    assert.equal(await terminal.command('cat compl\ton\t'), 'found');
    assert.equal(await terminal.command('hostn\t'), (await sh('hostname')).stdout.trim());
    // A paste of several lines does not run until Enter.
    await terminal.type('\x1b[200~echo p1\necho p2\x1b[201~', 'p2');
    const shown = await terminal.type('\r');
    assert.match(shown, /p1\r?\n/);
    assert.match(shown, /p2\r?\n/);
    await terminal.type('exit 3\r', '');
    assert.equal(await terminal.exit(), 3);
  });

  test('Ctrl-C interrupts commands and lines', async () => {
    const terminal = await Terminal.open(page);
    await terminal.waitFor(PROMPT);
    await terminal.type('sleep 100\r', '\n');
    await new Promise((resolve) => setTimeout(resolve, 300));
    await terminal.type('\x03');
    assert.equal(await terminal.command('echo $?'), '130');
    await terminal.type('node -e "console.log(\'busy\'); for (;;);"\r', /\nbusy/);
    await terminal.type('\x03');
    assert.equal(await terminal.command('echo $?'), '130');
    await terminal.type('cat | cat\r', '\n');
    await new Promise((resolve) => setTimeout(resolve, 300));
    await terminal.type('\x03');
    assert.equal(await terminal.command('echo $?'), '130');
    await terminal.type('sleep 100; echo not reached\r', '\n');
    await new Promise((resolve) => setTimeout(resolve, 300));
    assert.doesNotMatch(await terminal.type('\x03'), /\nnot reached/);
    // A line given up.
    await terminal.type('echo not run\x03');
    assert.equal(await terminal.command('echo run'), 'run');
    // A loop of the shell's own commands.
    await terminal.type('while true; do true; done\r', '\n');
    await new Promise((resolve) => setTimeout(resolve, 300));
    await terminal.type('\x03');
    assert.equal(await terminal.command('echo alive'), 'alive');
    // A program with a handler of its own.
    await terminal.type('node -e "process.on(\'SIGINT\', () => { console.log(\'handled\'); process.exit(5) }); console.log(\'ready\'); setInterval(() => {}, 1000)"\r', /\nready/);
    await terminal.type('\x03', /handled[\s\S]*❯ /);
    assert.equal(await terminal.command('echo $?'), '5');
    await terminal.type('\x04', '');
    await terminal.exit();
  });

  test('Ctrl-D ends input', async () => {
    const terminal = await Terminal.open(page);
    await terminal.waitFor(PROMPT);
    await terminal.type('cat > typed\r', '\n');
    await new Promise((resolve) => setTimeout(resolve, 300));
    await terminal.type('a line\r', 'a line');
    await terminal.type('\x04');
    assert.equal(await terminal.command('cat typed'), 'a line');
    await terminal.type('\x04', '');
    assert.equal(await terminal.exit(), 0);
  });

  test('the window’s size is known and followed', async () => {
    const terminal = await Terminal.open(page, [], { cols: 91, rows: 17 });
    await terminal.waitFor(PROMPT);
    assert.equal(await terminal.command('node -p "process.stdout.columns + \'x\' + process.stdout.rows"'), '91x17');
    assert.equal(await terminal.command('echo $COLUMNS $LINES'), '91 17');
    await terminal.resize(100, 30);
    await new Promise((resolve) => setTimeout(resolve, 200));
    assert.equal(await terminal.command('node -p "process.stdout.columns + \'x\' + process.stdout.rows"'), '100x30');
    assert.equal(await terminal.command('echo $COLUMNS $LINES'), '100 30');
    await terminal.type('\x04', '');
    await terminal.exit();
  });

  test('jobs in the background', async () => {
    const terminal = await Terminal.open(page);
    await terminal.waitFor(PROMPT);
    assert.match(await terminal.command('sleep 100 &'), /^\[1\] \d+$/);
    assert.match(await terminal.command('jobs'), /^\[1\]\s*\+?\s*Running\s+sleep 100/);
    assert.equal(await terminal.command('kill %1; wait %1; echo $?').then((text) => text.split('\n').at(-1)), '143');
    await terminal.command('sleep 100 &');
    assert.equal(await terminal.command('kill $!; wait $!; echo $?').then((text) => text.split('\n').at(-1)), '143');
    assert.equal(await terminal.command('ps | grep -c "sleep 100$"'), '0');
    // The shell stays usable while a job writes.
    await terminal.command('(sleep 0.3; echo late > late) &');
    assert.equal(await terminal.command('wait; cat late').then((text) => text.split('\n').at(-1)), 'late');
    await terminal.type('\x04', '');
    await terminal.exit();
  });

  test('--osc marks prompts and exit codes', async () => {
    const terminal = await Terminal.open(page, ['--osc']);
    await terminal.waitFor(PROMPT);
    assert.match(await terminal.raw(), /\x1b\]654;interactive\x07[\s\S]*\x1b\]654;prompt\x07/);
    await terminal.command('(exit 7)');
    assert.match(await terminal.raw(), /\x1b\]654;exit=-?\d+:7\x07/);
    await terminal.type('sleep 100\r', '\n');
    await new Promise((resolve) => setTimeout(resolve, 300));
    await terminal.type('\x03');
    assert.match(await terminal.raw(), /\x1b\]654;exit=-?\d+:130\x07/);
    await terminal.type('\x04', '');
    await terminal.exit();
  });

  test('~/.jshrc, aliases, cd -', async () => {
    await sh('echo "alias hi=\'echo hi from rc\'" > ~/.jshrc');
    const terminal = await Terminal.open(page);
    await terminal.waitFor(PROMPT);
    assert.equal(await terminal.command('hi'), 'hi from rc');
    assert.match(await terminal.command('ll -d /tmp'), /^d.*\/tmp$/);
    assert.equal(await terminal.command('cd /tmp; cd -'), '/home/project');
    assert.match(await terminal.type('cd /tmp\r', /\/tmp\s+❯ \s*$/), /\/tmp/);
    await terminal.command('rm ~/.jshrc');
    await terminal.type('\x04', '');
    await terminal.exit();
  });

  test('less shows a text a screen at a time, from a pipe too', async () => {
    const terminal = await Terminal.open(page, [], { cols: 80, rows: 10 });
    await terminal.waitFor(PROMPT);
    await terminal.type('seq 1 100 | less\r', /9\s+1?\S*9%/);
    await terminal.type(' ', /\n17\s/);
    await terminal.type('/77\r', /77\s+78/);
    await terminal.type('G', /100\s+\(END\)/);
    await terminal.type('q');
    assert.equal(await terminal.command('echo $?'), '0');
    await terminal.type('\x04', '');
    await terminal.exit();
  });

  test('closing a container’s terminal ends what ran in it', async () => {
    const before = await processes(page);
    const terminal = await Terminal.open(page);
    await terminal.waitFor(PROMPT);
    await terminal.type('sleep 100\r', '\n');
    await new Promise((resolve) => setTimeout(resolve, 300));
    await page.evaluate(() => terminal.process.kill());
    await terminal.exit();
    await settled(page, before);
  });
});
