/** Light or dark: the system's choice until the user makes one. */

export interface Theme {
  readonly dark: boolean;
  /** Calls back now and at every change. */
  onChange(listener: (dark: boolean) => void): void;
}

export function initTheme(button: HTMLElement): Theme {
  const listeners: ((dark: boolean) => void)[] = [];
  const stored = localStorage.getItem('theme');
  let dark = stored === null ? !matchMedia('(prefers-color-scheme: light)').matches : stored === 'dark';
  const apply = () => {
    document.documentElement.dataset.theme = dark ? 'dark' : 'light';
    for (const listener of listeners) listener(dark);
  };
  button.addEventListener('click', () => {
    dark = !dark;
    localStorage.setItem('theme', dark ? 'dark' : 'light');
    apply();
  });
  apply();
  return {
    get dark() { return dark; },
    onChange(listener) {
      listeners.push(listener);
      listener(dark);
    },
  };
}
