/** The bar under the header, the status text, and the list of steps in the preview while it waits. */

const STEPS = {
  boot: { label: 'Boot the kernel', share: 0.1 },
  mount: { label: 'Mount the project', share: 0.2 },
  install: { label: 'Install packages and start the server', share: 0.35 },
} as const;

export type Step = keyof typeof STEPS;

export class Progress {
  readonly #items = new Map<Step, HTMLLIElement>();
  readonly #begin = performance.now();
  #creeping: ReturnType<typeof setInterval> | undefined;
  #share = 0;

  constructor(private readonly bar: HTMLElement, private readonly status: HTMLElement, steps: HTMLElement, private readonly waiting: HTMLElement) {
    for (const [step, { label }] of Object.entries(STEPS)) {
      const item = document.createElement('li');
      item.textContent = label;
      steps.append(item);
      this.#items.set(step as Step, item);
    }
  }

  /** Marks the steps before as done. */
  begin(step: Step): void {
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
    if (step === 'install') this.#creep();
  }

  done(text: string): void {
    clearInterval(this.#creeping);
    for (const item of this.#items.values()) item.className = 'done';
    this.#set(1);
    this.bar.classList.add('finished');
    this.waiting.hidden = true;
    const seconds = ((performance.now() - this.#begin) / 1000).toFixed(1);
    this.status.textContent = this.status.dataset.state === 'ready' ? text : `${text} · ready after ${seconds} s`;
    this.status.dataset.state = 'ready';
  }

  fail(message: string): void {
    clearInterval(this.#creeping);
    this.status.textContent = message;
    this.status.dataset.state = 'failed';
    this.bar.classList.add('failed');
    for (const item of this.#items.values()) if (item.className === 'now') item.className = 'failed';
  }

  /** How long an install takes is not known: the bar nears the end without reaching it. */
  #creep(): void {
    clearInterval(this.#creeping);
    this.#creeping = setInterval(() => this.#set(this.#share + (0.95 - this.#share) * 0.05), 200);
  }

  #set(share: number): void {
    this.#share = share;
    this.bar.setAttribute('aria-valuenow', String(Math.round(share * 100)));
    (this.bar.firstElementChild as HTMLElement).style.width = `${share * 100}%`;
  }
}
