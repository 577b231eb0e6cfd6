/** Slash commands as they were registered in a scope: a server, or everywhere. Digests: of what was sent, and of what Discord made of it. */
export interface Registered {
  readonly names: readonly string[];
  readonly sent: string;
  readonly got: string;
  /** When, of the last day; ms since 1970. */
  readonly at: readonly number[];
}

/** Remembers over restarts. Methods reject where it cannot be read or written; then it is done without. */
export interface RegistrationMemory {
  of(scope: string): Promise<Registered | undefined>;
  note(scope: string, registered: Registered): Promise<void>;
  forget(scope: string): Promise<void>;
  /** Every scope that was noted. */
  scopes(): Promise<readonly string[]>;
}
