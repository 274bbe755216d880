/** Messages of previews, and reloading one. */

export enum PreviewMessageType {
  UncaughtException = 'PREVIEW_UNCAUGHT_EXCEPTION',
  UnhandledRejection = 'PREVIEW_UNHANDLED_REJECTION',
  ConsoleError = 'PREVIEW_CONSOLE_ERROR',
}

export interface BasePreviewMessage { previewId: string; port: number; pathname: string; search: string; hash: string }
export interface UncaughtExceptionMessage { type: PreviewMessageType.UncaughtException; message: string; stack: string | undefined }
export interface UnhandledRejectionMessage { type: PreviewMessageType.UnhandledRejection; message: string; stack: string | undefined }
export interface ConsoleErrorMessage { type: PreviewMessageType.ConsoleError; args: any[]; stack: string }
export type PreviewMessage = (UncaughtExceptionMessage | UnhandledRejectionMessage | ConsoleErrorMessage) & BasePreviewMessage;
export type PreviewMessageListener = (message: PreviewMessage) => void;

/** Whether `data` of a `message` event is a {@link PreviewMessage}. */
export function isPreviewMessage(data: any): data is PreviewMessage {
  return typeof data === 'object' && data !== null && Object.values(PreviewMessageType).includes(data.type);
}

/**
 * Reloads a preview frame, from inside if its page answers within `hardRefreshTimeout` milliseconds, else by setting its `src` again (which
 * loses the path it was navigated to).
 */
export async function reloadPreview(preview: HTMLIFrameElement, hardRefreshTimeout = 200): Promise<void> {
  const { port1, port2 } = new MessageChannel();
  const reloaded = new Promise<boolean>((resolve) => {
    port1.onmessage = ({ data }) => {
      if (data?.type === 'LOCALSERVICE_WINDOW_RELOADED') resolve(true);
    };
    setTimeout(() => resolve(false), hardRefreshTimeout);
  });
  preview.contentWindow?.postMessage({ type: 'LOCALSERVICE_RELOAD_WINDOW', callback: port2 }, '*', [port2]);
  // Assigning `src` its own value navigates.
  if (!(await reloaded)) preview.src = preview.src;
  port1.close();
}
