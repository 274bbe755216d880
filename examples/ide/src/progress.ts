/** The bar under the header, the status text, and the list of steps in the preview's place while it waits. */

const STEPS = {
  boot: { label: 'Boot the kernel', share: 0.1 },
  mount: { label: 'Mount the project', share: 0.2 },
  install: { label: 'Install packages', share: 0.3 },
  start: { label: 'Start the server', share: 0.85 },
} as const;

export type Step = keyof typeof STEPS;

export class Progress {
  readonly #items = new Map<Step, HTMLLIElement>();
  readonly #begin = performance.now();
  #creeping: ReturnType<typeof setInterval> | undefined;
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
    clearInterval(this.#creeping);
    if (step === 'install') this.#creep();
  }

  /** The step under way, if any. */
  get step(): Step | undefined {
    return this.#step;
  }

  done(text: string): void {
    clearInterval(this.#creeping);
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
    clearInterval(this.#creeping);
    this.#step = undefined;
    this.status.textContent = message;
    this.status.title = message;
    this.hint.textContent = message;
    this.hint.className = 'failed';
    this.status.dataset.state = 'failed';
    this.bar.classList.add('failed');
    for (const item of this.#items.values()) if (item.className === 'now') item.className = 'failed';
  }

  /** How long an install takes is not known: the bar nears the end without reaching it. */
  #creep(): void {
    clearInterval(this.#creeping);
    this.#creeping = setInterval(() => this.#set(this.#share + (STEPS.start.share - this.#share) * 0.05), 200);
  }

  #set(share: number): void {
    this.#share = share;
    this.bar.setAttribute('aria-valuenow', String(Math.round(share * 100)));
    (this.bar.firstElementChild as HTMLElement).style.width = `${share * 100}%`;
  }
}
