/** Entry point of the service worker of a preview origin. */

import { forward } from './forward';
import { HostChannel } from './host-channel';
import type { ServiceWorkerScope } from './scope';

const scope = self as unknown as ServiceWorkerScope;
const channel = new HostChannel(scope);

// A new version takes over at once: there is no state that an old one would have to finish with.
scope.addEventListener('install', (event) => event.waitUntil(scope.skipWaiting()));
scope.addEventListener('activate', (event) => event.waitUntil(scope.clients.claim()));

scope.addEventListener('message', (event) => {
  if (event.data?.type === 'wosix-port') channel.adopt(event.ports[0]);
});

scope.addEventListener('fetch', (event) => {
  const url = new URL(event.request.url);
  if (url.origin !== scope.location.origin || url.pathname.startsWith('/__wosix/')) return;
  event.respondWith(forward(event, channel));
});
