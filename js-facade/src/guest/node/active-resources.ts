/** What a process waits for: `process.getActiveResourcesInfo()` and its two older relatives. */

interface Resource {
  /** A value of `async_wrap.Providers`. */
  getProviderType(): number;
}

interface Handle extends Resource {
  hasRef(): boolean;
}

/** Names of Node's C++ classes (`MemoryInfoName`), where the provider does not spell them. */
const NAMES: Record<string, string> = {
  FSREQCALLBACK: 'FSReqCallback', TCPWRAP: 'TCPSocketWrap', TCPSERVERWRAP: 'TCPServerWrap', TCPCONNECTWRAP: 'TCPConnectWrap', TTYWRAP: 'TTYWrap',
  PIPEWRAP: 'PipeWrap', PIPESERVERWRAP: 'PipeServerWrap', PIPECONNECTWRAP: 'PipeConnectWrap', PROCESSWRAP: 'ProcessWrap', UDPWRAP: 'UDPWrap',
  UDPSENDWRAP: 'SendWrap', SIGNALWRAP: 'SignalWrap', FSEVENTWRAP: 'FSEvent', STATWATCHER: 'StatWatcher', MESSAGEPORT: 'MessagePort',
  WRITEWRAP: 'WriteWrap', SHUTDOWNWRAP: 'ShutdownWrap', GETADDRINFOREQWRAP: 'GetAddrInfoReqWrap', GETNAMEINFOREQWRAP: 'GetNameInfoReqWrap',
  QUERYWRAP: 'QueryWrap',
};

export class ActiveResources {
  /** Requests whose answer was not delivered yet. */
  readonly requests = new Set<Resource>();
  /** Handles that are not closed. */
  readonly handles = new Set<Handle>();

  referencedHandles(): Handle[] {
    return [...this.handles].filter((handle) => handle.hasRef());
  }

  /** `timers` and `immediates` are numbers of referenced ones; `providers` is `async_wrap.Providers`. */
  names(timers: number, immediates: number, providers: Record<string, number>): string[] {
    const byType = new Map(Object.entries(providers).map(([name, type]) => [type, NAMES[name] ?? name]));
    const nameOf = (resource: Resource) => byType.get(resource.getProviderType()) ?? 'NONE';
    return [
      ...[...this.requests].map(nameOf),
      ...this.referencedHandles().map(nameOf),
      ...Array<string>(timers).fill('Timeout'),
      ...Array<string>(immediates).fill('Immediate'),
    ];
  }
}
