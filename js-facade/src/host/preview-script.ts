/** What every preview page runs first: reloading on request, and reporting errors to the embedder if it asked for them. */

interface PreviewScriptSettings { previewId: string; port: number; forwardErrors: boolean | 'exceptions-only' }

/** Runs in the page, from its source text: it may use nothing from this module. */
function previewScript({ previewId, port, forwardErrors }: PreviewScriptSettings): void {
  window.addEventListener('message', ({ data }) => {
    if (data?.type !== 'LOCALSERVICE_RELOAD_WINDOW') return;
    data.callback?.postMessage({ type: 'LOCALSERVICE_WINDOW_RELOADED' });
    location.reload();
  });
  if (!forwardErrors) return;
  // To the relay frame of this origin, which is a child of the page that runs the container; this page may be anyone's, or a tab of its own.
  const channel = new BroadcastChannel('wosix-preview-messages');
  const report = (message: object) => {
    const { pathname, search, hash } = location;
    channel.postMessage({ ...message, previewId, port, pathname, search, hash });
  };
  window.addEventListener('error', ({ error, message }) =>
    report({ type: 'PREVIEW_UNCAUGHT_EXCEPTION', message: error?.message ?? message, stack: error?.stack }));
  window.addEventListener('unhandledrejection', ({ reason }) =>
    report({ type: 'PREVIEW_UNHANDLED_REJECTION', message: reason?.message ?? String(reason), stack: reason?.stack }));
  if (forwardErrors === 'exceptions-only') return;
  const original = console.error;
  console.error = (...args: unknown[]) => {
    original.apply(console, args);
    const stack = new Error().stack;
    try {
      report({ type: 'PREVIEW_CONSOLE_ERROR', args, stack });
    } catch {
      // Not everything can be sent to another window; its text can.
      report({ type: 'PREVIEW_CONSOLE_ERROR', args: args.map(String), stack });
    }
  };
}

/** A function expression, to be called with its settings. */
export const PREVIEW_SCRIPT = `(${previewScript})`;
