/** What a preview shows when the container does not answer: a page that tries again for navigations, plain text for everything else. */

const REASONS: Record<string, string> = {
  ECONNREFUSED: 'No program listens on this port.',
  ECONNRESET: 'The server closed the connection without an answer.',
  ENOTOPEN: 'The tab that runs this preview is not open.',
};

export function errorResponse(request: Request, code: string, detail: string): Response {
  const headers = { 'cross-origin-embedder-policy': 'require-corp', 'cross-origin-resource-policy': 'cross-origin', 'cache-control': 'no-store' };
  const reason = REASONS[code] ?? 'The request failed.';
  if (request.mode !== 'navigate') {
    return new Response(`${reason}\n${detail}\n`, { status: 502, headers: { ...headers, 'content-type': 'text/plain; charset=utf-8' } });
  }
  return new Response(page(reason, detail), { status: 502, headers: { ...headers, 'content-type': 'text/html; charset=utf-8' } });
}

function page(reason: string, detail: string): string {
  return `<!doctype html>
<meta charset="utf-8">
<meta name="color-scheme" content="light dark">
<title>Waiting for the server</title>
<style>
  body { font: 15px/1.5 system-ui, sans-serif; display: grid; place-content: center; min-height: 90vh; margin: 0; text-align: center; }
  p { margin: .2em; } small { opacity: .6; }
</style>
<p>${escape(reason)}</p>
<p><small>${escape(detail)}. Trying again.</small></p>
<script>setTimeout(() => location.reload(), 1000)</script>
`;
}

function escape(text: string): string {
  return text.replace(/[&<>"]/g, (char) => `&#${char.charCodeAt(0)};`);
}
