/** The preview frame and its address bar. */

export interface PreviewElements {
  frame: HTMLIFrameElement;
  form: HTMLFormElement;
  port: HTMLSelectElement;
  path: HTMLInputElement;
  reload: HTMLElement;
  open: HTMLAnchorElement;
}

export class Preview {
  readonly #urls = new Map<number, string>();

  constructor(private readonly elements: PreviewElements) {
    elements.form.addEventListener('submit', (event) => {
      event.preventDefault();
      this.#navigate();
    });
    elements.port.addEventListener('change', () => this.#navigate());
    elements.reload.addEventListener('click', () => this.#navigate());
  }

  addPort(port: number, url: string): void {
    this.#urls.set(port, url);
    this.#showPorts();
  }

  removePort(port: number): void {
    this.#urls.delete(port);
    this.#showPorts();
  }

  /** Opens a server's page; the path stays when it was shown before. */
  show(port: number, url: string): void {
    this.addPort(port, url);
    this.elements.port.value = String(port);
    this.#navigate();
  }

  #showPorts(): void {
    const selected = this.elements.port.value;
    const options = [...this.#urls.keys()].map((port) => new Option(`localhost:${port}`, String(port)));
    this.elements.port.disabled = options.length === 0;
    this.elements.port.replaceChildren(...(options.length > 0 ? options : [new Option('no server')]));
    if (this.#urls.has(Number(selected))) this.elements.port.value = selected;
  }

  #navigate(): void {
    const base = this.#urls.get(Number(this.elements.port.value));
    if (base === undefined) return;
    const target = new URL(this.elements.path.value || '/', base).href;
    this.elements.frame.src = target;
    this.elements.open.href = target;
  }
}
