// Names of SIP methods (§7.1 and the extending RFCs).

/** The methods that have a name in an RFC. */
export type KnownMethod =
  | 'INVITE'
  | 'ACK'
  | 'BYE'
  | 'CANCEL'
  | 'REGISTER'
  | 'OPTIONS'
  | 'PRACK'
  | 'UPDATE'
  | 'INFO'
  | 'SUBSCRIBE'
  | 'NOTIFY'
  | 'PUBLISH'
  | 'REFER'
  | 'MESSAGE';

/** A method: a known one, or any other name in upper case. Methods are case-sensitive (§7.1). */
export type Method = KnownMethod | (string & {});
