// Where Bob can be found.
export const DESK = 'sip:desk@10.0.0.2';
export const MOBILE = 'sip:mobile@10.0.0.3';
export const ASSISTANT = 'sip:assistant@10.0.0.4';
export const VOICEMAIL = 'sip:voicemail@10.0.0.5';

/** Stands for whatever an application asks: a database, an HTTP service. */
export const directory = {
  async find(_user: string): Promise<string | undefined> {
    return undefined;
  },
};
