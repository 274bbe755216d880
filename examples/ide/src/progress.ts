/** The bar under the header, the status text, and the list of steps in the preview's place while it waits. */

import type { Progress as ProgramProgress } from 'wosix';

const STEPS = {
  boot: { label: 'Boot the kernel', share: 0.1 },
  mount: { label: 'Mount the project', share: 0.2 },
  install: { label: 'Install packages', share: 0.3 },
  start: { label: 'Start the server', share: 0.85 },
} as const;

export type Step = keyof typeof STEPS;

/** What npm does while it installs: from where to where the bar goes, and what is counted. */
const INSTALL = {
  resolve: { from: 0.3, to: 0.5, counted: 'package descriptions read' },
  fetch: { from: 0.5, to: 0.75, counted: 'packages fetched' },
  install: { from: 0.75, to: 0.85, counted: 'packages unpacked' },
} as const;

export class Progress {
  readonly #items = new Map<Step, HTMLLIElement>();
  readonly #begin = performance.now();
  #share = 0;
  #step: Step | undefined;

  constructor(
    private readonly bar: HTMLElement, private readonly status: HTMLElement, steps: HTMLElement,
    private readonly hint: HTMLElement, private readonly waiting: HTMLElement) {
    for (const [step, { label }] of Object.entries(STEPS)) {
      const item = document.createElement('li');
      item.textContent = label;
      steps.append(item);
      this.#items.set(step as Step, item);
    }
  }

  /** Marks the steps before as done. */
  begin(step: Step): void {
    this.#step = step;
    for (const [name, item] of this.#items) {
      if (name === step) {
        item.className = 'now';
        break;
      }
      item.className = 'done';
    }
    this.status.textContent = `${STEPS[step].label}…`;
    this.status.dataset.state = 'busy';
    this.#set(STEPS[step].share);
  }

  /** The step under way, if any. */
  get step(): Step | undefined {
    return this.#step;
  }

  done(text: string): void {
    this.#step = undefined;
    this.bar.classList.remove('failed');
    for (const item of this.#items.values()) item.className = 'done';
    this.#set(1);
    this.bar.classList.add('finished');
    this.waiting.hidden = true;
    const seconds = ((performance.now() - this.#begin) / 1000).toFixed(1);
    this.status.textContent = this.status.dataset.state === 'ready' ? text : `${text} · ready after ${seconds} s`;
    this.status.dataset.state = 'ready';
  }

  /** Nothing is to be started; the preview's place says what would show there. */
  idle(hint: string): void {
    this.done('Ready');
    this.hint.textContent = hint;
    this.waiting.hidden = false;
  }

  fail(message: string): void {
    this.#step = undefined;
    this.status.textContent = message;
    this.status.title = message;
    this.hint.textContent = message;
    this.hint.className = 'failed';
    this.status.dataset.state = 'failed';
    this.bar.classList.add('failed');
    for (const item of this.#items.values()) if (item.className === 'now') item.className = 'failed';
  }

  /** Shows how far an installation is; what is to do may still grow, the bar never goes back. */
  installing({ phase, done, total }: ProgramProgress): void {
    if (this.#step !== 'install' || phase === 'done') return;
    const { from, to, counted } = INSTALL[phase];
    this.status.textContent = `${STEPS.install.label}: ${done} of ${total} ${counted}…`;
    this.#set(Math.max(this.#share, from + (to - from) * (total > 0 ? done / total : 0)));
  }

  #set(share: number): void {
    this.#share = share;
    this.bar.setAttribute('aria-valuenow', String(Math.round(share * 100)));
    (this.bar.firstElementChild as HTMLElement).style.width = `${share * 100}%`;
  }
}
