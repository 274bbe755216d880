/** CodeMirror with a tab a file. What is typed is saved by itself. */

import { css } from '@codemirror/lang-css';
import { html } from '@codemirror/lang-html';
import { javascript } from '@codemirror/lang-javascript';
import { json } from '@codemirror/lang-json';
import { markdown } from '@codemirror/lang-markdown';
import { indentWithTab } from '@codemirror/commands';
import { Compartment, EditorState, type Extension } from '@codemirror/state';
import { keymap } from '@codemirror/view';
import { oneDark } from '@codemirror/theme-one-dark';
import { EditorView, basicSetup } from 'codemirror';
import type { FileSystemAPI } from 'wosix';
import type { Theme } from './theme';

const SAVE_AFTER_MS = 300;

interface Tab { path: string; state: EditorState; button: HTMLElement }

export class Editor {
  onSaved: (path: string) => void = () => {};
  readonly #view: EditorView;
  readonly #tabs: Tab[] = [];
  readonly #theme = new Compartment();
  #dark = true;
  #current: Tab | undefined;
  #saving: ReturnType<typeof setTimeout> | undefined;

  constructor(host: HTMLElement, private readonly bar: HTMLElement, theme: Theme, private readonly fs: FileSystemAPI) {
    this.#view = new EditorView({ parent: host });
    theme.onChange((dark) => {
      this.#dark = dark;
      this.#view.dispatch({ effects: this.#theme.reconfigure(this.#colours()) });
    });
  }

  async open(path: string): Promise<void> {
    let tab = this.#tabs.find((candidate) => candidate.path === path);
    if (tab === undefined) {
      tab = { path, state: this.#state(path, await this.fs.readFile(path, 'utf-8')), button: this.#button(path) };
      this.#tabs.push(tab);
      this.bar.append(tab.button);
    }
    this.#show(tab);
  }

  #show(tab: Tab): void {
    this.#save();
    if (this.#current) this.#current.state = this.#view.state;
    this.#current = tab;
    this.#view.setState(tab.state);
    this.#view.dispatch({ effects: this.#theme.reconfigure(this.#colours()) });
    for (const { button } of this.#tabs) button.setAttribute('aria-selected', String(button === tab.button));
    this.#view.focus();
  }

  #close(path: string): void {
    this.#save();
    const index = this.#tabs.findIndex((tab) => tab.path === path);
    const [closed] = this.#tabs.splice(index, 1);
    closed.button.remove();
    if (closed !== this.#current) return;
    this.#current = undefined;
    const next = this.#tabs[Math.max(0, index - 1)];
    if (next) this.#show(next);
    else this.#view.setState(EditorState.create());
  }

  #button(path: string): HTMLElement {
    const button = document.createElement('div');
    button.setAttribute('role', 'tab');
    button.title = path;
    const label = document.createElement('button');
    label.type = 'button';
    label.textContent = path.split('/').pop()!;
    label.addEventListener('click', () => void this.open(path));
    const close = document.createElement('button');
    close.type = 'button';
    close.textContent = '×';
    close.setAttribute('aria-label', `Close ${path}`);
    close.addEventListener('click', () => this.#close(path));
    button.append(label, close);
    return button;
  }

  #state(path: string, text: string): EditorState {
    return EditorState.create({
      doc: text,
      extensions: [
        basicSetup,
        keymap.of([indentWithTab, { key: 'Mod-s', run: () => { this.#save(); return true; } }]),
        language(path),
        this.#theme.of(this.#colours()),
        EditorView.updateListener.of((update) => {
          if (!update.docChanged) return;
          clearTimeout(this.#saving);
          this.#saving = setTimeout(() => this.#save(), SAVE_AFTER_MS);
        }),
      ],
    });
  }

  #colours(): Extension {
    return this.#dark ? oneDark : [];
  }

  /** Writes what is not yet written. */
  #save(): void {
    if (this.#saving === undefined || this.#current === undefined) return;
    clearTimeout(this.#saving);
    this.#saving = undefined;
    const { path } = this.#current;
    void this.fs.writeFile(path, this.#view.state.doc.toString()).then(() => this.onSaved(path));
  }
}

function language(path: string): Extension {
  switch (path.split('.').pop()) {
    case 'js': case 'mjs': case 'cjs': case 'jsx': return javascript({ jsx: true });
    case 'ts': case 'tsx': return javascript({ jsx: true, typescript: true });
    case 'json': return json();
    case 'html': return html();
    case 'css': return css();
    case 'md': return [markdown(), EditorView.lineWrapping];
    default: return [];
  }
}
