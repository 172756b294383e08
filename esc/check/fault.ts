/** A fault in one of the files, with its remedy. Never contains the value of a secret. */
export interface Fault {
  file: string;
  line: number;
  column: number;
  message: string;
}
