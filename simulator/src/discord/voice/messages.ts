// Opcodes and close codes of the voice gateway, version 8.
// https://docs.discord.com/developers/topics/opcodes-and-status-codes#voice ; op 15 and the DAVE ones: https://daveprotocol.com

/** Voice gateway opcodes. */
export const VoiceOp = {
  Identify: 0,
  SelectProtocol: 1,
  Ready: 2,
  Heartbeat: 3,
  SessionDescription: 4,
  Speaking: 5,
  HeartbeatAck: 6,
  Resume: 7,
  Hello: 8,
  Resumed: 9,
  ClientsConnect: 11,
  ClientDisconnect: 13,
  /** A client says whose media it wants: `{ any: 0..100, [ssrc]: 0..100 }`, 0 meaning none. Sent by official clients. */
  MediaSinkWants: 15,
  DavePrepareTransition: 21,
  DaveExecuteTransition: 22,
  DaveTransitionReady: 23,
  DavePrepareEpoch: 24,
  DaveExternalSender: 25,
  DaveKeyPackage: 26,
  DaveProposals: 27,
  DaveCommitWelcome: 28,
  DaveAnnounceCommit: 29,
  DaveWelcome: 30,
  DaveInvalidCommitWelcome: 31,
} as const;

/** Voice gateway close codes. */
export const VoiceClose = {
  UnknownOpcode: 4001,
  FailedToDecode: 4002,
  NotAuthenticated: 4003,
  AuthenticationFailed: 4004,
  AlreadyAuthenticated: 4005,
  SessionInvalid: 4006,
  UnknownProtocol: 4012,
  Disconnected: 4014,
  ServerCrashed: 4015,
  UnknownEncryptionMode: 4016,
  /** End-to-end encryption required. */
  DaveRequired: 4017,
  BadRequest: 4020,
} as const;
