/**
 * Errors that a caller is told, as values: a handler returns one instead of throwing, so that
 * refusing costs no stack trace and the compiler sees it.
 */
import { ERRORS, type ErrorName } from '../../../schemas/codes.js';

export class Failure {
  readonly code: number;
  readonly message: string;
  readonly data: object | null;

  constructor(code: number, message: string, data: object | null) {
    this.code = code;
    this.message = message;
    this.data = data;
  }
}

/** An error of the protocol's table; `detail` goes behind its message, as in `Method not found: NAME`. */
export const fail = (name: ErrorName, data: object | null = null, detail: string | null = null): Failure => {
  const { code, message } = ERRORS[name];
  return new Failure(code, detail === null ? message : `${message}: ${detail}`, data);
};
