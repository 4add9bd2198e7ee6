/** A WebSocket whose other end is the test. */

import type { ClientFrame } from "@/lib/wire/frames";

export class FakeSocket {
  static readonly all: FakeSocket[] = [];
  readonly sent: ClientFrame[] = [];
  readyState: number = WebSocket.OPEN;
  closed_with: number | undefined;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onclose: ((event: { code: number }) => void) | null = null;

  /** What `SocketEdges.open` is given. */
  static readonly open = (): WebSocket => {
    const socket = new FakeSocket();
    FakeSocket.all.push(socket);
    return socket as unknown as WebSocket;
  };

  static get last(): FakeSocket {
    const socket = FakeSocket.all.at(-1);
    if (socket === undefined) throw new Error("No socket was opened");
    return socket;
  }

  send(raw: string): void {
    this.sent.push(JSON.parse(raw) as ClientFrame);
  }

  close(code?: number): void {
    this.closed_with = code;
    this.readyState = WebSocket.CLOSED;
  }

  sentOf<T extends ClientFrame["type"]>(type: T): Extract<ClientFrame, { type: T }>[] {
    return this.sent.filter((frame): frame is Extract<ClientFrame, { type: T }> => frame.type === type);
  }

  receive(frame: object): void {
    this.onmessage?.({ data: JSON.stringify(frame) });
  }

  receiveReady(limits: object = {}): void {
    this.receive({
      type: "ready",
      protocol: 1,
      socket_id: "socket-1",
      user_id: "user-1",
      max_frame_bytes: 65_536,
      max_text_chars: 20_000,
      ...limits,
    });
  }

  receiveEvents(number: number, events: readonly object[] = [], feed: string | null = `7-${number}`): void {
    this.receive({ type: "events", number, feed, events });
  }

  /** The connection ends from the server's side or the network's. */
  lose(code: number): void {
    this.readyState = WebSocket.CLOSED;
    this.onclose?.({ code });
  }
}
