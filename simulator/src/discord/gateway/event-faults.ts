/**
 * What goes wrong with the events of the gateway: Discord promises neither their order nor that each comes once. Off by
 * default; may be changed at any time.
 */
export class EventFaults {
  /** Events of this name come so many ms late; all others overtake them. */
  readonly lateMs = new Map<string, number>();
  /** Events of this name come again, each so many ms after the first. */
  readonly again = new Map<string, readonly number[]>();
  /** Events of this name never come. */
  readonly lost = new Set<string>();
  /** A resume repeats so many events that the client had. */
  repeated = 0;
  /** Out of the way: every event is as it should be. */
  clear(): void {
    this.lateMs.clear();
    this.again.clear();
    this.lost.clear();
    this.repeated = 0;
  }

  /** Has an event sent when and as often as the faults have it. */
  play(event: string, send: () => void): void {
    if (this.lost.has(event)) return;
    const lateMs = this.lateMs.get(event) ?? 0;
    for (const afterMs of [0, ...(this.again.get(event) ?? [])]) {
      if (lateMs + afterMs === 0) send();
      else setTimeout(send, lateMs + afterMs).unref();
    }
  }
}
