/** Splitters: dragging one changes a CSS length on the root, kept between visits. */

export function initLayout(root: HTMLElement): void {
  for (const splitter of document.querySelectorAll<HTMLElement>('.splitter')) {
    const property = splitter.dataset.resizes!;
    const stored = localStorage.getItem(property);
    if (stored) root.style.setProperty(property, stored);
    splitter.addEventListener('pointerdown', (event) => {
      splitter.setPointerCapture(event.pointerId);
      document.body.classList.add('resizing');
      const move = (moved: PointerEvent) => {
        const size = sizeAt(property, moved);
        root.style.setProperty(property, size);
        localStorage.setItem(property, size);
      };
      splitter.addEventListener('pointermove', move);
      splitter.addEventListener('lostpointercapture', () => {
        splitter.removeEventListener('pointermove', move);
        document.body.classList.remove('resizing');
      }, { once: true });
    });
  }
}

function sizeAt(property: string, { clientX, clientY }: PointerEvent): string {
  switch (property) {
    case '--files-width': return `${clamp(clientX, 120, 480)}px`;
    case '--preview-width': return `${clamp(innerWidth - clientX, 240, innerWidth - 480)}px`;
    default: return `${clamp(innerHeight - clientY - 28, 80, innerHeight - 240)}px`;
  }
}

const clamp = (value: number, low: number, high: number) => Math.round(Math.min(Math.max(value, low), high));
