/** xterm.js on a real terminal that runs `jsh`. */

import { FitAddon } from '@xterm/addon-fit';
import { Terminal as XTerm, type ITheme } from '@xterm/xterm';
import '@xterm/xterm/css/xterm.css';
import type { WebContainer } from 'wosix';
import type { Theme } from './theme';

const DARK: ITheme = { background: '#0b0f14', foreground: '#d7dde5', cursor: '#34d399', selectionBackground: '#334155' };
const LIGHT: ITheme = {
  cyan: '#0e7490', brightCyan: '#0e7490', green: '#15803d', brightGreen: '#15803d',
  background: '#ffffff', foreground: '#1f2937', cursor: '#059669', selectionBackground: '#cbd5e1', white: '#6b7280', brightWhite: '#374151', yellow: '#a16207', brightYellow: '#a16207',
};

export class Terminal {
  /** A command line has ended with this exit code. */
  onCommandEnd: (code: number) => void = () => {};
  readonly #term: XTerm;
  readonly #fit = new FitAddon();
  #input: WritableStreamDefaultWriter<string> | undefined;
  #prompted: () => void = () => {};

  constructor(private readonly host: HTMLElement, theme: Theme) {
    this.#term = new XTerm({ fontFamily: 'ui-monospace, "Cascadia Code", "JetBrains Mono", Menlo, monospace', fontSize: 13, cursorBlink: true, theme: DARK });
    this.#term.loadAddon(this.#fit);
    this.#term.open(host);
    this.#fit.fit();
    theme.onChange((dark) => { this.#term.options.theme = dark ? DARK : LIGHT; });
    // What `jsh --osc` tells: `interactive`, `prompt`, or `exit=<count>:<code>`.
    this.#term.parser.registerOscHandler(654, (mark) => {
      const exit = /^exit=-?\d+:(-?\d+)$/.exec(mark);
      if (exit) this.onCommandEnd(Number(exit[1]));
      else if (mark === 'prompt') this.#prompted();
      return true;
    });
  }

  /** Starts the shell, and a new one whenever it ends. Resolves at its prompt: what is typed before that is echoed twice. */
  async start(container: WebContainer): Promise<void> {
    const shell = await container.spawn('jsh', ['--osc'], { terminal: { cols: this.#term.cols, rows: this.#term.rows } });
    const prompt = new Promise<void>((resolve) => (this.#prompted = resolve));
    this.#input = shell.input.getWriter();
    const typing = this.#term.onData((data) => void this.#input?.write(data));
    const observer = new ResizeObserver(() => {
      this.#fit.fit();
      shell.resize({ cols: this.#term.cols, rows: this.#term.rows });
    });
    observer.observe(this.host);
    void shell.output.pipeTo(new WritableStream({ write: (chunk) => this.#term.write(chunk) }));
    void shell.exit.then((code) => {
      typing.dispose();
      observer.disconnect();
      this.#term.write(`\r\n\x1b[2mThe shell ended with code ${code}; here is a new one.\x1b[0m\r\n`);
      void this.start(container);
    });
    await Promise.race([prompt, shell.exit]);
  }

  /** Types a line as the user would. */
  type(line: string): void {
    void this.#input?.write(`${line}\r`);
  }

  focus(): void {
    this.#term.focus();
  }

  interrupt(): void {
    void this.#input?.write('\x03');
  }
}
