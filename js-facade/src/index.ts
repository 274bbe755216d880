/** The public API: the WebContainer API, and `configure` and `container.wosix` beyond it. */

export { WebContainer, configureAPIKey, type Extensions, type ProgressListener } from './api/web-container';
export { configure, type Configuration } from './api/configuration';
export { auth, type AuthAPI, type AuthFailedError, type AuthInitOptions } from './api/auth';
export {
  PreviewMessageType, isPreviewMessage, reloadPreview,
  type BasePreviewMessage, type ConsoleErrorMessage, type PreviewMessage, type PreviewMessageListener, type UncaughtExceptionMessage,
  type UnhandledRejectionMessage,
} from './api/preview-message';
export type { RawProcess, RawSpawnOptions } from './api/process';
export type { ExportEntry, LazyEntry } from './api/protocol';
export type { Progress } from './guest/worker';
export type * from './api/types';
