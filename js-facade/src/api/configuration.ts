/// <reference path="../build-constants.d.ts" />

/** Where Wosix's own files, the registry and the previews are; set once by the embedding page, with defaults for a page that serves `dist/`. */

/** npm's own default registry. */
export const DEFAULT_REGISTRY = WOSIX_DEFAULT_REGISTRY;

/** Settings of {@link configure}; what is absent keeps its value. */
export interface Configuration {
  /** URL of the folder with the built files. Default: the folder of this module. */
  assets?: string;
  /** URL of the npm registry. Default: npm's own. */
  registry?: string;
  /**
   * Proxy for requests of programs to servers that do not allow the page by CORS: a URL in which `{url}` stands for the encoded URL that is asked for, or
   * to which that URL is appended as it is. It sees all that programs send to the outside. Default: none, requests go straight to their servers.
   */
  corsProxy?: string;
  /** Host (with port) below which the preview origins are: `<id>--<port>.<previewHost>`. Default: the page's own host. */
  previewHost?: string;
}

let configured: Configuration = {};

/** Takes effect at the next boot. */
export function configure(settings: Configuration): void {
  configured = { ...configured, ...settings };
}

/** The settings with defaults filled in; URLs are absolute and end in `/`. */
export function configuration(): Required<Configuration> {
  const folder = (url: string) => new URL(url.endsWith('/') ? url : `${url}/`, location.href).href;
  // Not parsed as a URL: that would encode the braces.
  const proxy = (template: string) => (/^\/(?!\/)/.test(template) ? location.origin + template : template);
  return {
    assets: folder(configured.assets ?? new URL('./', import.meta.url).href),
    registry: folder(configured.registry ?? DEFAULT_REGISTRY),
    corsProxy: proxy(configured.corsProxy ?? ''),
    previewHost: configured.previewHost ?? location.host,
  };
}
