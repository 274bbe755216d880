/** The project's files. `node_modules` is listed only when it is opened. */

import type { FileSystemAPI } from 'wosix';

/** Kind (a CSS class) and mark by extension. */
const ICONS: Record<string, [kind: string, mark: string]> = {
  js: ['js', 'JS'], mjs: ['js', 'JS'], cjs: ['js', 'JS'], jsx: ['js', 'JS'], ts: ['ts', 'TS'], tsx: ['ts', 'TS'], json: ['json', '{}'], html: ['html', '<>'],
  css: ['css', '#'], md: ['md', 'M↓'],
};

export class FileTree {
  readonly #open = new Set<string>(['public', 'src']);
  #selected = '';
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly root: HTMLElement, private readonly fs: FileSystemAPI, private readonly onOpen: (path: string) => void) {}

  /** Once for a burst of changes. */
  scheduleRefresh(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.refresh(), 250);
  }

  async refresh(): Promise<void> {
    this.root.replaceChildren(...await this.#children(''));
  }

  async createFile(): Promise<void> {
    const path = prompt('Path of the new file')?.trim().replace(/^\/+/, '');
    if (!path) return;
    const folder = path.split('/').slice(0, -1).join('/');
    if (folder) await this.fs.mkdir(folder, { recursive: true });
    await this.fs.writeFile(path, '');
    await this.refresh();
    this.select(path);
  }

  async #children(folder: string): Promise<HTMLElement[]> {
    const entries = await this.fs.readdir(folder || '.', { withFileTypes: true });
    entries.sort((a, b) => Number(b.isDirectory()) - Number(a.isDirectory()) || a.name.localeCompare(b.name));
    return Promise.all(entries.map((entry) => {
      const path = folder ? `${folder}/${entry.name}` : entry.name;
      return entry.isDirectory() ? this.#folder(path, entry.name) : this.#file(path, entry.name);
    }));
  }

  async #folder(path: string, name: string): Promise<HTMLElement> {
    const open = this.#open.has(path);
    const item = row(['folder', open ? '▾' : '▸'], name);
    item.setAttribute('aria-expanded', String(open));
    item.firstElementChild!.addEventListener('click', () => {
      if (open) this.#open.delete(path);
      else this.#open.add(path);
      void this.refresh();
    });
    if (open) {
      const list = document.createElement('ul');
      list.setAttribute('role', 'group');
      list.append(...await this.#children(path));
      item.append(list);
    }
    return item;
  }

  #file(path: string, name: string): HTMLElement {
    const item = row(ICONS[name.split('.').pop()!] ?? ['file', '·'], name);
    item.dataset.path = path;
    item.classList.toggle('selected', path === this.#selected);
    item.firstElementChild!.addEventListener('click', () => this.select(path));
    return item;
  }

  /** Marks the file and opens it. */
  select(path: string): void {
    this.#selected = path;
    for (const item of this.root.querySelectorAll<HTMLElement>('li[data-path]')) item.classList.toggle('selected', item.dataset.path === path);
    this.onOpen(path);
  }
}

function row([kind, sign]: [kind: string, sign: string], name: string): HTMLLIElement {
  const item = document.createElement('li');
  item.setAttribute('role', 'treeitem');
  const button = document.createElement('button');
  button.type = 'button';
  const mark = document.createElement('span');
  mark.className = `icon ${kind}`;
  mark.textContent = sign;
  mark.ariaHidden = 'true';
  button.append(mark, name);
  item.append(button);
  return item;
}
